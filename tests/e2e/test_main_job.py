"""The main job: registered offline, synced, and every field value equal at the office."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.everything import records
from tests.support.processes import OPERATOR, PASSPHRASE, client, try_client
from tests.support.scenes import Laptop, Office, far_code, people, regency

MANY = 1000


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def test_a_thousand_people_arrive_with_every_value(office: Office) -> None:
    """All are received, the office has the same values, and a second sync has nothing to send."""
    device = office.laptop("laptop")
    given = people(1, MANY)
    saved = device.add("person", given)
    assert (saved["saved"], saved["drafts"], saved["warnings"]) == (MANY, 0, [])
    assert device.status() == {"draft": 0, "waiting": MANY, "received": 0, "attention": 0}
    first = device.sync()
    assert (first["sent_batches"], first["received"], first["waiting"]) == (20, 20, 0)
    assert device.status() == {"draft": 0, "waiting": 0, "received": MANY, "attention": 0}
    stats = office.stats()
    assert (stats["persons"], stats["changes"], stats["batches"]) == (MANY, MANY, 20)
    values = device.values()
    assert [values[line["id"]] for line in saved["records"]] == given
    exported = {one["id"]: one["values"] for one in office.run("export", "person")["records"]}
    assert exported == office.values() == values
    again = device.sync()
    assert (again["sent_batches"], again["sent_changes"], again["pulled"]) == (0, 0, 0)
    assert office.stats() == stats
    assert device.run("verify")["sound"] is True
    office.run("verify")


def test_every_field_of_every_type_arrives(office: Office) -> None:
    """No type and no field is lost or altered on the way to the office and to another laptop."""
    device = office.laptop("penulis")
    known: dict[str, str] = {}
    given = {}
    while fresh := records(known):
        for kind, fields in fresh.items():
            known[kind] = device.add(kind, [fields], "--accept-warnings", "diperiksa")["records"][
                0
            ]["id"]
            given[kind] = fields
    assert len(known) == 12
    device.sync()
    counts = device.status()
    assert counts == {"draft": 0, "waiting": 0, "received": len(known) - 1, "attention": 1}, (
        "the person whom the review returned"
    )
    reader = office.laptop("pembaca")
    reader.sync()
    pulled = {
        found["type"]: found["values"]
        for found in reader.run("list", "--state", "roster")["records"]
    }
    for kind, fields in given.items():
        assert device.run("show", known[kind])["values"] == fields
        assert office.values(kind) == {known[kind]: fields}
    in_sight = {kind: given[kind] for kind in given if kind != "stock_movement"}
    assert pulled == in_sight


def test_a_laptop_enrolls_works_offline_and_syncs_later(office: Office, tmp_path: Path) -> None:
    """With the real `enrol`: before the first sync nothing is known at the office."""
    home = tmp_path / "baru"
    code = office.code("Tim 1", "53.15.05")
    enrolled = try_client(home, "enrol", code, "--operator", OPERATOR, "--json").check().json
    assert enrolled["enrolled"] is False
    again = try_client(home, "enrol", code, "--operator", OPERATOR)
    assert again.returncode == 0, "cut short and repeated, an enrolment goes on"
    device = Laptop(home=home)
    device.add("person", people(3, 3, "53.15.05"))
    assert office.stats()["devices"] == 0
    assert device.sync()["enrolled"] is True
    assert device.run("status")["label"] == "Tim 1"
    assert office.stats()["devices"] == 1
    assert office.stats()["persons"] == 3


def test_a_new_code_moves_a_laptop_to_another_area(office: Office) -> None:
    """Enrolled again by its own server it keeps what it wrote; a foreign code is refused."""
    device = office.laptop("laptop", "53.15.05")
    written = device.add_person(**people(3, 1, "53.15.05")[0])
    device.sync()
    foreign = device.attempt("enrol", far_code(), "--operator", OPERATOR)
    assert foreign.error_code == "VAULT_EXISTS"
    device.attempt("enrol", office.code("laptop", "53.15.06"), "--operator", OPERATOR).check()
    assert device.sync()["enrolled"] is True
    assert device.records()[written]["state"] == "received"
    assert [one["scope"] for one in office.run("device", "list")] == [["53.15.06"]]
    office.run("verify")


def test_a_second_operator_writes_in_their_own_name(office: Office) -> None:
    """Each opens the store with a passphrase of their own; the office sees who wrote what."""
    device = office.laptop("laptop")
    added = try_client(device.home, "operator", "add", "kedua", stdin="sandi petugas kedua\n")
    added.check()
    rows = people(5, 2, "53.15.05")
    first = device.add_person(**rows[0])
    client(device.home, "edit", first, "rt=009", operator="kedua", passphrase="sandi petugas kedua")
    device.sync()
    written = office.run("history", first)["changes"]
    assert [change["operator"] for change in written] == [OPERATOR, "kedua"]
    device.run("operator", "remove", "kedua")
    assert device.attempt("sync").check().stderr == ""
    assert device.records()[first]["state"] == "received"
    gone = try_client(device.home, "status", operator="kedua", passphrase="sandi petugas kedua")
    assert gone.error_code == "OPERATOR_UNKNOWN"
    wrong = try_client(device.home, "status", passphrase=PASSPHRASE.upper())
    assert wrong.error_code == "PASSPHRASE_WRONG"
