"""Codec 1: lossless, and wary of what a stranger writes."""

from contextlib import suppress
from dataclasses import replace

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.canonical import encode
from shared_schema.clock import HLC_LIMIT
from shared_schema.wire import CodecUnknown, decode_payload, encode_payload
from shared_schema.wire.json_columns import PAYLOAD_LIMIT_BYTES, PayloadInvalid
from tests.support.strategies import STREAMS, histories

WHOLE = {
    "shapes": [["person", 1, ["name"]]],
    "shape": [0],
    "values": [[["A"]]],
    "replaces": [],
    "record": [1],
    "operator": ["Operator 1"],
    "hlc": ["1"],
    "evidence": {"wall_ms": [0]},
}


def packed(value: object) -> bytes:
    """Compress arbitrary JSON as a hostile device would."""
    return zstandard.ZstdCompressor().compress(encode(value))  # type: ignore[arg-type]


@given(histories().filter(bool))
def test_changes_come_back_equal(history):
    """Every field, value, stamp and time."""
    payload = encode_payload(1, history)
    assert decode_payload(1, payload, STREAMS[0], 1, len(history)) == history


@given(histories().filter(bool), st.data())
def test_a_clock_may_leap_as_far_as_it_likes(history, data):
    """A laptop's clock is years off until somebody sets it; the batch in between still travels."""
    readings = st.integers(0, HLC_LIMIT - 1)
    leaping = [replace(change, hlc=data.draw(readings)) for change in history]
    payload = encode_payload(1, leaping)
    assert decode_payload(1, payload, STREAMS[0], 1, len(leaping)) == leaping


@given(histories().filter(bool), st.integers(0, 20))
def test_the_count_of_the_header_must_hold(history, count):
    """A payload with fewer or more changes than the header says is not used."""
    if count != len(history):
        with pytest.raises(PayloadInvalid):
            decode_payload(1, encode_payload(1, history), STREAMS[0], 1, count)


@given(st.binary(max_size=60), st.integers(1, 3))
def test_garbage_is_a_named_error(data, count):
    """Whatever the bytes, only PayloadInvalid comes out."""
    with pytest.raises(PayloadInvalid):
        decode_payload(1, data, STREAMS[0], 1, count)


@given(histories().filter(bool), st.data())
def test_a_mutilated_payload_is_a_named_error_or_other_changes(history, data):
    """Types and shapes exchanged at random never escape as another exception."""
    plain = zstandard.ZstdDecompressor().decompress(encode_payload(1, history))
    at = data.draw(st.integers(0, len(plain) - 1))
    broken = plain[:at] + data.draw(st.binary(min_size=1, max_size=2)) + plain[at + 1 :]
    with suppress(PayloadInvalid):
        decode_payload(1, zstandard.ZstdCompressor().compress(broken), STREAMS[0], 1, len(history))


@pytest.mark.parametrize(
    "columns",
    [
        [],
        {},
        {"record": [1]},
        {**WHOLE, "record": [0]},
        {**WHOLE, "record": [1 << 24]},
        {**WHOLE, "record": [True]},
        {**WHOLE, "shape": [1]},
        {**WHOLE, "shape": [-1]},
        {**WHOLE, "shapes": [["person", 1, ["name", "name"]]]},
        {**WHOLE, "values": [[]]},
        {**WHOLE, "values": [[["A", "B"]]]},
        {**WHOLE, "values": []},
        {**WHOLE, "replaces": [[0, "sex", []]]},
        {**WHOLE, "replaces": [[1, "name", []]]},
        {**WHOLE, "hlc": [5]},
        {**WHOLE, "evidence": {"wall_ms": [None]}},
        {**WHOLE, "evidence": {"wall_ms": [0], "server_ms": []}},
    ],
)
def test_wrong_shapes_are_named(columns):
    """Valid JSON of another shape."""
    with pytest.raises(PayloadInvalid):
        decode_payload(1, packed(columns), STREAMS[0], 1, 1)


def test_the_whole_of_what_is_mutilated_above_is_read():
    """The cases above fail for what was changed in them, not for what they share."""
    (change,) = decode_payload(1, packed(WHOLE), STREAMS[0], 1, 1)
    assert change.writes["name"].value == "A"


def test_a_decompression_bomb_is_stopped():
    """A few kilobytes that unfold to more than the limit."""
    bomb = zstandard.ZstdCompressor().compress(b" " * (PAYLOAD_LIMIT_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(PayloadInvalid) as caught:
        decode_payload(1, bomb, STREAMS[0], 1, 1)
    assert caught.value.details == {"reason": "size"}


def test_an_unknown_codec_says_which():
    """So that the batch can be held until the program is updated."""
    with pytest.raises(CodecUnknown) as caught:
        decode_payload(250, b"", STREAMS[0], 1, 1)
    assert caught.value.details == {"codec": 250}
