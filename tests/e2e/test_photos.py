"""Photos from the command line: attached, looked at again, told to the office, never in plain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.canary import scan
from tests.support.pictures import LAT, LON, decoded, encoded, photo, picture
from tests.support.scenes import Laptop, Office, exchange_by_file, far_laptop, people, regency

CANARY = "Kenari Contoh Kamera"
OUTAGE = {"component": "recording_set", "place": "53.15.05", "started_precision": "unknown"}


@pytest.fixture
def device(tmp_path: Path) -> Laptop:
    """Give a laptop that has never met its office."""
    return far_laptop(tmp_path / "laptop")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give a regency that is reached by stick."""
    with regency(tmp_path, serving=False) as found:
        yield found


@pytest.fixture
def burnt(tmp_path: Path) -> Path:
    """Give the photo of a burnt recorder, with all that a telephone writes into it."""
    path = tmp_path / "rusak.jpg"
    path.write_bytes(photo(CANARY, size=(2000, 1000)))
    return path


def outage(device: Laptop) -> str:
    """Report an outage."""
    return str(device.add("outage", [OUTAGE])["records"][0]["id"])


def shown(device: Laptop, record: str) -> list[dict[str, Any]]:
    """Return the photos that `show` lists."""
    found: list[dict[str, Any]] = device.run("show", record)["attachments"]
    return found


def test_a_photo_is_attached_listed_and_written_out_again(
    device: Laptop, burnt: Path, tmp_path: Path
) -> None:
    """Reduced, waiting, on this laptop; the file that comes out is the reduced photo."""
    record = outage(device)
    done = device.run("attach", record, burnt, "--note", "alat hangus")
    assert (done["record"], done["already"], done["here"]) == (record, False, True)
    assert (done["values"]["width"], done["values"]["height"]) == (1600, 800)
    assert done["values"]["note"] == "alat hangus"
    assert {"taken_at", "lat", "lon"}.isdisjoint(done["values"])
    assert device.status()["waiting"] == 2
    (listed,) = shown(device, record)
    assert (listed["id"], listed["state"], listed["here"]) == (done["id"], "waiting", True)
    out = tmp_path / "lihat.webp"
    assert device.run("photo", "save", done["id"], out)["bytes"] == done["values"]["bytes"]
    assert decoded(out.read_bytes()).size == (1600, 800)
    refused = device.attempt("photo", "save", done["id"], out)
    assert (refused.error_code, out.stat().st_size) == ("FILE_EXISTS", done["values"]["bytes"])
    assert device.attempt("photo", "save", record, tmp_path / "x").error_code == "PHOTO_UNKNOWN"
    assert device.run("verify")["sound"] is True


def test_time_and_place_are_kept_only_where_asked_for(device: Laptop, burnt: Path) -> None:
    """And a photo that does not say them is attached without, with a word about it."""
    record = outage(device)
    kept = device.run("attach", record, burnt, "--keep-time", "--keep-place")["values"]
    assert (kept["taken_at"], kept["lat"], kept["lon"]) == ("2016-09-05T10:11:12+08:00", LAT, LON)
    silent = burnt.with_name("polos.png")
    silent.write_bytes(encoded(picture(), "PNG"))
    done = device.attempt("attach", record, silent, "--keep-time", "--keep-place").check()
    assert "PHOTO_WITHOUT_TIME" in done.stderr
    assert "PHOTO_WITHOUT_PLACE" in done.stderr
    assert len(shown(device, record)) == 2


def test_the_same_photo_is_not_doubled(device: Laptop, burnt: Path) -> None:
    """On the same record it is said; another record shares the file; void frees the place."""
    first, second = outage(device), outage_again(device)
    one = device.run("attach", first, burnt)
    again = device.run("attach", first, burnt, "--note", "lain")
    assert (again["already"], again["id"]) == (True, one["id"])
    assert "sudah terlampir" in device.attempt("attach", first, burnt).check().stdout
    other = device.run("attach", second, burnt)
    assert (other["already"], other["values"]["sha256"]) == (False, one["values"]["sha256"])
    assert len(list((device.home / "attachments").iterdir())) == 1
    device.run("void", one["id"], "--reason", "salah alat")
    assert device.run("attach", first, burnt)["already"] is False
    assert [bool(each["void"]) for each in shown(device, first)] == [True, False]


def outage_again(device: Laptop) -> str:
    """Report another outage: the same line is not taken twice."""
    return str(device.add("outage", [{**OUTAGE, "note": "lain"}])["records"][0]["id"])


