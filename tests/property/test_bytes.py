"""What is written by hand for speed is, byte for byte, the one canonical encoding."""

from hypothesis import given
from hypothesis import strategies as st

from shared_schema.canonical import decode, encode
from shared_schema.changes import (
    Change,
    Stamp,
    Write,
    change_bytes,
    change_from_json,
    change_to_json,
    settled,
)
from shared_schema.clock import HLC_LIMIT, Evidence
from shared_schema.fold import fold, shown_bytes, state_bytes, state_to_json
from shared_schema.ids import Stream, record_id
from shared_schema.records import RECORD_TYPES, parsing

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
LEAVES = (
    st.none()
    | st.booleans()
    | INTEGERS
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
VALUES = st.recursive(
    LEAVES, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part)
)
NAMES = st.sampled_from(["name", "nik", "_void", "_reasons", "café", "a\tb"])
STREAMS = st.builds(Stream, st.binary(min_size=8, max_size=8), st.binary(min_size=4, max_size=4))
STAMPS = st.builds(Stamp, st.integers(0, HLC_LIMIT - 1), STREAMS)
WRITES = st.builds(
    lambda value, replaces: Write(value=value, replaces=tuple(sorted(set(replaces)))),
    VALUES,
    st.lists(STAMPS, max_size=2),
)
RECORD = record_id(Stream(b"12345678", b"abcd"), 7)
CHANGES = st.builds(
    lambda stream, sequence, hlc, operator, writes, wall, gps: Change(
        stream=stream,
        sequence=sequence,
        record=RECORD,
        type="person",
        version=1,
        hlc=hlc,
        operator=operator,
        writes=writes,
        evidence=Evidence(wall_ms=wall, gps_ms=gps),
    ),
    STREAMS,
    st.integers(1, 1 << 20),
    st.integers(0, HLC_LIMIT - 1),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
    st.dictionaries(NAMES, WRITES, max_size=4),
    INTEGERS,
    st.none() | INTEGERS,
)


@given(CHANGES)
def test_a_change_is_logged_in_canonical_bytes(change: Change) -> None:
    """The bytes of the log are those of the encoder, and reading them gives the settled change."""
    plain = encode(change_to_json(change))
    assert change_bytes(change) == plain
    assert settled(change) == change_from_json(decode(plain))


@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_a_state_is_kept_in_canonical_bytes(changes: list[Change]) -> None:
    """Whatever was folded, in conflict or not."""
    state = fold(changes)
    assert state_bytes(state) == encode(state_to_json(state))
    assert shown_bytes(state) == encode(state.values())


@given(st.data())
def test_what_is_surely_stored_is_what_parsing_gives_back(data: st.DataObject) -> None:
    """The quick judgement of a value never says yes where the careful one would change it."""
    spec = data.draw(st.sampled_from([s for t in RECORD_TYPES.values() for s in t.fields.values()]))
    codes = list(spec.codes.labels) if spec.codes else [""]
    value = data.draw(
        st.sampled_from(codes)
        | st.text(max_size=20)
        | st.from_regex(r"[ 0-9.-]{1,17}", fullmatch=True)
        | st.sampled_from(["2024-02-29", "2023-02-29", "53.15", "53.15.05.2001", "5315052001"])
        | st.integers(-1, 99)
        | st.booleans()
    )
    if parsing.is_stored(spec, value):
        assert parsing.from_json(spec, value) == value
