"""Laptop and office are killed again and again while photos go: each arrives once, to the bit."""

import random
import threading
from pathlib import Path

from tests.support.effort import Effort, in_both
from tests.support.pictures import encoded, picture
from tests.support.scenes import Seed, kill_within, people, regency, until_it_succeeds

KILLS = Effort("test_photos_killed.py::test_both_sides_are_killed", 3, 60)
PHOTOS = 3


def noise(path: Path, chance: random.Random) -> Path:
    """Make a photo of which nothing can be left out: some hundred kilobytes when reduced."""
    size = chance.randrange(500, 900), chance.randrange(300, 700)
    made = picture(size=size)
    made.frombytes(chance.randbytes(size[0] * size[1] * 3))
    path.write_bytes(encoded(made, quality=90))
    return path


@in_both
def test_both_sides_are_killed(tmp_path: Path, scale: str) -> None:
    """Whoever dies, whenever: what was said to be there is there, and nothing is there twice."""
    chance = Seed().chance()
    with regency(tmp_path) as office:
        device = office.laptop("penulis")
        device.run("sync")
        ids = [one["id"] for one in device.add("person", people(3, PHOTOS))["records"]]
        for at, record in enumerate(ids):
            device.run("attach", record, noise(tmp_path / f"{at}.jpg", chance))
        photos = office.home / "photos"
        for _ in range(KILLS.tries(scale)):
            kept = {path.name for path in photos.glob("?" * 64)}
            had = device.run("status")["photos"]
            sending = device.start("sync", "--patience", "0")
            if chance.random() < 0.5:
                kill_within(sending, chance, 2.5)
            else:
                killer = threading.Timer(chance.uniform(0.5, 2.0), office.process.kill)
                killer.start()
                sending.communicate()
                killer.cancel()
                killer.join()
                office.process.kill()
                office.process.start()
            assert kept <= {path.name for path in photos.glob("?" * 64)}
            now = device.run("status")["photos"]
            assert now["received"] >= had["received"]
            assert now["waiting"] + now["received"] == PHOTOS
        until_it_succeeds(device, "sync")
        assert device.run("status")["photos"] == {
            "waiting": 0, "waiting_bytes": 0, "received": PHOTOS,
        }  # fmt: skip
        listed = office.run("photo", "list")["photos"]
        assert [(one["record"], one["here"]) for one in listed] == [(one, True) for one in ids]
        for one in listed:
            here, there = (tmp_path / f"{one['id']}-{end}" for end in ("sini", "sana"))
            device.run("photo", "save", one["id"], here)
            office.run("photo", "save", one["id"], there)
            assert here.read_bytes() == there.read_bytes()
        assert office.run("verify")["photos"] == PHOTOS
        assert not any((photos / "parts").glob("*/*"))
        assert device.run("verify")["sound"] is True
