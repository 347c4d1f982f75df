"""A record returned on the supervisors' pages of a real server, answered from a real laptop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pages import Browser, Pages
from tests.support.processes import ADMIN_PASSPHRASE
from tests.support.scenes import Office, people, regency

COMMENT = "Periksa tahun lahir di kartu keluarga"
NOTHING = {"draft": 0, "waiting": 0, "received": 1, "attention": 0}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def test_a_returned_record_needs_attention_until_the_officer_corrects_it(office: Office) -> None:
    """Said with its comment after the next sync, also on the laptop's pages; an answer ends it."""
    device = office.laptop("laptop")
    (row,) = people(5, 1)
    record = device.add_person(**row)
    device.sync()
    supervisor = Browser(url=office.process.url)
    supervisor.get("/sign-in")
    supervisor.post("/sign-in", name="penyelia", passphrase=ADMIN_PASSPHRASE)
    said = supervisor.post(f"/record/{record}/return", comment=COMMENT)
    assert f"Dikembalikan kepada petugas: {COMMENT}" in said
    assert device.status() == NOTHING, "nothing is known before the sync"
    device.sync()
    assert device.status() == {**NOTHING, "received": 0, "attention": 1}
    assert set(device.records("--state", "attention")) == {record}
    assert COMMENT in device.attempt("show", record).check().stdout
    with Pages(home=device.home) as pages:
        browser = Browser(url=pages.url)
        assert "1 Perlu perhatian" in browser.unlock()
        assert COMMENT in browser.get(f"/record/{record}")
    device.edit(record, address="Jalan yang diperiksa")
    device.sync()
    assert device.status() == NOTHING
    assert COMMENT not in supervisor.get(f"/record/{record}")
    assert office.run("review", "list")["count"] == 0


def test_a_choice_that_is_taken_back_is_a_conflict_again_on_every_laptop(office: Office) -> None:
    """Two laptops contradict each other; chosen, they agree; taken back, both ask again."""
    one, two = (office.laptop(name) for name in ("satu", "dua"))
    record = one.add_person(**people(6, 1)[0])
    for device in (one, two):
        device.sync()
    for device, address in ((one, "Alamat Satu"), (two, "Alamat Dua")):
        device.edit(record, address=address)
        device.sync()
    (conflict,) = office.run("conflicts", "list")["conflicts"]
    loser = next(head for head in conflict["heads"] if not head["shown"])
    made = office.run("conflicts", "decide", record, "address", loser["change"])
    for device in (one, two):
        device.sync()
        assert device.run("show", record)["values"]["address"] == loser["value"]
    done = office.run("conflicts", "undo", made["decision"])
    assert done["in_conflict"] == ["address"]
    for device in (one, two):
        device.sync()
        shown = device.run("show", record)
        assert (shown["conflicts"], shown["values"]["address"]) == (["address"], "Alamat Dua")
    assert {head["value"] for head in one.run("conflicts", "list")["conflicts"][0]["heads"]} == {
        "Alamat Satu",
        "Alamat Dua",
    }
    office.run("verify")
