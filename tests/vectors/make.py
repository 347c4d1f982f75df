"""Write golden vectors anew: ``python -m tests.vectors.make NAME..``, for a new version only.

Sealing is randomised (HPKE draws an ephemeral key), so a new run gives other envelopes; the
tests check those that are frozen in the files.
"""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema.attachments import name_of, seal_file
from shared_schema.changes import Change, Stamp, Write, change_digest, change_to_json
from shared_schema.clock import Evidence
from shared_schema.custody import Head, judge
from shared_schema.envelope import GENESIS, SIGNATURE_BYTES, Header, key_id, parse, seal
from shared_schema.fold import fold, state_to_json
from shared_schema.ids import Stream, device_id, record_id
from shared_schema.recovery import (
    Request,
    answer,
    answer_document,
    request_document,
    seal_root,
)
from shared_schema.wire import encode_payload
from shared_schema.wire.compression import DICTIONARY, DICTIONARY_SHA256, compress
from shared_schema.wire.typed_columns import layout
from tests.support.field_days import FieldDay
from tests.vectors.exchanges import exchange

FOLDER = Path(__file__).parent
SIGNING_KEY = bytes(range(32))
SEALING_KEY = bytes(range(32, 64))
OTHER_KEY = bytes(range(64, 96))
CONTENT_KEY = bytes(range(96, 128))
SIGNER = Ed25519PrivateKey.from_private_bytes(SIGNING_KEY)
OFFICE = X25519PrivateKey.from_private_bytes(SEALING_KEY)
STREAM = Stream(device_id(SIGNER.public_key().public_bytes_raw()), bytes.fromhex("0a0b0c0d"))
SISTER = Stream(STREAM.device, bytes.fromhex("0a0b0c0e"))


def change(sequence: int, hlc: int, stream: Stream = STREAM, **fields: Write) -> Change:
    """Return a change of the one synthetic person of the vectors."""
    return Change(
        stream=stream,
        sequence=sequence,
        record=record_id(STREAM, 1),
        type="person",
        version=1,
        hlc=hlc << 16,
        operator="Operator 1",
        writes=fields,
        evidence=Evidence(wall_ms=hlc, monotonic_ms=7),
    )


def batch(first: int, previous: bytes, changes: list[Change]) -> bytes:
    """Return ``changes`` sealed to the office of the vectors."""
    header = Header(
        stream=STREAM,
        first=first,
        count=len(changes),
        previous=previous,
        codec=1,
        recipients=(key_id(OFFICE.public_key()),),
    )
    return seal(header, encode_payload(1, changes), [OFFICE.public_key()], CONTENT_KEY, SIGNER)


def envelopes() -> dict[str, Any]:
    """Return one good batch, and one batch for each way to be refused."""
    changes = [
        change(1, 1_700_000_000_000, name=Write(value="Warga Contoh 1"), sex=Write(value="P")),
        change(
            2,
            1_700_000_060_000,
            name=Write(
                value="Warga Contoh Satu", replaces=(Stamp(1_700_000_000_000 << 16, STREAM),)
            ),
        ),
    ]
    good = batch(1, GENESIS, changes)
    signed = good[:-SIGNATURE_BYTES]
    stranger = Ed25519PrivateKey.from_private_bytes(OTHER_KEY)
    rejections = {
        "empty": (b"", "BATCH_MALFORMED"),
        "version_unknown": (b"\x02" + good[1:], "BATCH_VERSION_UNKNOWN"),
        "header_truncated": (good[:30], "BATCH_MALFORMED"),
        "count_zero": (good[:17] + b"\x00" + good[18:], "BATCH_MALFORMED"),
        "count_over_limit": (good[:17] + b"\xc9" + good[18:], "BATCH_MALFORMED"),
        "sequence_zero": (good[:13] + bytes(4) + good[17:], "BATCH_MALFORMED"),
        "no_recipient": (good[:35] + b"\x00" + good[36:], "BATCH_MALFORMED"),
        "wrapped_key_truncated": (good[:100], "BATCH_MALFORMED"),
        "header_altered": (good[:13] + b"\x00\x00\x00\x02" + good[17:], "BATCH_FORGED"),
        "ciphertext_altered": (good[:-70] + bytes([good[-70] ^ 1]) + good[-69:], "BATCH_FORGED"),
        "ciphertext_truncated": (good[:-80] + good[-64:], "BATCH_FORGED"),
        "signature_altered": (good[:-1] + bytes([good[-1] ^ 1]), "BATCH_FORGED"),
        "signed_by_stranger": (
            signed + stranger.sign(b"jemput batch v1" + signed),
            "BATCH_FORGED",
        ),
        "signed_under_another_label": (
            signed + SIGNER.sign(b"jemput hello v1" + signed),
            "BATCH_FORGED",
        ),
        "wrapped_key_altered": (_resigned(signed, 60), "BATCH_UNREADABLE"),
        "tag_altered": (_resigned(signed, len(signed) - 1), "BATCH_UNREADABLE"),
        "recipient_unknown": (_resigned(signed, 36), "BATCH_UNREADABLE"),
    }
    return {
        "keys": {
            "signing_private": SIGNING_KEY.hex(),
            "sealing_private": SEALING_KEY.hex(),
            "content_key": CONTENT_KEY.hex(),
        },
        "good": {
            "batch": good.hex(),
            "hash": parse(good).hash.hex(),
            "changes": [change_to_json(one) for one in changes],
            "digests": [change_digest(one).hex() for one in changes],
            "record_id": str(changes[0].record),
            "change_ids": [str(one.id) for one in changes],
        },
        "rejections": {
            name: {"batch": data.hex(), "code": code} for name, (data, code) in rejections.items()
        },
    }


