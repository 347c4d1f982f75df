"""The golden vectors: this program reads the frozen bytes and refuses each bad one by its name."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema.attachments import name_of, open_file, open_with
from shared_schema.changes import Change, change_digest, change_from_json, change_to_json
from shared_schema.custody import Head, judge
from shared_schema.envelope import key_id, open_batch, parse, verify
from shared_schema.errors import CustodyError, JemputError
from shared_schema.fold import fold, state_to_json
from shared_schema.recovery import Answer, answer, open_for_slot, read_answer, read_request
from shared_schema.resources import read_package_bytes
from shared_schema.wire import decode_payload
from shared_schema.wire.compression import DICTIONARY, DICTIONARY_SHA256, decompress
from shared_schema.wire.typed_columns import layout
from tests.vectors import make

FOLDER = Path(make.__file__).parent
ENVELOPE, CUSTODY, FOLD, ATTACHMENT, RECOVERY, PAYLOAD = (
    json.loads((FOLDER / f"{name}-v1.json").read_text(encoding="utf-8"))
    for name in ("envelope", "custody", "fold", "attachment", "recovery", "payload")
)


def accept(data: bytes) -> list[Change]:
    """Do what the server does with a batch, in its order."""
    keys = ENVELOPE["keys"]
    signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys["signing_private"]))
    office = X25519PrivateKey.from_private_bytes(bytes.fromhex(keys["sealing_private"]))
    batch = parse(data)
    verify(batch, signer.public_key())
    payload = open_batch(batch, {key_id(office.public_key()): office})
    header = batch.header
    return decode_payload(header.codec, payload, header.stream, header.first, header.count)


def test_the_frozen_batch_opens_to_its_changes():
    """Ids, digests and the hash are what any other client must compute."""
    good = ENVELOPE["good"]
    changes = accept(bytes.fromhex(good["batch"]))
    assert [change_to_json(change) for change in changes] == good["changes"]
    assert [change_digest(change).hex() for change in changes] == good["digests"]
    assert [str(change.id) for change in changes] == good["change_ids"]
    assert str(changes[0].record) == good["record_id"]
    assert parse(bytes.fromhex(good["batch"])).hash.hex() == good["hash"]


@pytest.mark.parametrize("name", sorted(ENVELOPE["rejections"]))
def test_each_bad_batch_is_refused_by_name(name):
    """Every way to be wrong has its code."""
    case = ENVELOPE["rejections"][name]
    with pytest.raises(CustodyError) as caught:
        accept(bytes.fromhex(case["batch"]))
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("name", sorted(PAYLOAD["good"]))
def test_each_frozen_payload_of_codec_2_opens_to_its_changes(name):
    """The plain form is fixed byte by byte; what Zstandard makes of it may be packed otherwise."""
    case = PAYLOAD["good"][name]
    changes = [change_from_json(one) for one in case["changes"]]
    payload = bytes.fromhex(case["payload"])
    first, count = changes[0].sequence, len(changes)
    assert decode_payload(2, payload, make.STREAM, first, count) == changes
    assert b"".join(layout(changes)).hex() == decompress(payload).hex() == case["plain"]


@pytest.mark.parametrize("name", sorted(PAYLOAD["rejections"]))
def test_each_bad_payload_of_codec_2_is_refused_by_name(name):
    """The batch that holds it is kept, and held."""
    case = PAYLOAD["rejections"][name]
    with pytest.raises(CustodyError) as caught:
        decode_payload(2, bytes.fromhex(case["payload"]), make.STREAM, 1, 1)
    assert caught.value.code == case["code"]


def test_the_dictionary_of_codec_2_is_the_one_of_the_vectors():
    """Another dictionary would be another codec."""
    assert PAYLOAD["dictionary"] == {"file": DICTIONARY, "sha256": DICTIONARY_SHA256}
    data = read_package_bytes("shared_schema.wire", DICTIONARY)
    assert hashlib.sha256(data).hexdigest() == DICTIONARY_SHA256


def test_the_frozen_file_opens_for_its_reader_and_its_sealer():
    """By the office's key, or by the content key; its name is the hash of all its bytes."""
    good, keys = ATTACHMENT["good"], ATTACHMENT["keys"]
    sealed = bytes.fromhex(good["sealed"])
    office = X25519PrivateKey.from_private_bytes(bytes.fromhex(keys["sealing_private"]))
    content = bytes.fromhex(good["content"])
    assert open_file(sealed, {key_id(office.public_key()): office}) == content
    assert open_with(sealed, bytes.fromhex(keys["content_key"])) == content
    assert hashlib.sha256(content).hexdigest() == good["sha256"]
    assert name_of(sealed) == good["name"]


