"""Two people work on the same residents: duplicates, conflicts, and what each laptop is shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.scenes import Laptop, Office, people, regency

GOLO, LABUAN = "53.15.05", "53.15.06"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def person(seed: int, area: str = GOLO) -> dict[str, Any]:
    """Give one synthetic person who has a NIK."""
    return next(row for row in people(seed, 20, area) if "nik" in row)


def sync_all(*devices: Laptop) -> None:
    """Let everybody sync, one after the other."""
    for device in devices:
        device.sync()


def counts(office: Office) -> tuple[int, int, int]:
    """Return persons, clusters and open duplicates."""
    stats = office.stats()
    return stats["persons"], stats["clusters"], stats["duplicates"]


def test_undoing_a_verdict_leaves_each_person_their_own_edits(office: Office) -> None:
    """Edits made while two records counted as one person stay with the record they were made on."""
    one, two = office.laptop("satu", GOLO), office.laptop("dua", LABUAN)
    row = person(11)
    village = person(12, LABUAN)["village"]
    a = one.add_person(**row)
    again = {**row, "name": "Wolfgang Asing", "village": village}
    b = two.add_person(**again, _reasons={"NIK_REGION_MISMATCH": "pindah"})
    sync_all(one, two)
    (pair,) = office.run("duplicates", "list")["pairs"]
    assert {pair["a"], pair["b"]} == {a, b}
    assert counts(office) == (2, 2, 1)
    made = office.run("duplicates", "decide", a, b, "same", "--reason", "wajah sama")
    assert counts(office) == (2, 1, 0)
    sync_all(one, two)
    one.edit(a, rt="001", address="Alamat Satu")
    two.edit(b, rt="002", phone="0812")
    sync_all(one, two)
    undone = office.run("duplicates", "undo", made["decision"])
    assert counts(office) == (2, 2, 1), "the pair asks for a verdict again"
    sync_all(one, two)
    values = office.values()
    for device, record, given in ((one, a, row), (two, b, again)):
        assert device.values()[record] == values[record]
        assert values[record]["name"] == given["name"]
    assert (values[a]["rt"], values[a]["address"], "phone" in values[a]) == (
        "001",
        "Alamat Satu",
        False,
    )
    assert (values[b]["rt"], values[b]["phone"]) == ("002", "0812")
    assert values[b]["address"] == row["address"]
    office.run("duplicates", "undo", undone["decision"])
    assert counts(office) == (2, 1, 0), "an undoing can itself be undone"
    office.run("duplicates", "decide", a, b, "different", "--reason", "kembar")
    assert counts(office) == (2, 2, 0), "`different` is remembered"
    office.run("verify")


def contradict(office: Office, devices: list[Laptop], record: str) -> None:
    """Let two laptops that both hold a record write different values without knowing."""
    one, two, _ = devices
    one.edit(record, address="Alamat Satu", father_name="Ayah Satu", rt="001")
    two.edit(record, address="Alamat Dua", father_name="Ayah Dua", dusun="Dusun Dua")
    sync_all(*devices, *devices)
    assert office.stats()["conflicts"] == 2


def test_a_choice_closes_a_conflict_everywhere(office: Office) -> None:
    """The officer settles one field, the supervisor the other; all replicas end alike."""
    devices = [office.laptop(name, GOLO) for name in ("satu", "dua", "tiga")]
    one, two, three = devices
    record = one.add_person(**person(21))
    sync_all(*devices)
    contradict(office, devices, record)
    assert one.status()["attention"] == 1
    found = two.run("conflicts", "list")["conflicts"]
    assert sorted(conflict["field"] for conflict in found) == ["address", "father_name"]
    (address,) = [conflict for conflict in found if conflict["field"] == "address"]
    (loser,) = [head for head in address["heads"] if not head["shown"]]
    two.run("conflicts", "decide", record, "address", loser["change"])
    (fathers,) = [
        conflict
        for conflict in office.run("conflicts", "list")["conflicts"]
        if conflict["field"] == "father_name"
    ]
    (other,) = [head for head in fathers["heads"] if not head["shown"]]
    office.run("conflicts", "decide", record, "father_name", other["change"])
    one.sync()
    three.sync()
    two.sync()
    sync_all(one, three)
    assert office.stats()["conflicts"] == 0
    expected = office.values()[record]
    assert (expected["address"], expected["father_name"]) == (loser["value"], other["value"])
    assert (expected["rt"], expected["dusun"]) == ("001", "Dusun Dua")
    for device in devices:
        shown = device.run("show", record)
        assert (shown["values"], shown["conflicts"]) == (expected, [])
        assert device.status()["attention"] == 0
    office.run("verify")


def test_two_choices_made_apart_ask_again(office: Office) -> None:
    """Two officers choose otherwise for one field, unknown to each other: neither is lost."""
    one, two = (office.laptop(name, GOLO) for name in ("satu", "dua"))
    record = one.add_person(**person(22))
    sync_all(one, two)
    one.edit(record, address="Alamat Satu")
    two.edit(record, address="Alamat Dua")
    sync_all(one, two, one)
    (address,) = one.run("conflicts", "list")["conflicts"]
    for device, head in zip((one, two), address["heads"], strict=True):
        device.run("conflicts", "decide", record, "address", head["change"])
    sync_all(two, one)
    (still,) = office.run("conflicts", "list")["conflicts"]
    assert [head["value"] for head in still["heads"]] == ["Alamat Satu", "Alamat Dua"]
    chosen = still["heads"][0]
    office.run("conflicts", "decide", record, "address", chosen["change"])
    sync_all(two, one)
    assert office.stats()["conflicts"] == 0
    shown = [device.run("show", record)["values"]["address"] for device in (one, two)]
    assert shown == [chosen["value"]] * 2


def test_a_laptop_is_shown_its_area_and_keeps_what_it_wrote(office: Office) -> None:
    """People who move out of the area leave the roster; one's own records stay, edits included."""
    here, there, everywhere = (
        office.laptop("sini", GOLO),
        office.laptop("sana", LABUAN),
        office.laptop("semua"),
    )
    own = here.add_person(**person(31))
    kept, foreign = (row["id"] for row in there.add("person", people(32, 2, LABUAN))["records"])
    sync_all(here, there, everywhere)
    here.sync()
    assert set(here.records("--state", "roster")) == set()
    assert {own, kept, foreign} == set(everywhere.records("--state", "roster"))
    reasons = ("--accept-warnings", "pindah")
    everywhere.run("edit", foreign, f"village={person(31)['village']}", *reasons)
    everywhere.run("edit", own, f"village={person(32, LABUAN)['village']}", *reasons)
    everywhere.add("visit", [{"person": foreign, "outcome": "moved"}])
    sync_all(everywhere, here, there)
    assert foreign in here.records("--state", "roster")
    assert here.records()[own]["values"]["village"].startswith(LABUAN)
    assert {record["type"] for record in here.records("--state", "roster").values()} == {
        "person",
        "visit",
    }
    assert {own} == set(there.records("--state", "roster"))
    assert there.records()[foreign]["own"] is True
    everywhere.run("edit", foreign, f"village={person(32, LABUAN)['village']}", *reasons)
    sync_all(everywhere, here)
    assert set(here.records("--state", "roster")) == set(), "the person and the visit have left"
    here.edit(own, rt="007")
    here.sync()
    assert office.values()[own]["rt"] == "007"
    office.run("verify")
