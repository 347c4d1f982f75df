"""Two copies of one laptop's store that both go on: nothing doubled, nothing lost, ids apart."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scenes import Laptop, Office, exchange_by_file, people, regency

ROWS = people(7, 60, "53.15.05")
UNCERTAIN = {**ROWS[59], "nik": "5315050101900001", "birth_date": "1970-02-03", "sex": "P"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def copy(device: Laptop, name: str) -> Laptop:
    """Copy the folder, as a backup program or a careful officer does."""
    home = device.home.with_name(name)
    shutil.copytree(device.home, home)
    return Laptop(home=home)


class Twin:
    """A copy whose fingerprint is the original's: as where a disk image was started twice.

    Both live in turn in the very same files: what one left is put aside while the other works.
    """

    def __init__(self, device: Laptop) -> None:
        self._home = device.home
        self._aside = {name: read(device.home) for name in ("first", "second")}
        self._now = "first"

    def be(self, name: str) -> Laptop:
        """Put one of the two copies into the folder, inodes unchanged."""
        self._aside[self._now] = read(self._home)
        for path in self._home.iterdir():
            if path.is_file() and path.name not in self._aside[name]:
                path.unlink()
        for file, content in self._aside[name].items():
            (self._home / file).write_bytes(content)
        self._now = name
        return Laptop(home=self._home)


def read(home: Path) -> dict[str, bytes]:
    """Return the content of every file of a store."""
    return {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}


def names(found: dict[str, dict[str, object]]) -> list[str]:
    """Return the names of people, sorted."""
    return sorted(str(values["name"]) for values in found.values())


def require_all(office: Office, count: int) -> None:
    """Check that each of the first people is at the office exactly once, and all is sound."""
    assert names(office.values()) == sorted(str(row["name"]) for row in ROWS[:count])
    assert office.stats()["persons"] == count
    office.run("verify")


def test_a_copied_folder_goes_on_under_a_branch_of_its_own(office: Office) -> None:
    """A copy made before sealing says so, and both hand in what they have."""
    first = office.laptop("asli", "53.15.05")
    first.add("person", ROWS[:3])
    second = copy(first, "salinan")
    of_first = {line["id"] for line in first.add("person", ROWS[3:6])["records"]}
    told = second.attempt("status")
    assert "VAULT_COPIED" in told.stderr
    assert "VAULT_COPIED" not in second.attempt("status").stderr, "said once"
    of_second = {line["id"] for line in second.add("person", ROWS[6:9])["records"]}
    assert not of_first & of_second
    second.sync()
    healed = first.sync()["healed"]
    assert [one["changes"] for one in healed] == [0], (
        "the office has the beginning: the rest goes on behind it"
    )
    for one in (first, second):
        one.sync()
        assert one.status()["waiting"] == 0
        assert one.run("verify")["sound"] is True
    require_all(office, 9)
    assert of_first | of_second <= set(office.values()), "no record had to take another id"
    assert len({*first.records(), *second.records()}) == 9


def test_copies_that_cannot_be_told_apart_heal(office: Office) -> None:
    """The second to come is refused, draws a branch, and brings what the office lacks there."""
    start = office.laptop("kembar", "53.15.05")
    start.add("person", ROWS[:2])
    start.sync()
    twin = Twin(start)
    first = twin.be("first")
    mine = [line["id"] for line in first.add("person", ROWS[2:5])["records"]]
    first.edit(mine[0], rt="001")
    first.sync()
    second = twin.be("second")
    draft = second.add("person", [UNCERTAIN])["records"][0]["id"]
    lines = second.add("person", ROWS[5:8])["records"]
    ids = [line["id"] for line in lines]
    assert {draft, *ids} & set(mine), "the copies do number alike: this is what has to be healed"
    second.edit(ids[0], rt="002")
    second.add("visit", [{"person": ids[1], "outcome": "recorded"}])
    synced = second.attempt("sync", "--json").check()
    assert "warning [" in synced.stderr
    (healed,) = synced.json["healed"]
    assert healed["changes"] == 5
    assert (synced.json["waiting"], second.status()["waiting"]) == (0, 0)
    new = {old: healed["records"][old] for old in ids}
    (visit,) = office.values("visit").values()
    assert visit["person"] == new[ids[1]]
    assert second.run("show", ids[2])["id"] == new[ids[2]], "an old id that is nobody's leads on"
    assert second.run("show", new[ids[0]])["values"]["rt"] == "002"
    (kept,) = second.records("--state", "draft")
    assert kept not in mine
    second.edit(kept, nik="")
    second.sync()
    first = twin.be("first")
    first.edit(mine[1], rt="003")
    first.sync()
    assert first.status() == {"draft": 0, "waiting": 0, "received": 5, "attention": 0}
    assert office.values()[mine[0]]["rt"] == "001"
    assert names(office.values()) == sorted(str(row["name"]) for row in (*ROWS[:8], UNCERTAIN))
    office.run("verify")
    assert office.run("quarantine", "list"), "a supervisor is told of the fork"


def test_a_copy_that_lags_behind_begins_no_record_under_a_used_id(office: Office) -> None:
    """It had only drafts when the other's records arrived: their ids must not meet."""
    twin = Twin(office.laptop("kembar", "53.15.05"))
    first = twin.be("first")
    mine = [line["id"] for line in first.add("person", ROWS[:2])["records"]]
    first.sync()
    second = twin.be("second")
    draft = second.add("person", [UNCERTAIN])["records"][0]["id"]
    assert draft in mine
    second.sync()
    (kept,) = second.records("--state", "draft")
    second.edit(kept, nik="")
    second.sync()
    assert names(office.values()) == sorted(str(row["name"]) for row in (*ROWS[:2], UNCERTAIN))
    assert office.values()[mine[0]]["name"] == ROWS[0]["name"]


def test_copies_heal_by_file_too(office: Office) -> None:
    """Sealed before the copying, sent by both, in any order, old sticks included."""
    start = office.laptop("kembar", "53.15.05")
    start.add("person", ROWS[:4])
    start.run("export", start.home.with_name("lama"))
    twin = Twin(start)
    second = twin.be("second")
    second.add("person", ROWS[4:6])
    exchange_by_file(office, second, "kedua")
    first = twin.be("first")
    first.add("person", ROWS[6:9])
    healed = exchange_by_file(office, first, "pertama")["healed"]
    assert [one["changes"] for one in healed] == [3]
    exchange_by_file(office, first, "pertama-lagi")
    assert first.status()["waiting"] == 0
    second = twin.be("second")
    exchange_by_file(office, second, "kedua-lagi")
    office.run("exchange", start.home.with_name("lama"), start.home.with_name("x"))
    assert second.status()["waiting"] == 0
    require_all(office, 9)