def chain() -> dict[str, Any]:
    """Return batches, and how each stands to a chain that holds the first two."""
    one = batch(1, GENESIS, [change(1, 1, name=Write(value="a"))])
    two = batch(2, parse(one).hash, [change(2, 2, name=Write(value="b"))])
    three = batch(3, parse(two).hash, [change(3, 3, name=Write(value="c"))])
    arrivals = {
        "next": three,
        "repeat_first": one,
        "repeat_last": two,
        "gap": batch(4, parse(three).hash, [change(4, 4, name=Write(value="d"))]),
        "fork_same_number": batch(2, parse(one).hash, [change(2, 2, name=Write(value="x"))]),
        "fork_cut_otherwise": batch(1, GENESIS, [change(1, 1), change(2, 2)]),
        "fork_previous_unknown": batch(3, bytes(16), [change(3, 3, name=Write(value="c"))]),
        "resealed": batch(2, parse(one).hash, [change(2, 2, name=Write(value="b"))]),
    }
    head = Head(sequence=2, hash=parse(two).hash)
    known = {1: parse(one).hash, 2: parse(two).hash}
    return {
        "chain": [one.hex(), two.hex()],
        "arrivals": {
            name: {"batch": data.hex(), "judgement": judge(head, known, parse(data)).value}
            for name, data in arrivals.items()
        },
    }


def folds() -> dict[str, Any]:
    """Return histories of one record and the state each folds to."""
    begin = change(1, 1, name=Write(value="a"), note=Write(value="n"))
    edit = change(2, 2, name=Write(value="b", replaces=(begin.stamp,)))
    other = change(1, 3, SISTER, name=Write(value="c", replaces=(begin.stamp,)))
    choice = change(3, 4, name=Write(value="b", replaces=(edit.stamp, other.stamp)))
    twin = change(1, 1, name=Write(value="z"))
    void = change(3, 5, _void=Write(value={"reason": "x"}))
    cases = {
        "one_change": [begin],
        "an_edit_replaces": [begin, edit],
        "an_edit_that_arrives_first": [edit, begin],
        "two_heads_conflict": [begin, edit, other],
        "a_choice_closes": [begin, edit, other, choice],
        "equal_stamps_break_on_bytes": [begin, twin],
        "a_void_record_keeps_its_values": [begin, void],
    }
    return {
        name: {
            "changes": [change_to_json(one) for one in changes],
            "state": state_to_json(fold(changes)),
            "values": fold(changes).values(),
            "conflicts": list(fold(changes).conflicts()),
        }
        for name, changes in cases.items()
    }


def _resigned(signed: bytes, at: int) -> bytes:
    """Flip a bit that only decryption notices: the device itself signed the altered bytes."""
    altered = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
    return altered + SIGNER.sign(b"jemput batch v1" + altered)


