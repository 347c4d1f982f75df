"""The secret file: whole, private, never replaced by a half-written one."""

import os
from pathlib import Path

import pytest

from sync_server import keys


def test_saved_keys_are_the_same_keys(tmp_path: Path) -> None:
    """The file gives back both keys, and so the same server."""
    made = keys.generate()
    keys.save(made, tmp_path / "home" / "secret.json")
    loaded = keys.load(tmp_path / "home" / "secret.json")
    assert loaded.server == made.server
    assert loaded.sealing_public == made.sealing_public
    assert loaded.openers().keys() == made.openers().keys()


@pytest.mark.skipif(os.name == "nt", reason="cannot run here: no file modes")
def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    """Mode 0600, from the moment it is made, and no part is left behind."""
    keys.save(keys.generate(), tmp_path / "secret.json")
    assert (tmp_path / "secret.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.json"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The user is told which file to restore."""
    with pytest.raises(keys.SecretFileMissing, match=r"secret\.json"):
        keys.load(tmp_path / "secret.json")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"signing":"00","sealing":"00"}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    """Half a file never becomes other keys."""
    (tmp_path / "secret.json").write_bytes(content)
    with pytest.raises(keys.SecretFileDamaged):
        keys.load(tmp_path / "secret.json")


def test_no_key_is_shown() -> None:
    """What is logged or printed by mistake tells nothing."""
    made = keys.generate()
    assert made.signing.private_bytes_raw().hex() not in repr(made)
    assert "signing" not in repr(made)


def test_a_failed_write_keeps_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves what was there, and no part."""
    path = tmp_path / "answer"
    keys.write_durably(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        keys.write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["answer"]
