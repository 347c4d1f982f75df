"""Somebody else's reader of codec 2, made from PROTOCOL.md, reads whatever ours writes."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given

from shared_schema.canonical import NotCanonical, decode
from shared_schema.changes import change_bytes
from shared_schema.resources import read_package_bytes
from shared_schema.wire import decode_payload, encode_payload
from tests.e2e import small_codec2
from tests.e2e.test_small_client import imports
from tests.property.test_wire_typed import batches
from tests.support.field_days import FieldDay
from tests.support.strategies import STREAMS, histories
from tests.support.synthetic import population
from tests.vectors import make

OWN = STREAMS[0]
DICTIONARY = read_package_bytes("shared_schema.wire", "codec2.zdict")
VECTORS = Path(__file__).parents[1] / "vectors" / "payload-v1.json"
GOOD = json.loads(VECTORS.read_text(encoding="utf-8"))["good"]


def read(payload, stream, first):
    """Return the changes that the small reader finds, as JSON."""
    found = small_codec2.Payload(payload, DICTIONARY, stream.to_bytes(), first)
    assert found.read.done()
    return found.changes


def require_equal(changes):
    """Let both read what ours writes."""
    payload, first = encode_payload(2, changes), changes[0].sequence
    ours = decode_payload(2, payload, OWN, first, len(changes))
    assert read(payload, OWN, first) == [decode(change_bytes(one)) for one in ours]


def test_it_knows_nothing_of_ours():
    """But what the small client has read from the same page."""
    assert imports(Path(small_codec2.__file__)) == {"tests", "zstandard"}
    assert len(Path(small_codec2.__file__).read_text(encoding="utf-8").splitlines()) < 250


@pytest.mark.parametrize("name", sorted(GOOD))
def test_it_reads_the_vectors(name):
    """Every golden payload, whole."""
    case = GOOD[name]
    first = case["changes"][0]["sequence"]
    assert read(bytes.fromhex(case["payload"]), make.STREAM, first) == case["changes"]


def test_it_reads_a_day_in_the_field():
    """People as they are registered, with all the columns that they have."""
    day = FieldDay(stream=OWN, seed=1)
    require_equal(day.registrations(population(9, "53.15.05").people(100)))


@given(histories().filter(bool))
def test_it_reads_histories(history):
    """Edits of own records and others', with the stamps they replace."""
    require_equal(history)


@given(batches())
def test_it_reads_what_no_program_would_write_together(changes):
    """Odd values, odd times, records from elsewhere, types that nobody knows."""
    with suppress(NotCanonical):
        require_equal(changes)
