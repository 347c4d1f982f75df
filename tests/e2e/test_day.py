"""A day in the life: two teams, a relay, a stick, a line that is cut, photos; real processes only.

A guest team comes with another client, the small one that was written from PROTOCOL.md.

In the morning the office's line works. Then it goes down, the teams register, and what they wrote
travels in every way there is, some of it in several. Next morning everybody knows the same, and
everything is there once.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared_schema.enrolment import EnrolmentCode
from shared_schema.wire import CODECS, encode_payload
from tests.e2e import small_client, small_relay
from tests.support import canary
from tests.support.line import Line
from tests.support.pictures import encoded
from tests.support.processes import ServerProcess
from tests.support.raw_device import RawDevice
from tests.support.scenes import Laptop, Office, exchange_by_file, people, regency

DISTRICT = "53.15.05"
BURNT = {"component": "recording_set", "place": DISTRICT, "started_precision": "unknown"}
PERSONAL = ("name", "nik", "kk_number", "birth_date", "mother_name", "father_name", "address")
LONG = 12
NOTHING_WAITS = {"draft": 0, "waiting": 0, "attention": 0}


@dataclass(slots=True, kw_only=True)
class Day:
    """Who takes part, and what the teams wrote. ``near``: the district office's own network."""

    office: Office
    line: Line
    relay: ServerProcess
    near: Line
    one: Laptop
    two: Laptop
    guest: small_client.Device
    rows: list[Any] = field(default_factory=lambda: people(11, 60, DISTRICT))
    photos: list[str] = field(default_factory=list)

    def both(self) -> tuple[Laptop, Laptop]:
        """Give both teams."""
        return self.one, self.two

    def held(self) -> Any:
        """Say what the relay's operator sees."""
        return Office(process=self.relay).run("relay", "--status")

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline_s = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline_s
            time.sleep(0.2)

    def until_passed_on(self) -> None:
        """Wait until the office has answered all that the relay held."""
        self.until(lambda: not self.held()["batches"])

    def via_relay(self, team: Laptop) -> Any:
        """Sync over the district office's own network."""
        return team.run("sync", "--via", self.near.url)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Set up an office, a line to it, a relay at the district, and two teams."""
    with regency(tmp_path) as office, Line(server_port=office.process.port) as line:
        code = office.code("Kantor Kecamatan", DISTRICT, line.url, "--relay")
        serving = ("relay", "--upstream", line.url, "--code", code)
        relay = ServerProcess(home=tmp_path / "relay", command=serving, forked=True)
        one, two = (office.laptop(f"tim-{name}", DISTRICT, line.url) for name in ("satu", "dua"))
        guest = small_client.Device(office.code("tim-tamu", DISTRICT))
        with Line(server_port=relay.port) as near:
            yield Day(
                office=office, line=line, relay=relay, near=near, one=one, two=two, guest=guest
            )
        relay.terminate()


def picture_file(folder: Path, name: str) -> Path:
    """Take a photo: noise, so that it stays large enough for several chunks."""
    path = folder / f"{name}.jpg"
    path.write_bytes(encoded(Image.effect_noise((800, 600), 90)))
    return path


def morning(day: Day) -> None:
    """Enrol both teams over a line that works; they take the campaign and the roster."""
    day.office.run("campaign", "add", "--name", "Jemput Bola", "--area", DISTRICT)
    day.one.add("person", day.rows[:3])
    assert [team.sync()["enrolled"] for team in day.both()] == [True, True]
    assert len(day.two.roster()) == 3
    day.relay.start()
    day.until(lambda: day.held()["label"] == "Kantor Kecamatan")
    day.line.down()


def in_the_villages(day: Day) -> None:
    """Work with no line; both teams meet the same person, and a burnt recorder each."""
    (campaign,) = day.one.roster("campaign")
    visited = {"campaign": campaign, "outcome": "recorded"}
    day.one.add("person", [{**row, **visited} for row in day.rows[3:30]])
    met = next(row for row in day.rows[3:30] if "nik" in row)
    day.two.add("person", [{**row, **visited} for row in (met, *day.rows[30:55])])
    for team in day.both():
        outage = team.add("outage", [BURNT])["records"][0]["id"]
        photo = picture_file(team.home.parent, team.home.name)
        day.photos.append(team.run("attach", outage, photo)["values"]["sha256"])
    assert day.one.attempt("sync", "--patience", "0").error_code == "LINE_CUT"
    assert day.one.status() == {**NOTHING_WAITS, "waiting": 56, "received": 3}


def on_the_ridge(day: Day) -> None:
    """Stand where there is a signal for a moment: some is through, the next time the rest."""
    day.line.up()
    day.line.cut_after(4_000)
    assert day.one.attempt("sync", "--patience", "0").error_code == "LINE_CUT"
    day.line.up()
    done = day.one.sync()
    assert (done["sent_batches"] > 0, done["waiting"], done["photos"]["waiting"]) == (True, 0, 0)
    day.line.down()


def by_stick_and_relay(day: Day) -> None:
    """Give the second team's work to the relay and to a driver, who is faster."""
    held = day.via_relay(day.two)
    assert (held["received"], held["held"], held["waiting"]) == (0, 54, 54)
    assert day.held()["changes"] == 54
    assert exchange_by_file(day.office, day.two)["waiting"] == 0
    day.two.add("person", day.rows[55:58])
    assert day.via_relay(day.two)["waiting"] == 3
    day.guest.save("person", day.rows[58])
    held, replies = small_relay.heard(day.guest, day.guest.post(day.near.url))
    assert [one["what"] for one in held] == ["relay", "enrol", "batch", "done"]
    assert (replies, len(day.guest.waiting)) == ([], 1)


