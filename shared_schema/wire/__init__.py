"""Payload codecs by number: how the changes of one batch become bytes and come back.

A batch's header names the codec, so that old batches stay readable when a better codec comes.
A number that is not known here is held by the receiver, never guessed at; so a sender takes the
best codec of which it knows that the receiver reads it, and otherwise the first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared_schema.changes import Change
from shared_schema.errors import CustodyError
from shared_schema.ids import Stream
from shared_schema.wire import json_columns, typed_columns

DEFAULT_CODEC = json_columns.NUMBER


class CodecUnknown(CustodyError):
    """Codec {codec} is not known here. The batch was kept; update the program to read it."""

    code = "CODEC_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Codec:
    """A pair of pure functions: changes of one stream, numbered without gaps, to bytes and back."""

    encode: Callable[[Sequence[Change]], bytes]
    decode: Callable[[bytes, Stream, int, int], list[Change]]


CODECS: Mapping[int, Codec] = {
    json_columns.NUMBER: Codec(json_columns.encode, json_columns.decode),
    typed_columns.NUMBER: Codec(typed_columns.encode, typed_columns.decode),
}


def best_codec(announced: Iterable[int]) -> int:
    """Return the highest codec that we write and the receiver has announced.

    DEFAULT_CODEC, which every receiver reads, where nothing or nothing known was announced.
    """
    return max(CODECS.keys() & set(announced), default=DEFAULT_CODEC)


def encode_payload(codec: int, changes: Sequence[Change]) -> bytes:
    """Return the payload of a batch of ``changes``. Raises CodecUnknown."""
    return _codec(codec).encode(changes)


def decode_payload(
    codec: int, payload: bytes, stream: Stream, first: int, count: int
) -> list[Change]:
    """Return the ``count`` changes of a payload, the first numbered ``first``.

    Raises CodecUnknown, PayloadInvalid.
    """
    return _codec(codec).decode(payload, stream, first, count)


def _codec(number: int) -> Codec:
    if number not in CODECS:
        raise CodecUnknown(codec=number)
    return CODECS[number]
