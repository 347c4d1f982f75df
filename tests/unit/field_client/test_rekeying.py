"""A laptop after an operator was removed: the same device, the same branch, no needless warning."""

import shutil
from pathlib import Path

import pytest

from field_client.errors import VaultCopied
from field_client.vault import keys
from field_client.vault.errors import DiskFull, VaultBusy
from field_client.vault.store import VaultDB
from tests.support.laptop import laptop, register, reopen
from tests.support.memory_server import MemoryServer

OTHER = "sandi petugas kedua"


@pytest.fixture
def server() -> MemoryServer:
    """Make an office."""
    return MemoryServer()


def _removed(home: Path, server: MemoryServer):
    """Register somebody on a laptop, remove its second operator; return who it is and the keys."""
    with laptop(home, server.code()) as app:
        register(app, ["Warga Satu"])
        keys.add_operator(home, app.keys, "kedua", OTHER, calibrate=False)
        renewed = keys.remove_operator(home, app.keys, "kedua")
        return app.device_keys.device, app.journal.branches.current(), renewed


def test_it_stays_the_same_device_and_branch(tmp_path: Path, server: MemoryServer):
    """The identity is not the root's, and the new file is not taken for a copy."""
    device, branch, renewed = _removed(tmp_path / "a", server)
    with reopen(tmp_path / "a", renewed) as app:
        assert app.keys.previous == ()
        assert app.warnings == []
        assert (app.device_keys.device, app.journal.branches.current()) == (device, branch)
    with reopen(tmp_path / "a") as app:
        assert app.warnings == []


def test_copy_is_noticed_although_it_is_encrypted_anew(tmp_path: Path, server: MemoryServer):
    """The new file must not hide that this store is a copy."""
    _, branch, renewed = _removed(tmp_path / "a", server)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    with reopen(tmp_path / "b", renewed) as app:
        assert app.keys.previous == ()
        assert [type(warning) for warning in app.warnings] == [VaultCopied]
        assert app.journal.branches.current() != branch


@pytest.mark.parametrize("trouble", [DiskFull(file="x"), VaultBusy(file="x")])
def test_trouble_is_told_and_hinders_nobody(
    tmp_path: Path, server: MemoryServer, monkeypatch, trouble
):
    """The store opens under the root it has; the next opening tries again."""
    *_, renewed = _removed(tmp_path / "a", server)

    def failing(*_args, **_options):
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(VaultDB, "copy", failing)
        with reopen(tmp_path / "a", renewed) as app:
            assert app.warnings == [trouble]
            register(app, ["Warga Dua"])
    with reopen(tmp_path / "a") as app:
        assert (app.keys.previous, app.warnings) == ((), [])
        assert len(app.tables.records) == 2


def test_second_program_opens_the_store_meanwhile(tmp_path: Path, server: MemoryServer):
    """While one program stays open another opens too, under the root before, untold."""
    with laptop(tmp_path / "a", server.code()) as first:
        keys.add_operator(first.home, first.keys, "kedua", OTHER, calibrate=False)
        renewed = keys.remove_operator(first.home, first.keys, "kedua")
        with reopen(tmp_path / "a", renewed) as second:
            assert (second.keys, second.warnings) == (renewed, [])
            register(second, ["Warga Dua"])
        assert len(first.tables.records) == 1
    with reopen(tmp_path / "a", renewed) as app:
        assert app.keys.previous == ()
