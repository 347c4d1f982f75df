"""Key slots: who opens the vault, who does not, and what is said about it."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.vault import keys, slotfile, slots
from field_client.vault.errors import (
    DeviceWiped,
    KeysReplaced,
    LastAdministrator,
    NotAdministrator,
    OperatorExists,
    OperatorUnknown,
    PassphraseWeak,
    PassphraseWrong,
    SlotDamaged,
    VaultExists,
    VaultMissing,
    VaultNewer,
)
from field_client.vault.keys import (
    ADMINISTRATOR,
    OPERATOR,
    SLOT_FILE,
    STORE_FILE,
    TOMBSTONE,
    VaultKeys,
)
from shared_schema.recovery import open_for_slot
from tests.support import stretching

PASSPHRASE = "sandi pertama petugas"
OTHER = "sandi kedua petugas"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a home with one operator at the floor cost."""
    keys.create_slots(tmp_path / "home", "Petugas Satu", PASSPHRASE, calibrate=False)
    return tmp_path / "home"


def _rewrite(home: Path, change) -> None:
    """Change both copies alike, as somebody would who knows how the checksum is made."""
    body = json.loads((home / SLOT_FILE).read_bytes())
    change(body)
    body.pop("checksum")
    for path in slotfile.paths(home):
        path.write_text(json.dumps(slots.checked(body)))


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


@pytest.fixture
def first(home: Path) -> VaultKeys:
    """Unlock as the administrator, with a second operator added."""
    keys_of_first = keys.unlock(home, "Petugas Satu", PASSPHRASE)
    keys.add_operator(home, keys_of_first, "Petugas Dua", OTHER, calibrate=False)
    return keys_of_first


def test_operators_share_one_root(home: Path, first: VaultKeys):
    """A second operator opens the same keys and is listed with a role; no name comes twice."""
    second = keys.unlock(home, "Petugas Dua", OTHER)
    assert second.derive("store") == first.derive("store")
    assert second.device == first.device
    assert keys.list_operators(home) == ["Petugas Satu", "Petugas Dua"]
    assert keys.operators(home) == [("Petugas Satu", ADMINISTRATOR), ("Petugas Dua", OPERATOR)]
    assert (first.role, second.role) == (ADMINISTRATOR, OPERATOR)
    with pytest.raises(OperatorExists):
        keys.add_operator(home, first, "Petugas Dua", OTHER, calibrate=False)


def test_only_administrators_add_remove_and_reset(home: Path, first: VaultKeys):
    """An operator changes the own passphrase and nothing of anybody else's."""
    second = keys.unlock(home, "Petugas Dua", OTHER)
    for attempt in (
        lambda: keys.add_operator(home, second, "Petugas Tiga", OTHER, calibrate=False),
        lambda: keys.remove_operator(home, second, "Petugas Satu"),
        lambda: keys.change_passphrase(home, second, "Petugas Satu", OTHER, calibrate=False),
    ):
        with pytest.raises(NotAdministrator):
            attempt()
    keys.change_passphrase(home, second, "Petugas Dua", PASSPHRASE, calibrate=False)
    assert keys.unlock(home, "Petugas Dua", PASSPHRASE).slot == second.slot


def test_role_written_into_the_file_gives_none(home: Path, first: VaultKeys):
    """Who changes the role in the slot file is still what the ring says."""
    _rewrite(home, lambda body: body["slots"].__setitem__(1, _promoted(body["slots"][1])))
    assert keys.operators(home)[1] == ("Petugas Dua", ADMINISTRATOR)
    second = keys.unlock(home, "Petugas Dua", OTHER)
    assert second.role == OPERATOR
    with pytest.raises(NotAdministrator):
        keys.remove_operator(home, second, "Petugas Satu")


def _promoted(slot: dict) -> dict:
    body = {name: value for name, value in slot.items() if name != "checksum"}
    return slots.checked({**body, "role": ADMINISTRATOR})


