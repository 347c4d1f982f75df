"""Small files written whole: what stands beside them, and what a failure leaves."""

import os
from pathlib import Path

import pytest

from field_client.vault import durable
from field_client.vault.errors import VaultIO


def test_nothing_beside_a_file_that_is_handed_over_is_touched(tmp_path: Path) -> None:
    """The folder was chosen by somebody; a file called like ours with `.new` is theirs."""
    theirs = tmp_path / "foto.webp.new"
    theirs.write_bytes(b"theirs")
    durable.hand_over(tmp_path / "foto.webp", b"ours")
    assert (tmp_path / "foto.webp").read_bytes() == b"ours"
    assert theirs.read_bytes() == b"theirs"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_that_is_taken_after_all_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever bears it keeps it."""
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    monkeypatch.setattr(durable, "fresh_name", lambda _: theirs)
    with pytest.raises(VaultIO):
        durable.hand_over(tmp_path / "foto.webp", b"ours")
    assert theirs.read_bytes() == b"theirs"


@pytest.mark.parametrize("write", [durable.write_file, durable.hand_over])
def test_a_failure_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write
) -> None:
    """The disk refuses before the file takes its name."""
    path = tmp_path / "berkas"
    path.write_bytes(b"old")

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(VaultIO):
        write(path, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("berkas", b"old")]
