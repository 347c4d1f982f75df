"""Flipped bits and cut files: the same data or a named error, never something else."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from field_client.vault import keys as key_slots
from field_client.vault.errors import SlotDamaged, VaultDamaged, VaultMissing, VaultNewer
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


def test_flipped_bit_in_the_slots(home: Path):
    """At every byte: the slot is damaged, never an unknown operator or a wrong passphrase."""
    path = home / SLOT_FILE
    content = path.read_bytes()
    outcomes: Counter[str] = Counter()
    for at in range(len(content)):
        path.write_bytes(_flipped(content, at, at % 7))
        try:
            outcomes[type(key_slots.find_slot(home, "Petugas")).__name__] += 1
        except (SlotDamaged, VaultNewer) as error:
            outcomes[error.code] += 1
    assert outcomes["VAULT_SLOT_DAMAGED"] > 0.9 * len(content)
    assert outcomes["VAULT_NEWER"] <= 1
    path.write_bytes(content)
    assert key_slots.unlock(home, "Petugas", PASSPHRASE).operator == "Petugas"


def test_cut_slots(home: Path):
    """A slot file cut anywhere, or gone, is damage beside a store."""
    path = home / SLOT_FILE
    content = path.read_bytes()
    for keep in range(0, len(content) - 1, 9):
        path.write_bytes(content[:keep])
        with pytest.raises(SlotDamaged):
            key_slots.unlock(home, "Petugas", PASSPHRASE)
    path.unlink()
    with pytest.raises(SlotDamaged):
        key_slots.unlock(home, "Petugas", PASSPHRASE)


def test_lost_store_is_not_replaced(home: Path, original):
    """Slots without a store are an error that stays an error."""
    (home / STORE_FILE).unlink()
    for _ in range(2):
        with pytest.raises(VaultMissing):
            open_vault(home, original[1])
