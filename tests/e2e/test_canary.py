"""A name that exists nowhere else is looked for wherever plain text must not be."""

import json
import time
from pathlib import Path
from typing import Any

from PIL import Image

from tests.e2e.test_backup import backed_up, restored
from tests.support import canary
from tests.support.line import Line
from tests.support.pictures import encoded
from tests.support.processes import ServerProcess
from tests.support.scenes import Laptop, Office, exchange_by_file, people, regency, stick

NAME = "Kenari Xyloquartz Berbisik"
WORDS = ("Xyloquartz", "catatan-zwiebelfisch", "alamat-quetzalcoatl")
ROW: dict[str, Any] = {
    **people(41, 1, "53.15.05")[0],
    "name": NAME,
    "note": WORDS[1],
    "address": WORDS[2],
}


def hits(*paths: Path, captured: bytes = b"") -> list[canary.Hit]:
    """Return where any of the words stands."""
    found = [hit for word in WORDS for hit in canary.scan(paths, word)]
    return found + [hit for word in WORDS for hit in canary.scan_bytes(captured, word, "line")]


def roam(device: Laptop) -> None:
    """Do with the canary what officers do: edit, look, search, leave a draft."""
    record = device.add_person(**ROW)
    device.edit(record, mother_name=NAME)
    device.run("search", "Xyloquartz")
    device.add("person", [{**ROW, "nik": "5315054101700001", "birth_date": "1970-02-03"}])
    device.add("visit", [{"person": record, "outcome": "refused", "note": WORDS[1]}])


def test_no_name_is_found_at_rest_or_on_the_way(tmp_path: Path) -> None:
    """Neither in either laptop's folder, nor in traffic, sticks or the server's messages."""
    with regency(tmp_path) as office, Line(server_port=office.process.port) as line:
        writer = office.laptop("penulis", "53.15.05", line.url)
        reader = office.laptop("pembaca", "53.15.05", line.url)
        roam(writer)
        killed = writer.start("add", "person", "--from", json_file(tmp_path, 0))
        killed.kill()
        killed.communicate()
        assert not hits(writer.home), "after saving, drafts and a kill"
        writer.sync()
        reader.sync()
        assert NAME in {
            found["values"].get("name")
            for found in reader.run("list", "--state", "roster")["records"]
        }
        writer.edit(next(iter(writer.records("person"))), note=f"{WORDS[1]} lagi")
        exchange_by_file(office, writer)
        copy = restored(backed_up(writer), writer.home.with_name("baru"))
        assert NAME in {one.get("name") for one in copy.values().values()}
        assert not hits(tmp_path / "penulis.jemput", copy.home), "a backup, and what it becomes"
        sticks = stick(writer, "kiriman")
        assert all(path.stat().st_size for path in sticks)
        assert len(line.captured) > 2000
        assert not hits(
            writer.home, reader.home, *sticks, office.process.log, captured=bytes(line.captured)
        )
        assert not any(canary.scan_bytes(bytes(line.captured), str(row)) for row in _numbers())


def test_neither_name_nor_picture_is_found_at_a_relay_or_on_the_way_there(tmp_path: Path) -> None:
    """In what both its lines carried, in what it keeps on its disk, in what its operator sees."""
    picture = tmp_path / "foto.jpg"
    picture.write_bytes(encoded(Image.effect_noise((640, 480), 90)))
    with regency(tmp_path) as office, Line(server_port=office.process.port) as line:
        team = office.laptop("tim", "53.15.05", line.url)
        team.sync()
        code = office.code("Kantor Kecamatan", "53.15.05", line.url, "--relay")
        serving = ("relay", "--upstream", line.url, "--code", code)
        with (
            ServerProcess(home=tmp_path / "relay", command=serving, forked=True) as relay,
            Line(server_port=relay.port) as near,
        ):
            record = team.add_person(**ROW)
            photo = team.run("attach", record, picture, "--note", WORDS[1])["id"]
            team.run("photo", "save", photo, tmp_path / "foto.webp")
            line.down()
            team.run("sync", "--via", near.url)
            held = Office(process=relay).run("relay", "--status")
            assert not hits(relay.home, relay.log, captured=json.dumps(held).encode())
            line.up()
            _until_passed_on(relay)
            team.run("sync", "--via", near.url)
            assert team.status()["waiting"] == 0
            carried = bytes(line.captured + near.captured)
            assert not hits(relay.home, relay.log, captured=carried)
    kept = b"".join(path.read_bytes() for path in relay.home.rglob("*") if path.is_file())
    plain = (tmp_path / "foto.webp").read_bytes()
    pieces = [plain[at : at + 24] for at in range(0, len(plain) - 24, 499)]
    assert len(carried) > 2 * len(plain), "the photo went over both lines"
    assert len(pieces) > 20
    assert not any(piece in carried or piece in kept for piece in pieces)


def _until_passed_on(relay: ServerProcess) -> None:
    """Wait until the relay has nothing left that the office has not answered."""
    deadline_s = time.monotonic() + 60
    while Office(process=relay).run("relay", "--status")["batches"]:
        assert time.monotonic() < deadline_s
        time.sleep(0.2)


def test_the_same_scan_finds_the_name_where_it_is(tmp_path: Path) -> None:
    """Control: in the file of lines, in an export of the office's records, in its store."""
    with regency(tmp_path, serving=False) as office:
        writer = office.laptop("penulis", "53.15.05", url="")
        source = json_file(tmp_path, 1)
        writer.run("add", "person", "--from", source)
        exchange_by_file(office, writer)
        places = {hit.place for hit in hits(source, office.home)}
        assert str(source) in places
        assert str(office.database) in places or f"{office.database}-wal" in places
        exported = json.dumps(office.run("export", "person")).encode()
        assert hits(captured=exported)


def json_file(folder: Path, number: int) -> Path:
    """Write one line with the canary, as a supervisor's list would have it."""
    path = folder / f"daftar-{number}.jsonl"
    path.write_text(json.dumps({**ROW, "rt": f"{number + 1:03}"}) + "\n", encoding="utf-8")
    return path


def _numbers() -> list[object]:
    return [ROW[name] for name in ("nik", "kk_number") if name in ROW]
