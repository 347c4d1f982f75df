"""A forgotten passphrase: the waiting slot, what the office is given, and the answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.vault import keys
from field_client.vault.errors import (
    OperatorUnknown,
    PassphraseWeak,
    PassphraseWrong,
    RecoveryNotAsked,
    RecoveryOutdated,
    RecoveryUnavailable,
)
from field_client.vault.keys import ADMINISTRATOR, VaultKeys
from shared_schema import recovery

OLD, NEW = "sandi yang terlupa", "sandi yang baru"
OFFICE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = OFFICE.public_key().public_bytes_raw()
NAME = "Petugas Satu"


@pytest.fixture
def made(tmp_path: Path) -> VaultKeys:
    """Make slots with the recovery key set."""
    made = keys.create_slots(tmp_path, NAME, OLD, calibrate=False)
    keys.set_recovery(tmp_path, made, PUBLIC)
    return made


def same_but_for_the_slot(found: VaultKeys, made: VaultKeys) -> bool:
    """Tell whether the same store is opened by a slot with a key pair of its own."""
    return found.public != made.public and replace(found, public=made.public) == made


def test_forgotten_passphrase_is_replaced(tmp_path: Path, made: VaultKeys):
    """The office's answer and the new passphrase open the same keys; the old one is wrong."""
    request = keys.begin_recovery(tmp_path, NAME, NEW, calibrate=False)
    assert (request.device, request.recovery) == (made.device, PUBLIC)
    assert keys.unlock(tmp_path, NAME, OLD) == made
    answer = recovery.answer(request, OFFICE)
    with pytest.raises(PassphraseWrong):
        keys.finish_recovery(tmp_path, NAME, OLD, answer.sealed)
    found = keys.finish_recovery(tmp_path, NAME, NEW, answer.sealed)
    assert same_but_for_the_slot(found, made)
    assert found.role == ADMINISTRATOR
    with pytest.raises(PassphraseWrong):
        keys.unlock(tmp_path, NAME, OLD)
    assert keys.list_operators(tmp_path) == [NAME]
    with pytest.raises(RecoveryNotAsked):
        keys.finish_recovery(tmp_path, NAME, NEW, answer.sealed)


def test_setting_the_same_recovery_key_writes_nothing(tmp_path: Path, made: VaultKeys):
    """It is set at each exchange; only another key changes the file."""
    before = (tmp_path / keys.SLOT_FILE).read_bytes()
    keys.set_recovery(tmp_path, made, PUBLIC)
    assert (tmp_path / keys.SLOT_FILE).read_bytes() == before
    keys.set_recovery(tmp_path, made, X25519PrivateKey.generate().public_key().public_bytes_raw())
    assert (tmp_path / keys.SLOT_FILE).read_bytes() != before


def test_answer_to_an_earlier_request_fits_no_more(tmp_path: Path, made: VaultKeys):
    """Asked again, the first answer is outdated and changes nothing; the second is taken."""
    first = recovery.answer(keys.begin_recovery(tmp_path, NAME, NEW, calibrate=False), OFFICE)
    second = recovery.answer(keys.begin_recovery(tmp_path, NAME, NEW, calibrate=False), OFFICE)
    before = (tmp_path / keys.SLOT_FILE).read_bytes()
    with pytest.raises(RecoveryOutdated):
        keys.finish_recovery(tmp_path, NAME, NEW, first.sealed)
    assert (tmp_path / keys.SLOT_FILE).read_bytes() == before
    found = keys.finish_recovery(tmp_path, NAME, NEW, second.sealed)
    assert same_but_for_the_slot(found, made)


def test_removal_meanwhile_outdates_the_answer(tmp_path: Path, made: VaultKeys):
    """The root was replaced: a new request is needed, and carries the new root."""
    keys.add_operator(tmp_path, made, "Petugas Dua", OLD, calibrate=False)
    asked = keys.begin_recovery(tmp_path, NAME, NEW, calibrate=False)
    rotated = keys.remove_operator(tmp_path, made, "Petugas Dua")
    with pytest.raises(RecoveryOutdated):
        keys.finish_recovery(tmp_path, NAME, NEW, recovery.answer(asked, OFFICE).sealed)
    again = recovery.answer(keys.begin_recovery(tmp_path, NAME, NEW, calibrate=False), OFFICE)
    found = keys.finish_recovery(tmp_path, NAME, NEW, again.sealed)
    assert same_but_for_the_slot(found, rotated)


def test_removed_operator_is_not_recovered(tmp_path: Path, made: VaultKeys):
    """Their waiting slot goes with the other."""
    keys.add_operator(tmp_path, made, "Petugas Dua", OLD, calibrate=False)
    asked = keys.begin_recovery(tmp_path, "Petugas Dua", NEW, calibrate=False)
    keys.remove_operator(tmp_path, made, "Petugas Dua")
    sealed = recovery.answer(asked, OFFICE).sealed
    with pytest.raises(RecoveryNotAsked):
        keys.finish_recovery(tmp_path, "Petugas Dua", NEW, sealed)


def test_request_that_cannot_be_answered_is_not_written(tmp_path: Path):
    """Without the regency's key, for nobody, or with a weak passphrase, nothing is begun."""
    made = keys.create_slots(tmp_path, NAME, OLD, calibrate=False)
    with pytest.raises(RecoveryUnavailable):
        keys.begin_recovery(tmp_path, NAME, NEW, calibrate=False)
    keys.set_recovery(tmp_path, made, PUBLIC)
    with pytest.raises(OperatorUnknown):
        keys.begin_recovery(tmp_path, "Petugas Dua", NEW, calibrate=False)
    with pytest.raises(PassphraseWeak):
        keys.begin_recovery(tmp_path, NAME, "kecil", calibrate=False)