def test_a_photo_of_a_draft_waits_for_it_and_goes_with_it(office: Office, burnt: Path) -> None:
    """A draft itself, final in the same commit as its record; the office never lacks the record."""
    device = office.laptop("laptop", "53.15.05")
    draft = device.add("person", [{**people(3, 1, "53.15.05")[0], "nik": "5315054101700001"}])
    record = draft["records"][0]["id"]
    assert draft["records"][0]["state"] == "draft", "the NIK disagrees, and no reason was given"
    done = device.run("attach", record, burnt)
    assert (done["state"], done["here"]) == ("draft", True)
    assert device.run("attach", record, burnt)["already"] is True
    noted = device.run("edit", done["id"], "note=surat")
    assert noted["state"] == "draft", "not before its record"
    assert device.status() == {"draft": 2, "waiting": 0, "received": 0, "attention": 0}
    device.run("edit", record, "--accept-warnings", "menurut KK")
    assert device.status() == {"draft": 0, "waiting": 2, "received": 0, "attention": 0}
    assert shown(device, record)[0]["values"]["note"] == "surat"
    exchange_by_file(office, device)
    assert device.status() == {"draft": 0, "waiting": 0, "received": 2, "attention": 0}


def test_the_office_and_other_laptops_hear_of_the_photo(office: Office, burnt: Path) -> None:
    """The record travels before the photo; elsewhere it says that the photo is not there."""
    device, reader = office.laptop("penulis"), office.laptop("pembaca")
    record = outage(device)
    done = device.run("attach", record, burnt, "--note", "alat hangus", "--keep-time")
    exchange_by_file(office, device)
    assert device.status()["attention"] == 0
    (told,) = office.run("show", record)["attachments"]
    assert (told["id"], told["values"]) == (done["id"], done["values"])
    assert "alat hangus" in office.attempt("show", record).check().stdout
    exchange_by_file(office, reader)
    (listed,) = shown(reader, record)
    assert (listed["state"], listed["here"]) == ("roster", False)
    assert "tidak ada di laptop ini" in reader.attempt("show", record).check().stdout
    absent = reader.attempt("photo", "save", done["id"], burnt.with_name("y"))
    assert absent.error_code == "PHOTO_ABSENT"


@pytest.mark.parametrize(
    ("content", "code", "exit_code"),
    [
        (b"bukan foto", "PHOTO_UNREADABLE", 3),
        (photo()[:300], "PHOTO_UNREADABLE", 3),
        (b"\0\0\0\x18ftypheic" + bytes(50), "PHOTO_KIND_UNSUPPORTED", 3),
        (encoded(picture("1", (6000, 6000)), "PNG"), "PHOTO_TOO_LARGE", 3),
        (None, "FILE_UNREADABLE", 3),
    ],
)
def test_what_cannot_be_attached_is_said_and_leaves_nothing(
    device: Laptop, tmp_path: Path, content: bytes | None, code: str, exit_code: int
) -> None:
    """A stable code each, and no record, draft or file."""
    record, given = outage(device), tmp_path / "foto"
    if content is not None:
        given.write_bytes(content)
    refused = device.attempt("attach", record, given)
    assert (refused.error_code, refused.returncode) == (code, exit_code)
    assert shown(device, record) == []
    assert not (device.home / "attachments").exists()
    assert device.status() == {"draft": 0, "waiting": 1, "received": 0, "attention": 0}


def test_a_photo_belongs_to_a_record_and_is_not_typed(device: Laptop, burnt: Path) -> None:
    """Neither on a photo, nor as a line, nor field by field; the note alone can be corrected."""
    record = outage(device)
    done = device.run("attach", record, burnt)["id"]
    assert device.attempt("attach", done, burnt).error_code == "ATTACH_REFUSED"
    assert device.attempt("attach", "0" * 12, burnt).error_code == "RECORD_UNKNOWN"
    assert device.attempt("add", "attachment").error_code == "PHOTO_NOT_TYPED"
    typed = device.attempt("edit", done, "sha256=00")
    assert (typed.error_code, "FIELD_NOT_TYPED" in typed.stderr) == ("VALUE_INVALID", True)
    device.run("edit", done, "note=hangus sebelah kiri")
    assert shown(device, record)[0]["values"]["note"] == "hangus sebelah kiri"
    too_long = device.attempt("attach", record, burnt, "--note", "x" * 3000)
    assert too_long.error_code == "VALUE_INVALID"


def test_no_plain_photo_and_nothing_of_the_camera_is_left_on_the_disk(
    device: Laptop, burnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the home or among temporary files; the same scan finds both in the camera's own file."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    record = outage(device)
    done = device.run("attach", record, burnt, "--note", CANARY + " catatan")
    device.run("show", record)
    assert scan([burnt], CANARY)
    assert scan([device.home, scratch], CANARY) == []
    out = tmp_path / "lihat.webp"
    device.run("photo", "save", done["id"], out)
    plain = out.read_bytes()
    pieces = [plain[at : at + 16] for at in range(0, len(plain) - 16, 16)]
    telling = [piece for piece in pieces if len(set(piece)) > 8]
    assert len(telling) > 50
    for path in (p for p in device.home.rglob("*") if p.is_file()):
        kept = path.read_bytes()
        assert b"WEBPVP8" not in kept
        assert not any(piece in kept for piece in telling)
