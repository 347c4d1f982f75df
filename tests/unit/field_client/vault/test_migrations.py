"""A newer program changes the store: a copy is kept first, and a cut leaves the old or the new."""

import os
from pathlib import Path

import pytest

from field_client.vault import durable, migrations, snapshot
from field_client.vault.connection import open_encrypted
from field_client.vault.errors import DiskFull, UpdateNeedsRoom, VaultIO, VaultNewer
from field_client.vault.keys import STORE_FILE
from field_client.vault.store import PURPOSE, RAW_KEY_BYTES, open_vault
from field_client.vault.table import document_of
from tests.unit.field_client.vault.conftest import KEYS, Opener

RELEASED = len(migrations.MIGRATIONS)
BEFORE = f"{STORE_FILE}{migrations.KEPT}{RELEASED}"
LATER = ("CREATE TABLE later (x)", "INSERT INTO later SELECT count(*) FROM docs")
BROKEN = (*LATER, "INSERT INTO nowhere VALUES (1)")
PEOPLE = [document_of({"nik": f"{n:016d}", "name": f"Warga {n}"}, f"orang-{n}") for n in range(80)]


@pytest.fixture
def home(opened: Opener, tmp_path: Path) -> Path:
    """Give the folder of a store of the released version, with people in it."""
    with opened() as db:
        db.table("records").insert_multiple(PEOPLE)
    return tmp_path


def later(monkeypatch: pytest.MonkeyPatch, *scripts: tuple[str, ...]) -> None:
    """Let the program be one that knows further scripts."""
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, *scripts))


def kept(home: Path) -> list[str]:
    """Name the copies that were kept."""
    return [path.name for path in migrations.kept_copies(home / STORE_FILE)]


def require_all(path: Path, version: int) -> None:
    """Check that a file is a whole store of this version with everybody in it."""
    store = open_encrypted(path, KEYS.derive(PURPOSE, RAW_KEY_BYTES))
    try:
        assert migrations.version(store) == version
        assert store.rows("SELECT count(*) FROM docs") == [(len(PEOPLE),)]
        assert store.rows("PRAGMA integrity_check") == [("ok",)]
        assert store.rows("PRAGMA cipher_integrity_check") == []
    finally:
        store.close()


def test_the_store_as_it_was_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encrypted beside it; the next version keeps its own and drops the older one."""
    later(monkeypatch, LATER)
    with open_vault(home, KEYS) as db:
        assert db.table("records").all() == PEOPLE
    assert kept(home) == [BEFORE]
    require_all(home / BEFORE, RELEASED)
    assert b"Warga" not in (home / BEFORE).read_bytes()
    require_all(home / STORE_FILE, RELEASED + 1)
    with open_vault(home, KEYS):
        pass
    later(monkeypatch, ("CREATE TABLE third (x)",))
    with open_vault(home, KEYS):
        pass
    assert kept(home) == [f"{STORE_FILE}{migrations.KEPT}{RELEASED + 1}"]
    require_all(home / f"{STORE_FILE}{migrations.KEPT}{RELEASED + 1}", RELEASED + 1)


def test_an_older_program_then_refuses(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes nothing; the copy that was kept is what it can open."""
    with monkeypatch.context() as patch:
        later(patch, LATER)
        open_vault(home, KEYS).close()
    with pytest.raises(VaultNewer):
        open_vault(home, KEYS)
    (home / STORE_FILE).unlink()
    (home / BEFORE).rename(home / STORE_FILE)
    with open_vault(home, KEYS) as db:
        assert db.table("records").all() == PEOPLE


def test_a_script_that_fails_leaves_the_old_store(home: Path, monkeypatch) -> None:
    """Not half of it; the copy is there, and a mended program goes on."""
    with monkeypatch.context() as patch:
        later(patch, BROKEN)
        with pytest.raises(Exception, match="nowhere"):
            open_vault(home, KEYS)
    require_all(home / STORE_FILE, RELEASED)
    require_all(home / BEFORE, RELEASED)
    later(monkeypatch, LATER)
    open_vault(home, KEYS).close()
    require_all(home / STORE_FILE, RELEASED + 1)


class Cut(BaseException):
    """The power goes."""


MOMENTS = (
    (os, "fsync"),
    (durable, "rename_file"),
    (snapshot, "_fill"),
    (snapshot, "_require_sound"),
    (migrations, "_apply"),
    (migrations, "version"),
)


def ticking(function, tick):
    """Let a call be a moment at which the power may go."""

    def call(*args, **kwargs):
        tick()
        return function(*args, **kwargs)

    return call


def opened_or_cut(home: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> bool:
    """Open the store with the power going at the ``stop``th moment; tell whether it went."""
    left = [stop]

    def tick() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Cut

    with monkeypatch.context() as patch:
        for owner, name in MOMENTS:
            patch.setattr(owner, name, ticking(getattr(owner, name), tick))
        try:
            open_vault(home, KEYS).close()
        except Cut:
            return True
    return False


def test_a_cut_anywhere_is_repeated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every statement, flush and rename in turn: the old store or the new, then the new."""
    content = (home / STORE_FILE).read_bytes()
    later(monkeypatch, LATER)
    seen, stop, cut = set(), 0, True
    while cut:
        (home / STORE_FILE).write_bytes(content)
        for path in migrations.kept_copies(home / STORE_FILE):
            path.unlink()
        cut = opened_or_cut(home, monkeypatch, stop)
        store = open_encrypted(home / STORE_FILE, KEYS.derive(PURPOSE, RAW_KEY_BYTES))
        seen.add(migrations.version(store))
        store.close()
        open_vault(home, KEYS).close()
        require_all(home / STORE_FILE, RELEASED + 1)
        stop += 1
    assert seen == {RELEASED, RELEASED + 1}
    assert stop > len(MOMENTS)
    assert not [name for name in kept(home) if name.endswith(durable.NEW_SUFFIX)]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [(DiskFull(file="x"), UpdateNeedsRoom), (VaultIO(file="x", reason="EIO"), VaultIO)],
)
def test_no_room_for_the_copy_no_change(home: Path, monkeypatch, trouble, told) -> None:
    """The store stays as it is and says why."""
    later(monkeypatch, LATER)

    def fail(*_: object) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "_fill", fail)
        with pytest.raises(told) as caught:
            open_vault(home, KEYS)
    assert told is VaultIO or caught.value.details["megabytes"] >= 1
    assert kept(home) == []
    require_all(home / STORE_FILE, RELEASED)
    open_vault(home, KEYS).close()
    require_all(home / STORE_FILE, RELEASED + 1)


def test_of_two_programs_one_changes_the_store(home: Path, monkeypatch) -> None:
    """The other waits for it and finds it done."""
    later(monkeypatch, LATER)
    keep = migrations._keep
    calls = []

    def slow(store, done, progress) -> None:
        calls.append(done)
        keep(store, done, progress)

    monkeypatch.setattr(migrations, "_keep", slow)
    with open_vault(home, KEYS), open_vault(home, KEYS):
        assert calls == [RELEASED]
