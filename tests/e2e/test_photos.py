"""Photos from the command line: attached, looked at again, told and sent to the office."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pictures import decoded, encoded, photo, picture
from tests.support.scenes import Laptop, Office, exchange_by_file, far_laptop, people, regency

OUTAGE = {"component": "recording_set", "place": "53.15.05", "started_precision": "unknown"}
UNEXPLAINED = "5315054101700001"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give a regency that is reached by stick."""
    with regency(tmp_path, serving=False) as found:
        yield found


@pytest.fixture
def burnt(tmp_path: Path) -> Path:
    """Give the photo of a burnt recorder, with all that a telephone writes into it."""
    path = tmp_path / "rusak.jpg"
    path.write_bytes(photo(size=(2000, 1000)))
    return path


def outage(device: Laptop) -> str:
    """Report an outage."""
    return str(device.add("outage", [OUTAGE])["records"][0]["id"])


def test_a_photo_is_attached_listed_and_written_out_again(burnt: Path, tmp_path: Path) -> None:
    """Reduced, waiting, on this laptop; the file that comes out is the reduced photo."""
    device = far_laptop(tmp_path / "laptop")
    record = outage(device)
    done = device.run("attach", record, burnt, "--note", "alat hangus")
    assert (done["record"], done["already"], done["here"]) == (record, False, True)
    assert (done["values"]["width"], done["values"]["height"]) == (1600, 800)
    assert {"taken_at", "lat", "lon"}.isdisjoint(done["values"])
    assert "sudah terlampir" in device.attempt("attach", record, burnt).check().stdout
    assert device.status()["waiting"] == 2
    (listed,) = device.run("show", record)["attachments"]
    assert (listed["id"], listed["state"], listed["here"]) == (done["id"], "waiting", True)
    out = tmp_path / "lihat.webp"
    assert device.run("photo", "save", done["id"], out)["bytes"] == done["values"]["bytes"]
    assert decoded(out.read_bytes()).size == (1600, 800)
    again = device.attempt("photo", "save", done["id"], out)
    assert (again.error_code, out.stat().st_size) == ("FILE_EXISTS", done["values"]["bytes"])
    assert device.run("verify")["sound"] is True


def test_the_office_hears_of_a_photo_and_never_before_its_record(
    office: Office, burnt: Path
) -> None:
    """A photo of a draft waits with it. Another laptop says that the photo is not there."""
    device, reader = office.laptop("penulis"), office.laptop("pembaca")
    line = device.add("person", [{**people(3, 1, "53.15.05")[0], "nik": UNEXPLAINED}])
    record = line["records"][0]["id"]
    done = device.run("attach", record, burnt, "--note", "surat hangus", "--keep-time")
    assert (line["records"][0]["state"], done["state"]) == ("draft", "draft")
    device.run("edit", record, "--accept-warnings", "menurut KK")
    exchange_by_file(office, device)
    assert device.status() == {"draft": 0, "waiting": 0, "received": 2, "attention": 0}
    (told,) = office.run("show", record)["attachments"]
    assert (told["id"], told["values"]) == (done["id"], done["values"])
    assert told["values"]["taken_at"] == "2016-09-05T10:11:12+08:00"
    assert "surat hangus" in office.attempt("show", record).check().stdout
    exchange_by_file(office, reader)
    (listed,) = reader.run("show", record)["attachments"]
    assert (listed["state"], listed["here"]) == ("roster", False)
    assert "tidak ada di laptop ini" in reader.attempt("show", record).check().stdout
    absent = reader.attempt("photo", "save", done["id"], burnt.with_name("y"))
    assert absent.error_code == "PHOTO_ABSENT"


