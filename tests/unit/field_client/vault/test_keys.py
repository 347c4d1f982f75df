"""Key slots: who opens the vault, who does not, and what is said about it."""

import json
from pathlib import Path

import pytest

from field_client.vault import keys, slots
from field_client.vault.errors import (
    DeviceWiped,
    LastOperator,
    OperatorExists,
    OperatorUnknown,
    PassphraseWeak,
    PassphraseWrong,
    SlotDamaged,
    VaultExists,
    VaultMissing,
    VaultNewer,
)
from field_client.vault.keys import SLOT_FILE, STORE_FILE, TOMBSTONE, VaultKeys

PASSPHRASE = "sandi pertama petugas"
OTHER = "sandi kedua petugas"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a home with one operator at the floor cost."""
    keys.create_slots(tmp_path / "home", "Petugas Satu", PASSPHRASE, calibrate=False)
    return tmp_path / "home"


def _rewrite(home: Path, change) -> None:
    path = home / SLOT_FILE
    body = json.loads(path.read_bytes())
    change(body)
    path.write_text(json.dumps(body))


def test_unlock_gives_the_same_root(home: Path):
    """What creation derived is derived again after unlocking, and depends on the purpose."""
    first = keys.unlock(home, "Petugas Satu", PASSPHRASE)
    again = keys.unlock(home, "Petugas Satu", PASSPHRASE)
    assert first.derive("store") == again.derive("store") != first.derive("device-signing")
    assert len(first.derive("store", 48)) == 48


def test_passphrase_in_another_unicode_form_opens(tmp_path: Path):
    """A composed and a decomposed letter are the same letter on another keyboard."""
    made = keys.create_slots(tmp_path, "Petugas", "sandi caf\u00e9 \u00bd", calibrate=False)
    assert keys.unlock(tmp_path, "Petugas", "sandi cafe\u0301 1\u20442").root == made.root


def test_wrong_passphrase_and_unknown_operator(home: Path):
    """Each has its own name."""
    with pytest.raises(PassphraseWrong):
        keys.unlock(home, "Petugas Satu", PASSPHRASE.upper())
    with pytest.raises(OperatorUnknown):
        keys.unlock(home, "Petugas Dua", PASSPHRASE)


@pytest.mark.parametrize("weak", ["", "1234567", "       \u00a0  x"])
def test_short_passphrase_is_refused(tmp_path: Path, weak: str):
    """Fewer than eight characters, spaces around them not counted, make no slot."""
    with pytest.raises(PassphraseWeak):
        keys.create_slots(tmp_path, "Petugas", weak, calibrate=False)
    assert not (tmp_path / SLOT_FILE).exists()


def test_second_creation_is_refused(home: Path):
    """The slots that are there stay."""
    before = (home / SLOT_FILE).read_bytes()
    with pytest.raises(VaultExists):
        keys.create_slots(home, "Petugas Dua", OTHER, calibrate=False)
    assert (home / SLOT_FILE).read_bytes() == before


def test_operators_share_one_root(home: Path):
    """A second operator opens the same keys, is listed, and may be removed; the last may not."""
    first = keys.unlock(home, "Petugas Satu", PASSPHRASE)
    keys.add_operator(home, first, "Petugas Dua", OTHER, calibrate=False)
    second = keys.unlock(home, "Petugas Dua", OTHER)
    assert second.derive("store") == first.derive("store")
    assert keys.list_operators(home) == ["Petugas Satu", "Petugas Dua"]
    with pytest.raises(OperatorExists):
        keys.add_operator(home, first, "Petugas Dua", OTHER, calibrate=False)
    keys.remove_operator(home, "Petugas Satu")
    with pytest.raises(OperatorUnknown):
        keys.unlock(home, "Petugas Satu", PASSPHRASE)
    with pytest.raises(LastOperator):
        keys.remove_operator(home, "Petugas Dua")


def test_changed_passphrase_replaces_the_old(home: Path):
    """The old one is wrong afterwards, and the root is the same."""
    first = keys.unlock(home, "Petugas Satu", PASSPHRASE)
    keys.change_passphrase(home, first, "Petugas Satu", OTHER, calibrate=False)
    with pytest.raises(PassphraseWrong):
        keys.unlock(home, "Petugas Satu", PASSPHRASE)
    assert keys.unlock(home, "Petugas Satu", OTHER).root == first.root


def test_missing_slots_are_told_from_a_missing_vault(tmp_path: Path):
    """A store without its slots is damage; nothing at all is a laptop not yet enrolled."""
    with pytest.raises(VaultMissing):
        keys.unlock(tmp_path, "Petugas", PASSPHRASE)
    (tmp_path / STORE_FILE).write_bytes(b"x")
    with pytest.raises(SlotDamaged):
        keys.unlock(tmp_path, "Petugas", PASSPHRASE)


def test_slot_passed_off_as_another_is_refused(home: Path):
    """Renaming a slot, checksum and all, makes its passphrase wrong: the name is bound to it."""

    def rename(body):
        slot = slots.from_json(body["slots"][0])
        assert slot is not None
        forged = {**slots.to_json(slot), "operator": "Petugas Dua"}
        forged.pop("checksum")
        body["slots"] = [{**forged, "checksum": slots._checksum(forged)}]

    _rewrite(home, rename)
    with pytest.raises(PassphraseWrong):
        keys.unlock(home, "Petugas Dua", PASSPHRASE)


def test_damaged_slot_locks_out_its_owner_only_and_is_kept(home: Path):
    """The others get in, can change the file, and the damaged slot stays for a repair."""
    first = keys.unlock(home, "Petugas Satu", PASSPHRASE)
    keys.add_operator(home, first, "Petugas Dua", OTHER, calibrate=False)
    _rewrite(home, lambda body: body["slots"][0].update(operator="Petugas S4tu"))
    with pytest.raises(SlotDamaged):
        keys.unlock(home, "Petugas Satu", PASSPHRASE)
    keys.change_passphrase(home, first, "Petugas Dua", PASSPHRASE, calibrate=False)
    assert keys.unlock(home, "Petugas Dua", PASSPHRASE).root == first.root
    assert json.loads((home / SLOT_FILE).read_bytes())["slots"][0]["operator"] == "Petugas S4tu"


def test_newer_slot_file_is_refused(home: Path):
    """A version this program does not know is not guessed at."""
    _rewrite(home, lambda body: body.update(version=2))
    with pytest.raises(VaultNewer):
        keys.list_operators(home)


def test_wipe_leaves_nothing_but_a_tombstone(home: Path):
    """Afterwards everything says the device was wiped, a new enrolment in this folder as well."""
    wrapped = json.loads((home / SLOT_FILE).read_bytes())["slots"][0]["wrapped"].encode()
    (home / STORE_FILE).write_bytes(b"x")
    keys.wipe(home)
    assert not (home / STORE_FILE).exists()
    assert all(wrapped not in path.read_bytes() for path in home.iterdir())
    for attempt in (
        lambda: keys.unlock(home, "Petugas Satu", PASSPHRASE),
        lambda: keys.list_operators(home),
        lambda: keys.create_slots(home, "Petugas Satu", PASSPHRASE, calibrate=False),
    ):
        with pytest.raises(DeviceWiped):
            attempt()


def test_wipe_cut_short_is_finished_by_the_next_command(home: Path):
    """With the tombstone on the disk and the slots still there, the slots go before anything."""
    (home / TOMBSTONE).write_text("{}")
    with pytest.raises(DeviceWiped):
        keys.unlock(home, "Petugas Satu", PASSPHRASE)
    assert not (home / SLOT_FILE).exists()


def test_files_are_private(home: Path):
    """The folder is 0700, the slot file 0600."""
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / SLOT_FILE).stat().st_mode & 0o777 == 0o600


def test_secrets_are_not_shown():
    """Neither keys nor slots print what they hold."""
    root = bytes(range(32))
    slot = slots.wrap("Petugas", PASSPHRASE, root, slots.FLOOR)
    shown = repr(VaultKeys(operator="Petugas", slot="00", root=root)) + repr(slot)
    assert "root" not in shown
    assert "wrapped" not in shown


def test_calibrated_cost_is_never_below_the_floor():
    """A slow or busy machine gets the floor, a fast one more, none an hour."""
    cost = slots.calibrated()
    assert slots.FLOOR_KIB <= cost.memory_kib <= slots.CEILING_KIB
    assert slots.FLOOR_ITERATIONS <= cost.iterations <= slots.CEILING_ITERATIONS
    assert slots.from_json(slots.to_json(slots.wrap("Petugas", PASSPHRASE, bytes(32), cost)))
