"""A month later: what is left on a laptop of what the office has, and of drafts thrown away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.vault.keys import unlock
from shared_schema.canonical import encode
from tests.support.laptop import reopen
from tests.support.othertime import at, needs_faketime, served
from tests.support.processes import OPERATOR, PASSPHRASE
from tests.support.scenes import Laptop, Office, regency

ROW = {
    "name": "Maria Contoh",
    "sex": "P",
    "village": "53.15.05.2001",
    "birth_date": "1970-01-01",
    "birth_date_precision": "year",
    "kk_number": "5315050101160001",
}
DETAILS = {"phone": "081298765432", "mother_name": "Ibu Rahasia", "note": "rumah biru di bukit"}
DRAFT = {**ROW, "name": "Belum Selesai", "nik": "5315050101900001"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def everything(device: Laptop) -> bytes:
    """Return all that the laptop's store holds, decrypted."""
    with reopen(device.home, unlock(device.home, OPERATOR, PASSPHRASE)) as app:
        return b"".join(
            encode(dict(document)) for name in app.db.tables() for document in app.db.table(name)
        )


@needs_faketime
def test_after_a_month_only_the_roster_row_is_left(office: Office) -> None:
    """It is found, told about and corrected as before; the office has everything, in one piece."""
    device = office.laptop("laptop", "53.15.05")
    record = device.add_person(**{**ROW, **DETAILS})
    device.sync()
    office.process.terminate()
    wrapped = served(office, "+31d")
    at("+31d", device, "sync").check()
    shown = device.run("show", record)
    assert (shown["values"], shown["state"]) == (ROW, "received")
    assert shown["withheld"] == sorted(DETAILS)
    assert shown["reduced_at"] is not None
    screen = device.attempt("show", record).check().stdout
    assert "Rincian dihapus dari laptop ini pada" in screen
    assert "data lengkap ada di kantor" in screen
    assert "rincian dihapus: " in device.attempt("history", record).check().stdout
    assert device.run("search", "maria")["count"] == 1
    assert device.run("search", ROW["kk_number"])["count"] == 1
    (known,) = device.add("person", [{**ROW, "name": "Maria  Contoh"}])["notices"]
    assert known["id"] == record, "who is registered twice is noticed all the same"
    for value in DETAILS.values():
        assert value.encode() not in everything(device)
    assert office.values()[record] == {**ROW, **DETAILS}
    at("+31d", device, "edit", record, "phone=0811", "note=").check()
    at("+31d", device, "sync").check()
    wrapped.terminate()
    expected = {**ROW, "phone": "0811", "mother_name": DETAILS["mother_name"]}
    assert office.values()[record] == expected
    assert office.stats()["conflicts"] == 0
    assert device.run("verify")["sound"] is True
    office.run("verify")


def test_a_draft_is_thrown_away_and_called_back(office: Office) -> None:
    """Both commands that throw away lead to the trash; nothing of it is ever sent."""
    device = office.laptop("laptop", "53.15.05")
    line = device.add("person", [{**DRAFT, "outcome": "moved"}])["records"][0]
    before = device.run("show", line["id"])
    gone = device.run("discard", line["id"])
    assert (gone["state"], gone["discarded"]) == ("discarded", 2)
    assert device.status()["draft"] == 0
    (kept,) = device.run("discard")["drafts"]
    assert (kept["id"], kept["parts"], kept["gone_at"]) == (line["id"], 1, None)
    assert "Belum Selesai" in device.attempt("discard").check().stdout
    assert device.attempt("discard", line["id"]).error_code == "RECORD_UNKNOWN"
    assert device.run("discard", line["visit"][-12:], "--undo")["restored"] == 2
    assert device.run("show", line["id"]) == before
    device.run("void", line["id"], "--reason", "salah")
    device.sync()
    assert device.run("discard")["drafts"][0]["gone_at"] is not None
    assert device.run("discard", line["id"], "--undo")["restored"] == 2
    assert device.run("discard")["count"] == 0
    assert device.attempt("discard", line["id"], "--undo").error_code == "NOT_DISCARDED"
    assert device.attempt("discard", "--undo").error_code == "UNDO_UNCLEAR"
    device.run("edit", line["id"], "nik=")
    assert device.attempt("discard", line["id"]).error_code == "DRAFT_UNKNOWN"
    device.sync()
    assert office.values()[line["id"]]["name"] == "Belum Selesai"
    assert device.run("verify")["sound"] is True


@needs_faketime
def test_the_trash_is_emptied_after_a_month(office: Office) -> None:
    """By the office's time: the days begin at the first sync, their end is said on two days."""
    device = office.laptop("laptop", "53.15.05")
    line = device.add("person", [DRAFT])["records"][0]
    device.run("discard", line["id"])
    device.sync()
    office.process.terminate()
    for later, kept in (("+31d", 1), ("+33d", 0)):
        wrapped = served(office, later)
        at(later, device, "sync").check()
        wrapped.terminate()
        assert device.run("discard")["count"] == kept
    assert b"Belum Selesai" not in everything(device)