def attachments() -> dict[str, Any]:
    """Return one sealed file for two readers, and one file for each way to be refused."""
    content, head, second = b"not really a photo, but the format does not look inside", 18, 98
    readers = [X25519PrivateKey.from_private_bytes(OTHER_KEY).public_key(), OFFICE.public_key()]
    good = seal_file(content, readers, CONTENT_KEY)
    rejections = {
        "empty": (b"", "ATTACHMENT_MALFORMED"),
        "version_only": (good[:1], "ATTACHMENT_MALFORMED"),
        "version_unknown": (b"\x02" + good[1:], "ATTACHMENT_VERSION_UNKNOWN"),
        "no_recipient": (good[:1] + b"\x00" + good[2:], "ATTACHMENT_MALFORMED"),
        "header_truncated": (good[:10], "ATTACHMENT_MALFORMED"),
        "wrapped_key_truncated": (good[:second], "ATTACHMENT_MALFORMED"),
        "tag_truncated": (good[: head + 160 + 15], "ATTACHMENT_MALFORMED"),
        "recipient_unknown": (_flipped(good, head - 1), "ATTACHMENT_UNREADABLE"),
        "other_recipient_altered": (_flipped(good, 2), "ATTACHMENT_UNREADABLE"),
        "own_wrapped_key_altered": (_flipped(good, second), "ATTACHMENT_UNREADABLE"),
        "other_wrapped_key_altered": (_flipped(good, head), "ATTACHMENT_UNREADABLE"),
        "content_altered": (_flipped(good, head + 160), "ATTACHMENT_UNREADABLE"),
        "tag_altered": (_flipped(good, len(good) - 1), "ATTACHMENT_UNREADABLE"),
        "end_truncated": (good[:-1], "ATTACHMENT_UNREADABLE"),
        "end_extended": (good + b"\x00", "ATTACHMENT_UNREADABLE"),
    }
    return {
        "keys": {"sealing_private": SEALING_KEY.hex(), "content_key": CONTENT_KEY.hex()},
        "good": {
            "sealed": good.hex(),
            "name": name_of(good),
            "content": content.hex(),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        "rejections": {
            name: {"sealed": data.hex(), "code": code} for name, (data, code) in rejections.items()
        },
    }


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def recoveries() -> dict[str, Any]:
    """Return a request and its answer, and one document for each way to be refused."""
    slot = X25519PrivateKey.from_private_bytes(OTHER_KEY)
    recovery, root = OFFICE.public_key().public_bytes_raw(), CONTENT_KEY
    asked = Request(
        device=STREAM.device,
        operator="Operator 1",
        slot=slot.public_key().public_bytes_raw(),
        recovery=recovery,
        sealed=seal_root(root, STREAM.device, recovery),
    )
    good, reply = request_document(asked), answer_document(answer(asked, OFFICE))
    masked = replace(asked, device=bytes(8))
    requests = {
        "empty": (b"", "RECOVERY_REQUEST_INVALID"),
        "truncated": (good[:-20], "RECOVERY_REQUEST_INVALID"),
        "altered": (good.replace(b"Operator 1", b"Operator 2"), "RECOVERY_REQUEST_INVALID"),
        "an_answer": (reply, "RECOVERY_REQUEST_INVALID"),
        "slot_of_low_order": (
            request_document(replace(asked, slot=bytes(32))),
            "RECOVERY_REQUEST_INVALID",
        ),
        "another_device": (request_document(masked), "RECOVERY_REQUEST_FORGED"),
        "sealed_altered": (
            request_document(replace(asked, sealed=_flipped(asked.sealed, 40))),
            "RECOVERY_REQUEST_FORGED",
        ),
    }
    return {
        "keys": {"recovery_private": SEALING_KEY.hex(), "slot_private": OTHER_KEY.hex()},
        "root": root.hex(),
        "request": good.decode(),
        "code": asked.code,
        "answer": reply.decode(),
        "rejections": {
            name: {"request": data.decode(), "code": code}
            for name, (data, code) in requests.items()
        },
    }


def payloads() -> dict[str, Any]:
    """Return batches as codec 2 packs them, plain and packed, and one payload for each refusal."""
    rich = FieldDay(stream=STREAM, seed=1)
    family = {"village": "53.15.05.2001", "kk_number": "5315050101080001", "rt": "003"}
    born = {"birth_date": "1970-02-01", "birth_date_precision": "day"}
    mother = rich.begin(
        {**family, **born, "name": "Warga Contoh 1", "sex": "P", "nik": "5315054102700001"}
    )
    child = rich.begin({**family, "name": "Warga Contoh 2", "sex": "L", "birth_date": "1999-12-31"})
    visit = rich.begin(
        {"person": str(mother.record), "outcome": "recorded", "lat": -8.524132, "lon": 119.8833},
        "visit",
    )
    odd = rich.change(
        record_id(SISTER, 7), "person", {"name": "baris 1\nbaris 2", "_void": None, "sex": None}
    )
    edit = rich.edit(mother, {"name": "Warga Contoh Satu", "unknown": [1, {"a": 0.5}]})
    cases = {
        "one_registration": [mother],
        "types_together": [mother, child, visit],
        "odd_values_another_stream_and_an_edit": [mother, child, visit, odd, edit],
    }
    numbers, text = layout([mother])
    plain = numbers + text
    rejections = {
        "empty": b"",
        "not_zstd": b"not zstd",
        "without_the_dictionary_ending": encode_payload(2, [mother])[:-9],
        "numbers_truncated": compress(plain[:20], b""),
        "text_without_its_end": compress(plain[:-1], b""),
        "a_line_too_many": compress(plain, b"x\n"),
        "size_beyond_the_end": compress(b"\xff\x7f" + plain[2:], b""),
        "two_changes_instead_of_one": encode_payload(2, [mother, child]),
    }
    return {
        "dictionary": {"file": DICTIONARY, "sha256": DICTIONARY_SHA256},
        "good": {
            name: {
                "plain": b"".join(layout(changes)).hex(),
                "payload": encode_payload(2, changes).hex(),
                "changes": [change_to_json(one) for one in changes],
            }
            for name, changes in cases.items()
        },
        "rejections": {
            name: {"payload": data.hex(), "code": "PAYLOAD_INVALID"}
            for name, data in rejections.items()
        },
    }


FILES = {
    "payload": payloads,
    "envelope": envelopes,
    "custody": chain,
    "fold": folds,
    "attachment": attachments,
    "recovery": recoveries,
    "exchange": exchange,
}


def main() -> None:
    """Write the files that are named."""
    for name in sys.argv[1:]:
        text = json.dumps(FILES[name](), indent=1, sort_keys=True) + "\n"
        (FOLDER / f"{name}-v1.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
