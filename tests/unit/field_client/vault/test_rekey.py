"""The store under a new root: nothing lost, the removed operator's copy useless, each step cut."""

import contextlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from field_client.vault import durable, keys, migrations, rekey, store
from field_client.vault.errors import (
    DiskFull,
    KeysReplaced,
    OperatorUnknown,
    RekeyNeedsRoom,
    SlotDamaged,
    VaultDamaged,
    VaultIO,
)
from field_client.vault.keys import SLOT_COPY, SLOT_FILE, STORE_FILE, VaultKeys
from field_client.vault.snapshot import unseen
from field_client.vault.store import VaultDB, create_vault, open_vault
from field_client.vault.table import document_of

FIRST, SECOND = "sandi pertama", "sandi kedua"
PEOPLE = [document_of({"nik": f"{n:016d}", "name": f"Warga {n}"}, f"orang-{n}") for n in range(300)]
INDEXES = {"people": ("nik",)}
TEXT = {"people": ("name",)}


def _nothing(_home: Path, _new: VaultDB) -> None:
    """Carry nothing."""


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> tuple[Path, VaultKeys]:
    """Make a store of two operators with people in it, to be copied for each test."""
    home = tmp_path_factory.mktemp("original")
    made = create_vault(home, "Satu", FIRST, calibrate=False)
    keys.add_operator(home, made, "Dua", SECOND, calibrate=False)
    with open_vault(home, made, indexes=INDEXES, text_indexes=TEXT) as db:
        db.table("people").insert_multiple(PEOPLE)
    return home, made


@pytest.fixture
def home(original, tmp_path: Path) -> Path:
    """Copy the store."""
    return shutil.copytree(original[0], tmp_path / "home")


@pytest.fixture
def removed(home: Path, original) -> VaultKeys:
    """Remove the second operator; the store waits to be encrypted anew."""
    return keys.remove_operator(home, original[1], "Dua")


def _require_all(home: Path, unlocked: VaultKeys) -> None:
    with open_vault(home, unlocked, indexes=INDEXES, text_indexes=TEXT) as db:
        assert db.table("people").all() == PEOPLE
        assert [found["name"] for found in db.table("people").match("warga 299")] == ["Warga 299"]
        assert db.check() == []


def test_store_opens_before_and_after(home: Path, removed: VaultKeys):
    """Until it is encrypted anew under the root before, afterwards under the new one alone."""
    assert not store.is_under(home, removed)
    _require_all(home, removed)
    shown: list[float] = []
    after = rekey.rekey(home, removed, _nothing, shown.append)
    assert after is not None
    assert after.previous == ()
    assert shown[-1] == 1
    assert store.is_under(home, after)
    _require_all(home, after)
    assert keys.unlock(home, "Satu", FIRST) == after
    assert not (home / rekey.STAGE).exists()
    assert rekey.rekey(home, after, _nothing) is after


def test_copied_slots_of_a_removed_operator_do_not_open_the_store(home: Path, tmp_path: Path):
    """With all they copied before, they open the old store and not the new one."""
    thief = shutil.copytree(home, tmp_path / "thief")
    removed = keys.remove_operator(home, keys.unlock(home, "Satu", FIRST), "Dua")
    rekey.rekey(home, removed, _nothing)
    stolen = keys.unlock(thief, "Dua", SECOND)
    _require_all(thief, stolen)
    shutil.copy(home / STORE_FILE, thief / STORE_FILE)
    with pytest.raises(VaultDamaged):
        open_vault(thief, stolen)
    with pytest.raises(KeysReplaced):
        open_vault(home, stolen)
    for name in (SLOT_FILE, SLOT_COPY):
        shutil.copy(home / name, thief / name)
    with pytest.raises(OperatorUnknown):
        keys.unlock(thief, "Dua", SECOND)


def test_it_waits_while_another_program_has_the_store_open(home: Path, removed: VaultKeys):
    """That program goes on writing, and loses nothing of it."""
    with open_vault(home, removed) as db:
        assert rekey.rekey(home, removed, _nothing) is None
        db.table("more").insert(document_of({"late": True}, "satu"))
    after = rekey.rekey(home, removed, _nothing)
    assert after is not None
    with open_vault(home, after) as db:
        assert db.table("more").get(doc_id="satu") == {"late": True}


def test_what_stands_only_in_the_log_is_carried_over(home: Path, removed: VaultKeys, tmp_path):
    """A program killed after a commit leaves a log, which belongs to the store."""
    with open_vault(home, removed) as db:
        db.table("more").insert(document_of({"late": True}, "satu"))
        shutil.copytree(home, tmp_path / "killed")
    assert (tmp_path / "killed" / "vault.db-wal").stat().st_size
    after = rekey.rekey(tmp_path / "killed", removed, _nothing)
    assert after is not None
    with open_vault(tmp_path / "killed", after) as db:
        assert db.table("more").get(doc_id="satu") == {"late": True}
        assert db.table("people").all() == PEOPLE