def evening(day: Day) -> None:
    """Cut the district's power, then bring the line back: everything is there once."""
    day.relay.kill()
    day.line.up()
    day.relay.start()
    day.until_passed_on()
    day.via_relay(day.two)
    assert day.two.status() == {**NOTHING_WAITS, "received": 57}
    _, replies = small_relay.heard(day.guest, day.guest.post(day.near.url))
    for reply in replies:
        day.guest.read(reply)
    assert (day.guest.enrolled, day.guest.waiting) == (True, [])
    stats = day.office.stats()
    assert stats["persons"] == 3 + 27 + 26 + 3 + 1
    assert (stats["conflicts"], stats["quarantined"]) == (0, 0)
    assert stats["duplicates"] >= 1, "the burnt recorder was reported by both teams"
    listed = {photo["sha256"]: photo["here"] for photo in day.office.run("photo", "list")["photos"]}
    assert listed == dict.fromkeys(day.photos, True)
    out = day.office.home.with_name("photo")
    day.office.run("photo", "save", day.photos[1], out)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == day.photos[1]


def next_morning(day: Day) -> None:
    """Tell both teams who is one, and what the other wrote; all replicas are equal."""
    pairs = day.office.run("duplicates", "list")["pairs"]
    burnt = next(pair for pair in pairs if pair["rules"] == ["outage"])
    pair = (burnt["a"], burnt["b"])
    day.office.run("duplicates", "decide", *pair, "same", "--reason", "satu alat")
    shown = day.office.values()
    for team in day.both():
        team.sync()
        assert {**team.values(), **team.roster()} == shown
    assert len(day.two.roster("link")) == 2, "the matcher's, of whom both met, and this one"
    assert day.two.run("verify")["sound"] is True
    assert day.office.stats()["clusters"] == len(shown) - 1
    day.office.run("verify")


def unpacked(seen: bytes, words: list[str]) -> list[str]:
    """Say which of the words stand in ``seen``, or in what is packed there."""
    return [word for word in words if canary.scan_bytes(seen, word)]


def unsealed(rows: list[Any], codec: int) -> bytes:
    """Give the payload that a batch of these people has before it is sealed."""
    known = EnrolmentCode(url="", signing=b"", sealing=b"", secret=b"", expires_ms=0)
    device = RawDevice(code=known)
    return encode_payload(codec, [device.change(row) for row in rows])


def nothing_readable(day: Day) -> None:
    """Look for names and numbers on both lines and on the relay's disk, packed names as well.

    The control is what would be there had nobody sealed it: the same look finds every word in it.
    """
    files = (path for path in day.relay.home.rglob("*") if path.is_file())
    carried = bytes(day.line.captured + day.near.captured)
    seen = carried + b"".join(path.read_bytes() for path in files)
    values = {str(row[name]) for row in day.rows for name in PERSONAL if name in row}
    assert len(values) > len(day.rows)
    assert [value for value in values if value.encode() in seen] == []
    named = [one for one in sorted(values) if len(one) >= LONG and one[0].isalpha()]
    words = named[:: len(named) // 3][:3]
    for codec in CODECS:
        assert unpacked(seen[:1000] + unsealed(day.rows, codec), words) == words
    assert unpacked(seen, words) == []


@pytest.mark.timeout(300)
def test_a_day_in_the_life(day: Day) -> None:
    """From one morning to the next."""
    for scene in (
        morning,
        in_the_villages,
        on_the_ridge,
        by_stick_and_relay,
        evening,
        next_morning,
        nothing_readable,
    ):
        scene(day)