def test_removal_draws_a_new_root(home: Path, first: VaultKeys):
    """Who remains opens the new root with the old passphrase; the removed opens nothing."""
    keys.add_operator(home, first, "Ibu Tiga", OTHER, role=ADMINISTRATOR, calibrate=False)
    stolen = json.loads((home / SLOT_FILE).read_bytes())
    with pytest.raises(OperatorUnknown):
        keys.remove_operator(home, first, "Petugas Empat")
    rotated = keys.remove_operator(home, first, "Petugas Dua")
    third = keys.unlock(home, "Ibu Tiga", OTHER)
    assert rotated.root == third.root != first.root
    assert rotated.previous == third.previous == (first.root,)
    assert rotated.device == third.device == first.device
    with pytest.raises(OperatorUnknown):
        keys.unlock(home, "Petugas Dua", OTHER)
    _rewrite(home, lambda body: body["slots"].append(stolen["slots"][1]))
    with pytest.raises(SlotDamaged):
        keys.unlock(home, "Petugas Dua", OTHER)
    assert keys.forget_previous(home, rotated).previous == ()
    assert keys.unlock(home, "Ibu Tiga", OTHER).previous == ()


def test_last_administrator_stays(home: Path, first: VaultKeys):
    """Nobody can leave a laptop that nobody may add operators to."""
    with pytest.raises(LastAdministrator):
        keys.remove_operator(home, first, "Petugas Satu")
    keys.add_operator(home, first, "Ibu Tiga", OTHER, role=ADMINISTRATOR, calibrate=False)
    rotated = keys.remove_operator(home, first, "Petugas Satu")
    assert keys.forget_previous(home, rotated).previous == ()


def test_keys_from_before_a_removal_change_nothing(home: Path, first: VaultKeys):
    """A program that was open meanwhile is told to unlock again."""
    keys.remove_operator(home, first, "Petugas Dua")
    for attempt in (
        lambda: keys.add_operator(home, first, "Petugas Tiga", OTHER, calibrate=False),
        lambda: keys.set_recovery(home, first, bytes(range(32))),
    ):
        with pytest.raises(KeysReplaced):
            attempt()


def test_keys_from_before_a_new_passphrase_are_no_members(home: Path, first: VaultKeys):
    """Whoever unlocked with the old one must give the new one; for the others nothing changes."""
    second = keys.unlock(home, "Petugas Dua", OTHER)
    assert keys.check_member(home, second) == second
    keys.change_passphrase(home, first, "Petugas Dua", PASSPHRASE, calibrate=False)
    with pytest.raises(KeysReplaced):
        keys.check_member(home, second)
    assert keys.check_member(home, first) == first
    renewed = keys.unlock(home, "Petugas Dua", PASSPHRASE)
    assert keys.check_member(home, renewed) == renewed


def test_no_root_is_sealed_to_a_key_put_in_from_outside(home: Path, first: VaultKeys):
    """A public key exchanged in the slot file gets no new root: the ring does not vouch for it."""
    thief = X25519PrivateKey.generate()

    def exchange(body):
        fields = {name: value for name, value in body["slots"][0].items() if name != "checksum"}
        fields["public"] = thief.public_key().public_bytes_raw().hex()
        body["slots"][0] = slots.checked(fields)

    _rewrite(home, exchange)
    rotated = keys.remove_operator(home, first, "Petugas Dua")
    sealed = bytes.fromhex(json.loads((home / SLOT_FILE).read_bytes())["slots"][0]["sealed"])
    assert open_for_slot(sealed, thief) != rotated.root


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
        fields = {name: value for name, value in body["slots"][0].items() if name != "checksum"}
        body["slots"] = [slots.checked({**fields, "operator": "Petugas Dua"})]

    _rewrite(home, rename)
    with pytest.raises(PassphraseWrong):
        keys.unlock(home, "Petugas Dua", PASSPHRASE)


