"""Requests and answers of recovery: what they carry, and what is refused."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema import recovery
from shared_schema.canonical import digest
from shared_schema.recovery import (
    Answer,
    RecoveryAnswerInvalid,
    RecoveryFileNewer,
    RecoveryRequestForged,
    RecoveryRequestInvalid,
    Request,
)

ROOT = bytes(range(32))
DEVICE = bytes.fromhex("0102030405060708")
OFFICE = X25519PrivateKey.from_private_bytes(b"o" * 32)
SLOT = X25519PrivateKey.from_private_bytes(b"s" * 32)


def public(private: X25519PrivateKey) -> bytes:
    """Return the raw public key."""
    return private.public_key().public_bytes_raw()


def asked(device: bytes = DEVICE, operator: str = "petugas") -> Request:
    """Return a laptop's request."""
    return Request(
        device=device,
        operator=operator,
        slot=public(SLOT),
        recovery=public(OFFICE),
        sealed=recovery.seal_root(ROOT, DEVICE, public(OFFICE)),
    )


def changed(document: bytes, *, whole: bool = True, **values: object) -> bytes:
    """Return a document with other values; ``whole``: with a checksum that fits them."""
    body = {**json.loads(document), **values}
    checksum = body.pop("checksum")
    return json.dumps({**body, "checksum": digest(body).hex() if whole else checksum}).encode()


def test_a_request_is_answered_and_opens_the_new_slot() -> None:
    """The root comes back under the slot's key, through both files."""
    request = recovery.read_request(recovery.request_document(asked()))
    assert request.operator == "petugas"
    answer = recovery.read_answer(
        recovery.answer_document(recovery.answer(request, OFFICE)),
    )
    assert (answer.device, answer.slot, answer.code) == (DEVICE, public(SLOT), request.code)
    assert recovery.open_for_slot(answer.sealed, SLOT) == ROOT
    assert recovery.open_for_slot(answer.sealed, OFFICE) is None


def test_neither_file_holds_the_root() -> None:
    """What travels is no secret."""
    documents = recovery.request_document(asked())
    documents += recovery.answer_document(recovery.answer(asked(), OFFICE))
    assert ROOT.hex().encode() not in documents
    assert ROOT not in documents


def test_a_request_in_the_name_of_another_laptop_is_refused() -> None:
    """A thief who names a laptop that was not reported lost gets nothing."""
    with pytest.raises(RecoveryRequestForged):
        recovery.answer(asked(device=bytes(8)), OFFICE)


def test_another_key_opens_nothing() -> None:
    """The office's own key is needed."""
    with pytest.raises(RecoveryRequestForged):
        recovery.answer(asked(), SLOT)


def test_the_code_changes_with_whatever_was_exchanged() -> None:
    """Sixteen digits in groups of four, over the whole request."""
    codes = {asked().code, asked(operator="orang lain").code, asked(device=bytes(8)).code}
    assert len(codes) == 3
    assert [len(group) for group in asked().code.split(" ")] == [4, 4, 4, 4]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        changed(recovery.request_document(asked()), whole=False, operator="orang lain"),
        changed(recovery.request_document(asked()), operator=7),
        changed(recovery.request_document(asked()), device="01"),
        changed(recovery.request_document(asked()), slot="00" * 32),
        changed(recovery.request_document(asked()), sealed="00"),
        recovery.request_document(asked())[:-20],
        recovery.answer_document(recovery.answer(asked(), OFFICE)),
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    """Half a copy, another checksum, a key that nothing can be sealed to, an answer."""
    with pytest.raises(RecoveryRequestInvalid):
        recovery.read_request(data)


@pytest.mark.parametrize("data", [b"", b"7", recovery.request_document(asked())])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    """A request given for an answer is named as well."""
    with pytest.raises(RecoveryAnswerInvalid):
        recovery.read_answer(data)


def test_a_newer_file_is_named() -> None:
    """A later program's file is not guessed at."""
    with pytest.raises(RecoveryFileNewer):
        recovery.read_request(changed(recovery.request_document(asked()), version=2))


def test_secrets_do_not_show() -> None:
    """What is printed of an answer leaves the sealed root out."""
    given = Answer(device=DEVICE, slot=public(SLOT), code="", sealed=ROOT)
    assert "sealed" not in repr(given)
    assert "sealed" not in repr(asked())
