"""A backup restored: two copies of one laptop go on, and every person is at the office once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scenes import Laptop, Office, exchange_by_file, people, regency

ROWS = people(11, 30, "53.15.05")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def stick(device: Laptop) -> Path:
    """Name the backup of a laptop."""
    return device.home.with_name(f"{device.home.name}.jemput")


def backed_up(device: Laptop) -> Path:
    """Back a laptop up."""
    taken = device.run("backup", stick(device))
    assert taken["bytes"] <= stick(device).stat().st_size
    return stick(device)


def restored(file: Path, home: Path) -> Laptop:
    """Restore a backup into a new folder and have it say so, once."""
    device = Laptop(home=home)
    assert device.run("restore", file)["home"] == str(home)
    told = device.attempt("status").check().stderr
    assert told.count("warning [VAULT_RESTORED]") == 1
    assert "VAULT_COPIED" not in told
    assert device.attempt("status").check().stderr == ""
    return device


def two(device: Laptop, at: int) -> set[str]:
    """Register two people and return their ids."""
    return {line["id"] for line in device.add("person", ROWS[at : at + 2])["records"]}


def require_all(office: Office, count: int, *devices: Laptop) -> None:
    """Check that the first people are at the office, each once, and every store is sound."""
    names = sorted(str(values["name"]) for values in office.values().values())
    assert names == sorted(str(row["name"]) for row in ROWS[:count])
    assert office.stats()["persons"] == count
    office.run("verify")
    for device in devices:
        device.sync()
        assert device.status()["waiting"] == 0
        assert device.run("verify")["sound"] is True
        shown = [one["name"] for one in {**device.values(), **device.roster()}.values()]
        assert sorted(shown) == names, "both copies show everybody, and nobody twice"


@pytest.mark.parametrize(
    ("before", "overtaken", "first_to_sync"),
    [("unsealed", False, "old"), ("sealed", False, "restored"), ("synced", True, "restored")],
)
def test_two_people_on_each_copy_are_four_people(
    office: Office, before: str, overtaken: bool, first_to_sync: str
) -> None:
    """Whatever was sealed or sent before the backup, beyond it, and whoever syncs first."""
    old = office.laptop("lama", "53.15.05")
    two(old, 0)
    if before == "sealed":
        old.run("export", old.home.with_name("kiriman"))
    elif before == "synced":
        old.sync()
    file = backed_up(old)
    count = 2
    if overtaken:
        two(old, 2)
        old.sync()
        count = 4
    new = restored(file, old.home.with_name("baru"))
    of_old, of_new = two(old, count), two(new, count + 2)
    assert not of_old & of_new
    order = (old, new) if first_to_sync == "old" else (new, old)
    for device in (*order, *order):
        device.sync()
    require_all(office, count + 4, old, new)


def test_a_dead_laptop_lives_on_from_its_backup(office: Office) -> None:
    """What it had synced after the backup comes back from the office; work goes on."""
    old = office.laptop("lama", "53.15.05")
    two(old, 0)
    old.sync()
    two(old, 2)
    file = backed_up(old)
    later = two(old, 4)
    old.sync()
    shutil.rmtree(old.home)
    new = restored(file, old.home)
    mine = two(new, 6)
    new.sync()
    assert later <= set(new.roster())
    require_all(office, 8, new)
    new.edit(min(mine), rt="001")
    new.edit(min(later), rt="002")
    new.sync()
    assert office.values()[min(later)]["rt"] == "002"


def test_a_backup_goes_on_by_stick_as_well(office: Office) -> None:
    """Both copies exchange by file only, with sticks of before the backup among them."""
    old = office.laptop("lama", "53.15.05")
    two(old, 0)
    old.run("export", old.home.with_name("terlambat"))
    new = restored(backed_up(old), old.home.with_name("baru"))
    two(new, 2)
    two(old, 4)
    exchange_by_file(office, new)
    exchange_by_file(office, old)
    office.run("exchange", old.home.with_name("terlambat"), old.home.with_name("x"))
    for device in (old, new):
        exchange_by_file(office, device)
    require_all(office, 6, old, new)


def test_the_office_and_the_other_copy_notice(office: Office) -> None:
    """A supervisor sees the branches of a device; the old laptop is told of its twin, once."""
    old = office.laptop("lama", "53.15.05")
    two(old, 0)
    old.sync()
    (row,) = office.run("device", "list")
    assert row["branches"] == 1
    new = restored(backed_up(old), old.home.with_name("baru"))
    two(new, 2)
    new.sync()
    (row,) = office.run("device", "list")
    assert row["branches"] == 2
    assert row["branched"]
    assert "2 cabang" in office.attempt("device", "list").check().stdout
    told = old.attempt("sync", "--json").check()
    assert "warning [OTHER_COPY]" in told.stderr
    assert "OTHER_COPY" not in old.attempt("sync").check().stderr
    assert "OTHER_COPY" not in new.attempt("sync").check().stderr
    require_all(office, 4, old, new)


def test_drafts_and_passphrases_come_along(office: Office) -> None:
    """Several operators, each with their own passphrase; a draft may be finished on both copies.

    On the new one it has an id of its own, to which the old one leads.
    """
    old = office.laptop("lama", "53.15.05")
    added = old.attempt("operator", "add", "rekan", stdin="frasa-sandi-rekan\n")
    added.check()
    draft = old.add("person", [{**ROWS[0], "nik": "5315050101900001", "birth_date": "1970-02-03"}])
    record = draft["records"][0]["id"]
    new = restored(backed_up(old), old.home.with_name("baru"))
    (moved,) = new.records("--state", "draft")
    new.edit(record, nik="", birth_date=ROWS[0]["birth_date"])
    old.edit(record, nik="", birth_date=ROWS[1]["birth_date"], name=ROWS[1]["name"])
    for laptop in (new, old):
        laptop.sync()
    assert office.values()[moved]["name"] == ROWS[0]["name"]
    assert office.values()[record]["name"] == ROWS[1]["name"]
    assert new.run("operator", "list")["operators"]


def test_what_refuses(office: Office) -> None:
    """Neither a file nor a store is written over; what is no backup is named."""
    old = office.laptop("lama", "53.15.05")
    file = backed_up(old)
    assert old.attempt("backup", file).error_code == "BACKUP_EXISTS"
    assert old.attempt("restore", file).error_code == "VAULT_EXISTS"
    other = Laptop(home=old.home.with_name("lain"))
    assert other.attempt("restore", old.home / "slots.json").error_code == "BACKUP_FOREIGN"
    file.write_bytes(file.read_bytes()[:-100])
    assert other.attempt("restore", file).error_code == "BACKUP_DAMAGED"
    assert not other.home.exists()