def test_what_cannot_be_attached_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A stable code each, and no record, draft or file."""
    device = far_laptop(tmp_path / "laptop")
    record, given = outage(device), tmp_path / "foto"
    cases = {
        "PHOTO_UNREADABLE": photo()[:300],
        "PHOTO_KIND_UNSUPPORTED": b"\0\0\0\x18ftypheic" + bytes(50),
        "PHOTO_TOO_LARGE": encoded(picture("1", (6000, 6000)), "PNG"),
    }
    for code, content in cases.items():
        given.write_bytes(content)
        refused = device.attempt("attach", record, given)
        assert (refused.error_code, refused.returncode) == (code, 3)
    given.unlink()
    assert device.attempt("attach", record, given).error_code == "FILE_UNREADABLE"
    assert device.attempt("add", "attachment").error_code == "PHOTO_NOT_TYPED"
    given.write_bytes(encoded(picture(), "PNG"))
    too_long = device.attempt("attach", record, given, "--note", "x" * 3000)
    assert too_long.error_code == "VALUE_INVALID"
    assert not (device.home / "attachments").exists()
    assert device.status() == {"draft": 0, "waiting": 1, "received": 0, "attention": 0}


def test_a_photo_belongs_to_a_record_and_is_not_typed(burnt: Path, tmp_path: Path) -> None:
    """Not on a photo, nor field by field; a photo that says no time and place is told of."""
    device = far_laptop(tmp_path / "laptop")
    record = outage(device)
    burnt.write_bytes(encoded(picture(), "PNG"))
    done = device.attempt("attach", record, burnt, "--keep-time", "--keep-place", "--json").check()
    for code in ("PHOTO_WITHOUT_TIME", "PHOTO_WITHOUT_PLACE"):
        assert f"warning [{code}]" in done.stderr
    attached = done.json["id"]
    assert device.attempt("attach", attached, burnt).error_code == "ATTACH_REFUSED"
    assert device.attempt("photo", "save", record, burnt).error_code == "PHOTO_UNKNOWN"
    typed = device.attempt("edit", attached, "sha256=00")
    assert (typed.error_code, "FIELD_NOT_TYPED" in typed.stderr) == ("VALUE_INVALID", True)
    device.run("edit", attached, "note=hangus sebelah kiri")
    assert "hangus sebelah kiri" in device.attempt("show", record).check().stdout


def noise(path: Path, seed: int) -> Path:
    """Make a photo of which nothing can be left out: some hundred kilobytes when reduced."""
    made = picture(size=(1000, 700))
    made.frombytes(random.Random(seed).randbytes(1000 * 700 * 3))
    path.write_bytes(encoded(made, quality=95))
    return path


def looked_at(device: Laptop, office: Office, photo: str, folder: Path) -> tuple[bytes, bytes]:
    """Write a photo out on the laptop and at the office."""
    here, there = folder / f"{photo}-sini.webp", folder / f"{photo}-sana.webp"
    device.run("photo", "save", photo, here)
    office.run("photo", "save", photo, there)
    return here.read_bytes(), there.read_bytes()


def test_a_photo_comes_through_a_server_that_is_killed(tmp_path: Path) -> None:
    """Records first; what had come stays; the office sees the very photo that was attached."""
    with regency(tmp_path) as office:
        device = office.laptop("penulis")
        device.run("sync")
        record = outage(device)
        done = device.run("attach", record, noise(tmp_path / "alat.jpg", 1))
        before = device.run("status")["photos"]
        assert (before["waiting"], before["received"]) == (1, 0)
        assert before["waiting_bytes"] > done["values"]["bytes"] > 100_000
        sending = device.start("sync", "--patience", "0")
        parts = office.home / "photos" / "parts"
        while sending.poll() is None and not any(parts.glob("*/*")):
            time.sleep(0.002)
        office.process.kill()
        sending.communicate()
        if any(parts.glob("*/*")):
            assert device.run("status")["photos"]["waiting"] == 1
        office.process.start()
        told = device.run("sync")["photos"]
        assert (told["waiting"], told["waiting_bytes"]) == (0, 0)
        assert device.run("status")["photos"] == {"waiting": 0, "waiting_bytes": 0, "received": 1}
        assert "foto diterima kantor" in device.attempt("show", record).check().stdout
        (listed,) = office.run("photo", "list")["photos"]
        assert (listed["id"], listed["record"], listed["here"]) == (done["id"], record, True)
        assert office.run("show", record)["attachments"][0]["here"] is True
        mine, theirs = looked_at(device, office, done["id"], tmp_path)
        assert mine == theirs
        assert not any(parts.glob("*/*"))
        assert office.run("verify")["photos"] == 1
        taken = office.attempt("photo", "save", done["values"]["sha256"], tmp_path / "alat.jpg")
        assert taken.error_code == "PHOTO_TARGET_TAKEN"


def test_photos_travel_on_a_stick_and_from_a_locked_laptop(tmp_path: Path) -> None:
    """The same chunks; the office says what it waits for, and a photo that was damaged there."""
    with regency(tmp_path) as office:
        device = office.laptop("penulis")
        record = outage(device)
        first = device.run("attach", record, noise(tmp_path / "satu.jpg", 1))["id"]
        exchange_by_file(office, device)
        assert device.run("status")["photos"]["received"] == 1
        second = device.run("attach", record, noise(tmp_path / "dua.jpg", 2))["id"]
        device.run("lock")
        sent = device.run("sync", "--locked")["photos"]
        assert sent == {"sent": 1, "waiting": 0, "waiting_bytes": 0}
        assert device.run("status")["photos"]["received"] == 2
        for photo in (first, second):
            mine, theirs = looked_at(device, office, photo, tmp_path)
            assert mine == theirs
        third = device.run("attach", record, noise(tmp_path / "tiga.jpg", 3))["id"]
        assert office.attempt("photo", "save", third, tmp_path / "x").error_code == "RECORD_UNKNOWN"
        assert office.attempt("photo", "save", record, tmp_path / "x").error_code == (
            "RECORD_NOT_PHOTO"
        )
        spoilt = next(path for path in (office.home / "photos").iterdir() if path.is_file())
        spoilt.write_bytes(spoilt.read_bytes()[:-1])
        assert office.attempt("verify").error_code == "PHOTO_ALTERED"
