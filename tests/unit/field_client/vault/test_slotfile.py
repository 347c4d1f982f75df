"""Two copies of the slot file: which counts, how the other is mended, what both damaged leave."""

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.vault import durable, keys, slotfile
from field_client.vault.errors import DiskFull, OperatorUnknown, SlotDamaged, VaultIO
from field_client.vault.keys import SLOT_COPY, SLOT_FILE, VaultKeys

FIRST, SECOND, THIRD = "sandi pertama", "sandi kedua", "sandi ketiga"


@pytest.fixture
def made(tmp_path: Path) -> VaultKeys:
    """Make slots of two operators."""
    made = keys.create_slots(tmp_path, "Satu", FIRST, calibrate=False)
    keys.add_operator(tmp_path, made, "Dua", SECOND, calibrate=False)
    return made


def _flipped(content: bytes, at: int) -> bytes:
    damaged = bytearray(content)
    damaged[at] ^= 1 << at % 7
    return bytes(damaged)


def _flip(path: Path, at: int) -> None:
    """Turn a digit into another sign, never into a quote: the file can still be read."""
    damaged = bytearray(path.read_bytes())
    damaged[at] ^= 1
    path.write_bytes(damaged)


def _at(path: Path, name: str) -> int:
    """Return where the wrapped key of an operator stands."""
    content = path.read_bytes()
    return content.index(b'"wrapped"', content.index(name.encode())) + 20


def test_both_copies_are_written_alike(tmp_path: Path, made: VaultKeys):
    """Byte for byte, the generation rising with each change."""
    content = (tmp_path / SLOT_FILE).read_bytes()
    assert (tmp_path / SLOT_COPY).read_bytes() == content
    assert json.loads(content)["generation"] == 2


@pytest.mark.parametrize("name", [SLOT_FILE, SLOT_COPY])
def test_one_copy_damaged_anywhere_is_mended(tmp_path: Path, made: VaultKeys, name: str):
    """Any flipped bit, a cut, nothing at all: the other copy counts, and both are whole again."""
    path = tmp_path / name
    content = path.read_bytes()
    spoilt = [_flipped(content, at) for at in range(0, len(content), 7)]
    for damaged in [*spoilt, content[:0], content[:1], content[:500], None]:
        path.unlink() if damaged is None else path.write_bytes(damaged)
        assert keys.operators(tmp_path) == [("Satu", "administrator"), ("Dua", "operator")]
        assert path.read_bytes() == content
    assert keys.unlock(tmp_path, "Dua", SECOND).root == made.root


def test_slots_damaged_apart_are_put_together(tmp_path: Path, made: VaultKeys):
    """One slot spoilt in the file, another in the copy: everybody gets in, both are mended."""
    _flip(tmp_path / SLOT_FILE, _at(tmp_path / SLOT_FILE, "Satu"))
    _flip(tmp_path / SLOT_COPY, _at(tmp_path / SLOT_COPY, "Dua"))
    assert keys.unlock(tmp_path, "Satu", FIRST).root == made.root
    assert keys.unlock(tmp_path, "Dua", SECOND).root == made.root
    assert (tmp_path / SLOT_FILE).read_bytes() == (tmp_path / SLOT_COPY).read_bytes()


def test_same_slot_damaged_twice_locks_out_its_owner_only(tmp_path: Path, made: VaultKeys):
    """The other operator gets in; who is locked out is told what is the matter."""
    for path in slotfile.paths(tmp_path):
        _flip(path, _at(path, "Dua"))
    assert keys.unlock(tmp_path, "Satu", FIRST).root == made.root
    with pytest.raises(SlotDamaged):
        keys.unlock(tmp_path, "Dua", SECOND)


def test_both_copies_destroyed_are_a_named_error(tmp_path: Path, made: VaultKeys):
    """Neither is replaced by anything."""
    for path in slotfile.paths(tmp_path):
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SlotDamaged):
        keys.unlock(tmp_path, "Satu", FIRST)
    assert all(path.stat().st_size == 300 for path in slotfile.paths(tmp_path))


def test_removed_operator_does_not_come_back_from_a_stale_copy(tmp_path: Path, made: VaultKeys):
    """Power cut after the first file: the newer one counts and the copy is mended from it."""
    stale = (tmp_path / SLOT_COPY).read_bytes()
    keys.remove_operator(tmp_path, made, "Dua")
    (tmp_path / SLOT_COPY).write_bytes(stale)
    assert keys.list_operators(tmp_path) == ["Satu"]
    assert (tmp_path / SLOT_COPY).read_bytes() != stale


def test_stale_first_file_is_mended_from_the_copy(tmp_path: Path, made: VaultKeys):
    """Which of the two is newer does not matter."""
    stale = (tmp_path / SLOT_FILE).read_bytes()
    keys.remove_operator(tmp_path, made, "Dua")
    (tmp_path / SLOT_FILE).write_bytes(stale)
    assert keys.list_operators(tmp_path) == ["Satu"]
    assert (tmp_path / SLOT_FILE).read_bytes() != stale


def _spoil(path: Path, name: str) -> None:
    """Change a digit of an operator's wrapped key; the file can still be read."""
    content, at = bytearray(path.read_bytes()), _at(path, name)
    content[at] = ord("1" if content[at] == ord("0") else "0")
    path.write_bytes(content)


