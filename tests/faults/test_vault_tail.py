"""The newest part of a store is lost: a log cut short, an older file, a copy without its log.

What the office had received comes back from it at the next sync, which says that it was ahead;
what only the lost part held is lost with it, but no number is given twice and nobody is doubled.
"""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.vault.keys import VaultKeys, unlock
from tests.faults.vault_writer import handed
from tests.support.effort import Effort
from tests.support.nursery import Nursery
from tests.support.processes import OPERATOR, PASSPHRASE
from tests.support.scenes import Laptop, Office, people, regency

TAILS = (
    (("vault",), False),
    (("spool",), False),
    (("vault", "spool"), False),
    (("vault",), True),
)
ORDERS = ("original", "copy")
CUT = Effort("test_vault_tail.py::test_a_log_cut_short", ci=len(TAILS), soak=0)
COPIED = Effort("test_vault_tail.py::test_a_store_copied_without_its_log", ci=len(ORDERS), soak=0)
WRITER = "tests.faults.vault_writer:"
ROWS = people(90, 6, "53.15.05")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def left_with_logs(office: Office) -> tuple[Laptop, VaultKeys, list[list[int]]]:
    """Give a laptop that synced three people twice and died; how long its logs were each time."""
    device = office.laptop("laptop", "53.15.05")
    keys = unlock(device.home, OPERATOR, PASSPHRASE)
    out = device.home.with_name("said")
    with Nursery() as nursery:
        code = nursery.run(f"{WRITER}leave_a_log", str(device.home), handed(keys), out=out)
    assert code == -signal.SIGKILL
    sizes = [[int(size) for size in line.split()] for line in out.read_text().splitlines()]
    assert office.stats()["persons"] == 6
    return device, keys, sizes


def cut(path: Path, keep: int) -> None:
    """Keep the beginning of a file, which stays the same file."""
    with path.open("r+b") as file:
        file.truncate(keep)


@pytest.mark.parametrize(
    ("logs", "much"), TAILS, ids=["vault", "spool", "both", "all of the vault's"]
)
def test_a_log_cut_short(office: Office, logs: tuple[str, ...], much: bool) -> None:
    """It is said, at once or at the next sync; all that was received is back, and nobody doubled.

    New work is numbered apart and arrives.
    """
    device, _, sizes = left_with_logs(office)
    for name in logs:
        keep = 0 if much else sizes[0][("vault", "spool").index(name)]
        cut(device.home / f"{name}.db-wal", keep)
    noticed = device.attempt("list")
    assert ("VAULT_TAIL_LOST" in noticed.stderr) == (logs == ("vault",))
    device.add("person", ROWS[:3])
    synced = device.attempt("sync").check()
    assert ("FORK_HEALED" in synced.stderr) == ("spool" in logs)
    device.add("person", ROWS[3:])
    device.sync()
    require_all(office, device)


@pytest.mark.parametrize("first", ORDERS)
def test_a_store_copied_without_its_log(office: Office, first: str) -> None:
    """The copy holds an older state, is noticed, and goes on apart; nobody is lost or doubled."""
    original, _, _ = left_with_logs(office)
    copy = Laptop(home=original.home.with_name("copy"))
    logs = shutil.ignore_patterns("*-wal", "*-shm")
    shutil.copytree(original.home, copy.home, ignore=logs)
    noticed = copy.attempt("list")
    assert "VAULT_COPIED" in noticed.stderr
    assert len(copy.values()) < len(original.values()) == 6
    original.add("person", ROWS[:3])
    copy.add("person", ROWS[3:])
    order = [original, copy] if first == "original" else [copy, original]
    for device in (*order, *order):
        device.sync()
    for device in order:
        require_all(office, device)


def require_all(office: Office, device: Laptop) -> None:
    """Check that everybody is at the office and on the laptop, once, and both are sound."""
    names = [str(row["name"]) for row in ROWS]
    names += [f"Warga {turn} {number}" for turn in ("Kedua", "Pertama") for number in range(3)]
    assert sorted(str(one["name"]) for one in office.values().values()) == sorted(names)
    everywhere = {**device.values(), **device.roster()}
    assert sorted(str(one["name"]) for one in everywhere.values()) == sorted(names)
    assert device.status()["waiting"] == 0
    assert device.run("verify")["sound"] is True
    office.run("verify")
