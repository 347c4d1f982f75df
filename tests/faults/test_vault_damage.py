"""Flipped bits and cut files: the same data or a named error, never something else."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from field_client.vault import keys as key_slots
from field_client.vault import slotfile
from field_client.vault.errors import SlotDamaged, VaultDamaged, VaultMissing
from field_client.vault.keys import SLOT_FILE, STORE_FILE, VaultKeys
from field_client.vault.store import create_vault, open_vault
from field_client.vault.table import document_of

PASSPHRASE = "sandi petugas contoh"
PAGE_BYTES = 4096
PEOPLE = [document_of({"nik": f"{n:016d}", "name": f"Warga {n}"}, f"orang-{n}") for n in range(120)]


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> tuple[Path, VaultKeys]:
    """Make a vault with documents, closed: one file without a log."""
    home = tmp_path_factory.mktemp("original")
    keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    with open_vault(home, keys, indexes={"records": ("nik",)}) as db:
        db.table("records").insert_multiple(PEOPLE)
    return home, keys


@pytest.fixture
def home(original, tmp_path: Path) -> Path:
    """Copy the vault, to be spoilt."""
    shutil.copytree(original[0], tmp_path / "home")
    return tmp_path / "home"


def _flipped(content: bytes, at: int, bit: int = 0) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


def _outcome(home: Path, keys: VaultKeys) -> str:
    try:
        with open_vault(home, keys) as db:
            assert db.table("records").all() == PEOPLE
            return "sound" if not db.check() else "reported by check"
    except VaultDamaged:
        return "refused"


def test_flipped_bit_in_the_store(home: Path, original):
    """Each page at its start, middle and end: refused, reported, or harmless (the salt only)."""
    path = home / STORE_FILE
    content = path.read_bytes()
    outcomes: Counter[str] = Counter()
    for page in range(len(content) // PAGE_BYTES):
        for within in (0, 1000, PAGE_BYTES - 1):
            path.write_bytes(_flipped(content, page * PAGE_BYTES + within, page % 8))
            outcomes[_outcome(home, original[1])] += 1
    assert outcomes["refused"]
    assert outcomes["reported by check"]
    assert outcomes["sound"] <= 1
    path.write_bytes(content)
    assert _outcome(home, original[1]) == "sound"


def test_cut_store(home: Path, original):
    """Whatever is missing at the end, the store is refused or the loss reported."""
    path = home / STORE_FILE
    content = path.read_bytes()
    size = len(content)
    for keep in (0, 1, 16, 100, PAGE_BYTES - 1, PAGE_BYTES, PAGE_BYTES + 1, size // 2, size - 1):
        path.write_bytes(content[:keep])
        assert _outcome(home, original[1]) != "sound", keep


def test_flipped_bit_in_one_copy_of_the_slots(home: Path):
    """Anywhere in either copy: the slot is found as it was, and the copy is mended."""
    slot = key_slots.find_slot(home, "Petugas")
    for path in slotfile.paths(home):
        content = path.read_bytes()
        for at in range(0, len(content), 7):
            path.write_bytes(_flipped(content, at, at % 7))
            assert key_slots.find_slot(home, "Petugas") == slot, at
            assert path.read_bytes() == content, at


def test_same_bit_flipped_in_both_copies_of_the_slots(home: Path):
    """Anywhere: the slot as it was, or damage; never another one, never a wrong passphrase."""
    slot = key_slots.find_slot(home, "Petugas")
    content = (home / SLOT_FILE).read_bytes()
    outcomes: Counter[str] = Counter()
    for at in range(0, len(content), 2):
        for path in slotfile.paths(home):
            path.write_bytes(_flipped(content, at, at % 7))
        try:
            assert key_slots.find_slot(home, "Petugas") == slot, at
            outcomes["found"] += 1
            if not outcomes["found"] % 40:
                assert key_slots.unlock(home, "Petugas", PASSPHRASE).operator == "Petugas"
        except SlotDamaged:
            outcomes["damaged"] += 1
    assert outcomes["damaged"] > outcomes["found"]
    assert outcomes["found"]


def test_cut_slots(home: Path):
    """One copy cut anywhere, or gone, is mended; both are damage beside a store."""
    first, second = slotfile.paths(home)
    content = first.read_bytes()
    for keep in range(0, len(content) - 1, 9):
        first.write_bytes(content[:keep])
        assert key_slots.list_operators(home) == ["Petugas"]
        for path in (first, second):
            path.write_bytes(content[:keep])
        with pytest.raises(SlotDamaged):
            key_slots.unlock(home, "Petugas", PASSPHRASE)
        second.write_bytes(content)
    for path in (first, second):
        path.unlink()
    with pytest.raises(SlotDamaged):
        key_slots.unlock(home, "Petugas", PASSPHRASE)


def test_lost_store_is_not_replaced(home: Path, original):
    """Slots without a store are an error that stays an error."""
    (home / STORE_FILE).unlink()
    for _ in range(2):
        with pytest.raises(VaultMissing):
            open_vault(home, original[1])