def test_without_room_nothing_is_begun(home: Path, removed: VaultKeys, monkeypatch):
    """It says how much is missing; the store opens as before."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, 0))
    with pytest.raises(RekeyNeedsRoom, match="MB"):
        rekey.rekey(home, removed, _nothing)
    monkeypatch.undo()
    _require_all(home, removed)


def test_several_removals_are_caught_up_at_once(home: Path, removed: VaultKeys):
    """The ring keeps every root the store may be under."""
    for name in ("Tiga", "Empat"):
        keys.add_operator(home, removed, name, SECOND, calibrate=False)
        removed = keys.remove_operator(home, removed, name)
    assert len(removed.previous) == 3
    _require_all(home, removed)
    after = rekey.rekey(home, removed, _nothing)
    assert after is not None
    _require_all(home, after)


def test_a_flipped_bit_in_the_salt_hinders_nothing(home: Path, removed: VaultKeys):
    """The file does not say then under which root it is; each is tried, and it is written anew."""
    content = bytearray((home / STORE_FILE).read_bytes())
    content[3] ^= 1
    (home / STORE_FILE).write_bytes(bytes(content))
    _require_all(home, removed)
    after = rekey.rekey(home, removed, _nothing)
    assert after is not None
    assert store.is_under(home, after)
    _require_all(home, after)


def test_copies_kept_before_an_update_go_with_the_old_root(home: Path, removed: VaultKeys):
    """They hold the same data under the root that the removed operator knows."""
    kept = home / f"{STORE_FILE}{migrations.KEPT}0"
    shutil.copy(home / STORE_FILE, kept)
    rekey.rekey(home, removed, _nothing)
    assert not kept.exists()


def test_copies_kept_before_an_update_go_although_it_was_cut(
    home: Path, removed: VaultKeys, monkeypatch
):
    """Nobody holds the root they are under once the earlier roots are forgotten, but who left."""
    kept = home / f"{STORE_FILE}{migrations.KEPT}0"
    shutil.copy(home / STORE_FILE, kept)
    rename = durable.rename_file

    def cut(source: Path, target: Path) -> None:
        rename(source, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(durable, "rename_file", cut)
        with pytest.raises(KeyboardInterrupt):
            rekey.rekey(home, removed, _nothing)
    after = rekey.rekey(home, removed, _nothing)
    assert after is not None
    assert after.previous == ()
    assert not kept.exists()


def test_copy_that_differs_is_not_taken(home: Path, removed: VaultKeys, monkeypatch):
    """Should a row be missing in the new store, the old one stays."""
    counts = VaultDB.row_counts

    def fewer(db: VaultDB) -> dict[str, int]:
        return {**counts(db), "docs": 0} if rekey.STAGE in str(db._store.path) else counts(db)

    monkeypatch.setattr(VaultDB, "row_counts", fewer)
    with pytest.raises(VaultDamaged):
        rekey.rekey(home, removed, _nothing)
    monkeypatch.undo()
    _require_all(home, removed)
    assert not (home / rekey.STAGE).exists()


STEPS = [
    *((rekey, name) for name in ("_require_room", "_make", "_take_place", "forget_previous")),
    *((durable, name) for name in ("create_file", "flush_file", "remove_files", "rename_file")),
    (store, "open_encrypted"),
    (VaultDB, "copy"),
    (VaultDB, "row_counts"),
]


@pytest.mark.parametrize(("place", "name"), STEPS, ids=lambda step: getattr(step, "__name__", step))
@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_at_each_step_the_store_opens_and_the_next_time_finishes(
    home: Path, removed: VaultKeys, monkeypatch, place, name, when
):
    """Whatever fails, before or after its work: nothing is lost, and it is caught up with."""
    real = getattr(place, name)

    def failing(*args, **options):
        if when == "after":
            real(*args, **options)
        raise VaultIO(file="x", reason="test")

    monkeypatch.setattr(place, name, failing)
    with contextlib.suppress(VaultIO):
        rekey.rekey(home, removed, _nothing)
    monkeypatch.undo()
    unlocked = keys.unlock(home, "Satu", FIRST)
    _require_all(home, unlocked)
    after = rekey.rekey(home, unlocked, _nothing, unseen)
    assert after is not None
    _require_all(home, after)
    assert store.is_under(home, after)


def test_full_disk_in_the_middle_is_told(home: Path, removed: VaultKeys, monkeypatch):
    """The room was taken by something else meanwhile."""

    def full(*_args, **_options):
        raise DiskFull(file=STORE_FILE)

    monkeypatch.setattr(VaultDB, "copy", full)
    with pytest.raises(DiskFull):
        rekey.rekey(home, removed, _nothing)
    monkeypatch.undo()
    _require_all(home, removed)


def test_keys_from_before_the_removal_are_told_so(home: Path):
    """A program that keeps keys in memory is asked to unlock again, not told of damage."""
    stale = keys.unlock(home, "Satu", FIRST)
    removed = keys.remove_operator(home, stale, "Dua")
    _require_all(home, stale)
    rekey.rekey(home, removed, _nothing)
    with pytest.raises(KeysReplaced):
        open_vault(home, stale)
    path = home / STORE_FILE
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(VaultDamaged):
        open_vault(home, replace(removed, previous=()))
    for slot_file in (SLOT_FILE, SLOT_COPY):
        (home / slot_file).write_bytes(b"{}")
    with pytest.raises(SlotDamaged):
        keys.unlock(home, "Satu", FIRST)
    with pytest.raises(VaultDamaged):
        open_vault(home, stale)