@pytest.mark.parametrize("name", sorted(ATTACHMENT["rejections"]))
def test_each_bad_file_is_refused_by_name(name):
    """Also what only another recipient's part would show."""
    case = ATTACHMENT["rejections"][name]
    office = X25519PrivateKey.from_private_bytes(
        bytes.fromhex(ATTACHMENT["keys"]["sealing_private"])
    )
    with pytest.raises(CustodyError) as caught:
        open_file(bytes.fromhex(case["sealed"]), {key_id(office.public_key()): office})
    assert caught.value.code == case["code"]


def recovered(request: bytes) -> Answer:
    """Do what the office does with a request, in its order."""
    office = bytes.fromhex(RECOVERY["keys"]["recovery_private"])
    return answer(read_request(request), X25519PrivateKey.from_private_bytes(office))


def test_the_frozen_request_is_answered_and_the_frozen_answer_opens():
    """The code, the sealed root and the slot are what any other program must make of them."""
    slot = X25519PrivateKey.from_private_bytes(bytes.fromhex(RECOVERY["keys"]["slot_private"]))
    request = RECOVERY["request"].encode()
    assert read_request(request).code == RECOVERY["code"]
    for given in (recovered(request), read_answer(RECOVERY["answer"].encode())):
        assert (given.slot, given.code) == (read_request(request).slot, RECOVERY["code"])
        opened = open_for_slot(given.sealed, slot)
        assert opened is not None
        assert opened.hex() == RECOVERY["root"]


@pytest.mark.parametrize("name", sorted(RECOVERY["rejections"]))
def test_each_bad_request_is_refused_by_name(name):
    """Half a copy, and a request in the name of another device."""
    case = RECOVERY["rejections"][name]
    with pytest.raises(JemputError) as caught:
        recovered(case["request"].encode())
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("name", sorted(CUSTODY["arrivals"]))
def test_each_arrival_is_judged_as_written(name):
    """Next, repeat, gap and three kinds of fork."""
    held = [parse(bytes.fromhex(data)) for data in CUSTODY["chain"]]
    head = Head(sequence=held[-1].header.last, hash=held[-1].hash)
    case = CUSTODY["arrivals"][name]
    arrived = parse(bytes.fromhex(case["batch"]))
    known = {batch.header.first: batch.hash for batch in held}
    assert judge(head, known, arrived).value == case["judgement"]
    assert name.startswith(case["judgement"]) or name == "resealed"


@pytest.mark.parametrize("name", sorted(FOLD))
def test_each_history_folds_to_its_state(name):
    """State, shown values and conflicts."""
    case = FOLD[name]
    state = fold([change_from_json(data) for data in case["changes"]])
    assert state_to_json(state) == case["state"]
    assert state.values() == case["values"]
    assert list(state.conflicts()) == case["conflicts"]


def test_what_is_not_random_is_made_again_alike():
    """Headers, folds and judgements do not depend on the day the vectors were written."""
    again = make.envelopes()
    frozen = bytes.fromhex(ENVELOPE["good"]["batch"])
    assert bytes.fromhex(again["good"]["batch"])[:44] == frozen[:44]
    assert again["good"]["digests"] == ENVELOPE["good"]["digests"]
    assert {name: case["code"] for name, case in again["rejections"].items()} == {
        name: case["code"] for name, case in ENVELOPE["rejections"].items()
    }
    assert make.folds() == FOLD
    assert {name: case["judgement"] for name, case in make.chain()["arrivals"].items()} == {
        name: case["judgement"] for name, case in CUSTODY["arrivals"].items()
    }
