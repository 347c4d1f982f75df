"""Photos from the command line: attached, looked at again, told to the office."""

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