def test_damaged_slot_locks_out_its_owner_only_until_a_reset(home: Path, first: VaultKeys):
    """The others get in and can change the file; the damaged slot stays until it is replaced."""
    _rewrite(home, lambda body: body["slots"][1].update(operator="Petugas D0a"))
    with pytest.raises(SlotDamaged):
        keys.unlock(home, "Petugas Dua", OTHER)
    keys.change_passphrase(home, first, "Petugas Satu", OTHER, calibrate=False)
    assert keys.unlock(home, "Petugas Satu", OTHER).root == first.root
    assert json.loads((home / SLOT_FILE).read_bytes())["slots"][1]["operator"] == "Petugas D0a"
    keys.change_passphrase(home, first, "Petugas Dua", PASSPHRASE, calibrate=False)
    assert keys.unlock(home, "Petugas Dua", PASSPHRASE).root == first.root
    assert keys.list_operators(home) == ["Petugas Satu", "Petugas Dua"]
    assert len(json.loads((home / SLOT_FILE).read_bytes())["slots"]) == 2


def test_newer_slot_file_is_refused(home: Path):
    """A version this program does not know is not guessed at."""
    _rewrite(home, lambda body: body.update(version=3))
    with pytest.raises(VaultNewer):
        keys.list_operators(home)


def test_wipe_leaves_a_tombstone_and_what_only_the_regency_can_open(home: Path):
    """Afterwards everything says the device was wiped, a new enrolment in this folder as well."""
    wrapped = json.loads((home / SLOT_FILE).read_bytes())["slots"][0]["wrapped"].encode()
    made = ("vault.db", "vault.db-wal", "vault.db.new", "vault.db.rekey", "slots.json.new")
    for name in made:
        (home / name).write_bytes(wrapped)
    for name in ("attachments", "rekey.new", "backup.new"):
        (home / name).mkdir()
        (home / name / "vault.db").write_bytes(wrapped)
    (home / "spool.db").write_bytes(b"sealed")
    keys.wipe(home)
    left = {path.name for path in home.iterdir()}
    sealed = {"spool.db", "attachments"}
    assert left == {"slots.lock", "slots.lock.queue", TOMBSTONE} | sealed
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
    assert not any(path.exists() for path in slotfile.paths(home))


def test_files_are_private(home: Path):
    """The folder is 0700, the slot file 0600."""
    assert home.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in slotfile.paths(home))


def test_secrets_are_not_shown(home: Path, first: VaultKeys):
    """Neither keys nor slots nor the ring print what they hold."""
    shown = repr(first) + repr(keys.find_slot(home, "Petugas Satu")) + repr(slotfile.load(home))
    for secret in ("root=", "identity=", "previous=", "wrapped=", "sealed="):
        assert secret not in shown


def test_calibrated_cost_is_never_below_the_floor(monkeypatch: pytest.MonkeyPatch):
    """A slow or busy machine gets the floor, a fast one more, none an hour."""
    stretching.as_ever(monkeypatch)
    cost = slots.calibrated()
    assert slots.FLOOR_KIB <= cost.memory_kib <= slots.CEILING_KIB
    assert slots.FLOOR_ITERATIONS <= cost.iterations <= slots.CEILING_ITERATIONS
    slot = slots.make("Petugas", OPERATOR, PASSPHRASE, cost)
    assert slots.from_json(slots.to_json(slot)) == slot


def test_equal_passphrases_make_different_keys(monkeypatch: pytest.MonkeyPatch):
    """Each slot draws its own salt, and is opened by no key of another."""
    stretching.as_ever(monkeypatch)
    one, other = (slots.make("Petugas", OPERATOR, PASSPHRASE, slots.FLOOR) for _ in range(2))
    assert one.salt != other.salt
    assert slots.stretch(PASSPHRASE, one.salt, one.cost) != slots.stretch(
        PASSPHRASE, other.salt, other.cost
    )
    assert slots.open_private(one, PASSPHRASE).public_key().public_bytes_raw() == one.public


def test_what_the_tests_remember_is_what_argon2id_makes(monkeypatch: pytest.MonkeyPatch):
    """A key that was remembered, by whatever process, opens what a program made, and only that."""
    remembered = slots.make("Petugas", OPERATOR, PASSPHRASE, slots.FLOOR)
    with pytest.raises(PassphraseWrong):
        slots.open_private(remembered, OTHER)
    stretching.as_ever(monkeypatch)
    slots.open_private(remembered, PASSPHRASE)