def _half_done(home: Path, made: VaultKeys, damaged: str) -> VaultKeys:
    """Remove an operator; the power fails before the copy, then a remaining slot is damaged."""
    keys.add_operator(home, made, "Tiga", THIRD, calibrate=False)
    stale = (home / SLOT_COPY).read_bytes()
    left = keys.remove_operator(home, made, "Dua")
    (home / SLOT_COPY).write_bytes(stale)
    _spoil(home / SLOT_FILE, damaged)
    return left


def test_damaged_newer_file_counts_before_a_whole_older_copy(tmp_path: Path, made: VaultKeys):
    """The removed operator stays away, the new root counts, and only one waits for a mending."""
    left = _half_done(tmp_path, made, "Tiga")
    assert keys.unlock(tmp_path, "Satu", FIRST).root == left.root
    assert keys.list_operators(tmp_path) == ["Satu", "Tiga"]
    with pytest.raises(OperatorUnknown):
        keys.unlock(tmp_path, "Dua", SECOND)
    with pytest.raises(SlotDamaged):
        keys.unlock(tmp_path, "Tiga", THIRD)


def test_slot_filled_from_an_older_copy_is_sealed_anew_by_the_next_change(
    tmp_path: Path, made: VaultKeys
):
    """The ring still vouches for its key, so its owner's passphrase opens it again."""
    left = _half_done(tmp_path, made, "Tiga")
    keys.set_recovery(tmp_path, left, X25519PrivateKey.generate().public_key().public_bytes_raw())
    assert keys.unlock(tmp_path, "Tiga", THIRD).root == left.root


def test_damaged_newer_file_of_the_same_root_locks_nobody_out(tmp_path: Path, made: VaultKeys):
    """Nobody was removed: what the older copy has of the damaged slot still opens the store."""
    stale = (tmp_path / SLOT_COPY).read_bytes()
    keys.add_operator(tmp_path, made, "Tiga", THIRD, calibrate=False)
    (tmp_path / SLOT_COPY).write_bytes(stale)
    _spoil(tmp_path / SLOT_FILE, "Satu")
    for name, passphrase in (("Satu", FIRST), ("Dua", SECOND), ("Tiga", THIRD)):
        assert keys.unlock(tmp_path, name, passphrase).root == made.root


def test_damaged_newer_file_that_opens_for_nobody_gives_way(tmp_path: Path, made: VaultKeys):
    """The only one who remained would be locked out of a store that the older copy opens."""
    stale = (tmp_path / SLOT_COPY).read_bytes()
    keys.remove_operator(tmp_path, made, "Dua")
    (tmp_path / SLOT_COPY).write_bytes(stale)
    _spoil(tmp_path / SLOT_FILE, "Satu")
    assert keys.unlock(tmp_path, "Satu", FIRST).root == made.root


@pytest.mark.parametrize("claimed", [4, 5, 6])
def test_damaged_generation_makes_no_copy_newer(tmp_path: Path, made: VaultKeys, claimed: int):
    """A stale copy whose number was hit would bring the removed operator back."""
    stale = json.loads((tmp_path / SLOT_COPY).read_bytes())
    left = keys.remove_operator(tmp_path, made, "Dua")
    (tmp_path / SLOT_COPY).write_text(json.dumps({**stale, "generation": claimed}))
    assert keys.unlock(tmp_path, "Satu", FIRST).root == left.root
    assert keys.list_operators(tmp_path) == ["Satu"]


def _fail_at(monkeypatch: pytest.MonkeyPatch, path: str, error: Exception) -> None:
    write = durable.write_file

    def failing(target: Path, content: bytes) -> None:
        if target.name == path:
            raise error
        write(target, content)

    monkeypatch.setattr(durable, "write_file", failing)


def test_change_that_cannot_be_written_has_not_happened(
    tmp_path: Path, made: VaultKeys, monkeypatch: pytest.MonkeyPatch
):
    """The first file fails: the error is told and everything is as before."""
    before = (tmp_path / SLOT_FILE).read_bytes()
    _fail_at(monkeypatch, SLOT_FILE, DiskFull(file=SLOT_FILE))
    with pytest.raises(DiskFull):
        keys.remove_operator(tmp_path, made, "Dua")
    assert [path.read_bytes() for path in slotfile.paths(tmp_path)] == [before, before]


def test_copy_that_cannot_be_written_leaves_no_stale_one(
    tmp_path: Path, made: VaultKeys, monkeypatch: pytest.MonkeyPatch
):
    """The change has happened; the old copy is gone, and the next reading makes a new one."""
    with monkeypatch.context() as patched:
        _fail_at(patched, SLOT_COPY, VaultIO(file=SLOT_COPY, reason="test"))
        keys.remove_operator(tmp_path, made, "Dua")
        assert not (tmp_path / SLOT_COPY).exists()
        assert keys.list_operators(tmp_path) == ["Satu"]
    assert keys.list_operators(tmp_path) == ["Satu"]
    assert (tmp_path / SLOT_COPY).read_bytes() == (tmp_path / SLOT_FILE).read_bytes()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="cannot run here: root reads all files"
)
def test_unreadable_copies_are_told_from_damaged_ones(tmp_path: Path, made: VaultKeys):
    """Permissions are not damage."""
    for path in slotfile.paths(tmp_path):
        path.chmod(0)
    with pytest.raises(VaultIO):
        keys.unlock(tmp_path, "Satu", FIRST)
