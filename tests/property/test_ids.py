"""Ids carry their stream and number, and never meet by accident."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.ids import (
    NUMBER_LIMIT,
    IdInvalid,
    Stream,
    StreamFull,
    change_id,
    change_sequence,
    derived_id,
    device_id,
    parse_id,
    record_id,
    record_number,
)
from tests.support.strategies import streams

numbers = st.integers(1, NUMBER_LIMIT - 1)


@given(streams, numbers)
def test_an_id_gives_back_its_stream_and_number(stream, number):
    """What the wire leaves out, the receiver computes."""
    assert record_number(record_id(stream, number), stream) == number
    assert change_sequence(change_id(stream, number)) == (stream, number)


@given(streams, numbers)
def test_ids_are_uuids_of_version_8(stream, number):
    """As RFC 9562 lays them out, so that any database takes them."""
    for identifier in (record_id(stream, number), change_id(stream, number)):
        assert identifier.version == 8
        assert identifier.variant == "specified in RFC 4122"
        assert parse_id(str(identifier)) == identifier


@given(streams, numbers, st.binary(max_size=20))
def test_records_changes_and_derived_ids_are_different_kinds(stream, number, content):
    """No id of one kind is read as another."""
    record, change = record_id(stream, number), change_id(stream, number)
    derived = derived_id("person by NIK", content)
    assert len({record, change, derived}) == 3
    assert change_sequence(record) is None
    assert change_sequence(derived) is None
    assert record_number(change, stream) is None
    assert record_number(derived, stream) is None


@given(streams, streams, numbers)
def test_another_branch_never_gives_out_the_same_id(one, other, number):
    """Why a restored copy draws a branch of its own."""
    if one != other:
        assert record_id(one, number) != record_id(other, number)
        assert record_number(record_id(one, number), other) is None


@given(streams)
def test_a_stream_survives_its_texts(stream):
    """Bytes and hexadecimal digits read back equal."""
    assert Stream.from_bytes(stream.to_bytes()) == stream == Stream.from_hex(stream.hex())


@pytest.mark.parametrize("number", [0, -1, NUMBER_LIMIT])
def test_numbers_beyond_the_branch_are_refused(number):
    """A full branch says so instead of starting over."""
    with pytest.raises(StreamFull):
        record_id(Stream(bytes(8), bytes(4)), number)


@pytest.mark.parametrize(
    "text", ["", "x", "0192f3c4-a5b6-7000-8000-000000000000", str(UUID(int=0)), "53.15.05.2001"]
)
def test_what_is_not_our_id_is_refused_with_its_text(text):
    """The officer sees which word was not an id."""
    with pytest.raises(IdInvalid) as caught:
        parse_id(text)
    assert caught.value.details["text"] == text


def test_wrong_lengths_are_refused():
    """A stream is 8 and 4 bytes."""
    with pytest.raises(IdInvalid):
        Stream(bytes(7), bytes(4))
    with pytest.raises(IdInvalid):
        Stream.from_bytes(bytes(13))
    with pytest.raises(IdInvalid):
        Stream.from_hex("zz")


def test_a_device_is_named_by_its_key():
    """The first 8 bytes of SHA-256, computed here from the empty input's known digest."""
    assert device_id(b"").hex() == "e3b0c44298fc1c14"
