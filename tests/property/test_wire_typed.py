"""Codec 2: lossless for whatever codec 1 carries, and as wary of what a stranger writes."""

from contextlib import suppress

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.canonical import NotCanonical, encode
from shared_schema.changes import Change, Stamp, Write, change_digest
from shared_schema.clock import HLC_LIMIT, Evidence
from shared_schema.ids import Stream, derived_id, record_id
from shared_schema.records import RECORD_TYPES
from shared_schema.wire import best_codec, decode_payload, encode_payload
from shared_schema.wire import compression as packing
from shared_schema.wire.compression import compress, decompress
from shared_schema.wire.integers import Source, put_integers
from shared_schema.wire.json_columns import PAYLOAD_LIMIT_BYTES, PayloadInvalid
from shared_schema.wire.masks import MaskReader, MaskWriter
from shared_schema.wire.typed_columns import layout
from tests.support.field_days import FieldDay
from tests.support.name_lists import ELSEWHERE
from tests.support.strategies import STREAMS, histories, json_values
from tests.support.synthetic import population

OWN, OTHER, _ = STREAMS
RECORDS = [*(record_id(OWN, n) for n in (1, 2, 9, 2**24 - 1)), record_id(OTHER, 1)]
RECORDS.append(derived_id("jemput test", b"1"))
# What belongs into a typed column, what nearly does, and what does not at all.
LIKELY = st.sampled_from(
    [
        *("L", "P", "day", "", "a\nb", "é", "Warga Contoh", "\r", "\u2028", "\x00"),
        *("53.15.05.2001", "53.15.05", "53.15.05.20011", "١٢.15.05.2001", "53.15.05.2001\n"),
        *("2016-02-29", "2015-02-29", "0001-01-01", "9999-12-31", "20160101", "2016-W01-1"),
        *("5315054102700001", "0000000000000000", "9999999999999999", "531505410270001"),
        *map(str, RECORDS),
        *(str(RECORDS[0]).upper(), "{" + str(RECORDS[0]) + "}"),
        *(0, 1, -1, 7, True, False, None, 2**53 - 1, 1 - 2**53),
        *(-8.524132, 119.883301, 0.5, -0.0, 1e-9, 1e-10, 999999.999999999, 1e6, 1e22, 0.1 + 0.2),
        *([], {}, ["a"], {"reason": "x\ny"}),
    ]
)
stamps = st.builds(Stamp, st.integers(0, HLC_LIMIT - 1), st.sampled_from(STREAMS))
times = st.none() | st.integers(0, 2**48) | st.integers(1 - 2**53, 2**53 - 1)
TYPES = [*RECORD_TYPES, "unknown", ""]


@st.composite
def written(draw, type_name):
    """Draw the writes of a change: fields of its type and others, many values that fit."""
    declared = list(RECORD_TYPES[type_name].fields) if type_name in RECORD_TYPES else []
    names = st.sampled_from([*declared, "_void", "_reasons", "unknown", ""]) | st.text(
        st.characters(exclude_categories=["Cs"]), max_size=3
    )
    values = st.builds(
        Write,
        value=LIKELY | json_values,
        replaces=st.lists(stamps, max_size=3).map(lambda found: tuple(sorted(found))),
    )
    return draw(st.dictionaries(names, values, max_size=5))


@st.composite
def batches(draw):
    """Draw changes of one stream, such as no program would write together."""
    some = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True))
    return [
        Change(
            stream=OWN,
            sequence=sequence,
            record=draw(st.sampled_from(RECORDS)),
            type=(type_name := draw(st.sampled_from(some))),
            version=draw(st.sampled_from([1, 1, 2, 2**53 - 1])),
            hlc=draw(st.integers(0, 2000) | st.integers(0, HLC_LIMIT - 1)),
            operator=draw(st.sampled_from(["Operator 1", "Operator 2", "", "a\nb"])),
            writes=draw(written(type_name)),
            evidence=Evidence(
                wall_ms=draw(st.integers(0, 2**48)),
                monotonic_ms=draw(times),
                server_ms=draw(times),
                gps_ms=draw(times),
            ),
        )
        for sequence in range(1, draw(st.integers(1, 5)) + 1)
    ]


def again(changes):
    """Encode and decode."""
    return decode_payload(2, encode_payload(2, changes), OWN, changes[0].sequence, len(changes))


def as_carried_by_codec_1(changes):
    """Give what codec 1 makes of changes; None where it refuses them."""
    try:
        payload = encode_payload(1, changes)
    except NotCanonical:
        return None
    return decode_payload(1, payload, OWN, changes[0].sequence, len(changes))


@given(batches())
def test_whatever_codec_1_carries_comes_back_the_same(changes):
    """Every type, version, field, value, stamp and time, and the same digests."""
    expected = as_carried_by_codec_1(changes)
    if expected is not None:
        found = again(changes)
        assert found == expected
        assert list(map(change_digest, found)) == list(map(change_digest, expected))


@given(histories().filter(bool))
def test_histories_come_back_equal(history):
    """Changes as a device makes them: edits of own records, with the stamps they replace."""
    assert again(history) == history


@given(batches())
def test_the_same_changes_give_the_same_bytes(changes):
    """A payload follows from its changes alone, whatever order their fields are kept in."""
    if as_carried_by_codec_1(changes) is None:
        return
    turned = [
        Change(**{name: getattr(one, name) for name in Change.__slots__}
               | {"writes": dict(reversed(one.writes.items()))})
        for one in changes
    ]  # fmt: skip
    assert encode_payload(2, turned) == encode_payload(2, changes)


@given(st.floats() | st.integers() | st.text())
def test_what_json_cannot_carry_is_refused_at_the_pen(value):
    """NaN, halves of letters and numbers beyond a double never leave a device."""
    day = FieldDay(stream=OWN, seed=1)
    changes = [day.begin({"name": value, "lat": value}, "visit")]
    expected = as_carried_by_codec_1(changes)
    if expected is None:
        with pytest.raises(NotCanonical):
            encode_payload(2, changes)
    else:
        assert again(changes) == expected


@given(st.lists(st.integers(-(2**66), 2**66), max_size=30))
def test_numbers_come_back(values):
    """Near and far, rising and not."""
    out = bytearray()
    put_integers(out, values)
    source = Source(bytes(out))
    assert source.integers(len(values)) == values
    assert source.ended


@given(st.lists(st.lists(st.booleans(), max_size=30), max_size=8))
def test_masks_come_back(masks):
    """Known bits are named, new ones written."""
    out = bytearray()
    writer = MaskWriter(out)
    for rows in masks:
        writer.put(rows)
    reader = MaskReader(Source(bytes(out)))
    assert [reader.read(len(rows)) for rows in masks] == masks


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=30), max_size=8))
def test_repeated_values_may_be_written_again_but_never_left_out(masks):
    """The rows that are chosen hold those that were asked for."""
    writer = MaskWriter(bytearray())
    for rows in masks:
        wanted = [True, *rows[1:]]
        chosen = writer.put_starts(wanted)
        assert all(one for one, want in zip(chosen, wanted, strict=True) if want)


@given(st.binary(max_size=60), st.integers(1, 3))
def test_garbage_is_a_named_error(data, count):
    """Whatever the bytes, only PayloadInvalid comes out."""
    with pytest.raises(PayloadInvalid):
        decode_payload(2, data, OWN, 1, count)


@given(st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 3))
def test_compressed_garbage_is_a_named_error(numbers, text, count):
    """What a stranger who knows the dictionary may pack."""
    with pytest.raises(PayloadInvalid):
        decode_payload(2, compress(bytes([len(numbers)]) + numbers, text), OWN, 1, count)


@given(batches(), st.data())
def test_a_mutilated_payload_is_a_named_error_or_other_changes(changes, data):
    """Bytes of the plain form exchanged at random never escape as another exception."""
    if as_carried_by_codec_1(changes) is None:
        return
    plain = decompress(encode_payload(2, changes))
    at = data.draw(st.integers(0, len(plain) - 1))
    broken = plain[:at] + data.draw(st.binary(max_size=2)) + plain[at + 1 :]
    with suppress(PayloadInvalid):
        for change in decode_payload(2, compress(broken, b""), OWN, 1, len(changes)):
            encode(change.type)


@given(batches(), st.data())
def test_a_truncated_payload_is_a_named_error(changes, data):
    """Half of it is never taken for the whole, compressed or plain."""
    if as_carried_by_codec_1(changes) is None:
        return
    payload = encode_payload(2, changes)
    plain = decompress(payload)
    cut = data.draw(st.integers(0, len(plain) - 1))
    with pytest.raises(PayloadInvalid):
        decode_payload(2, compress(plain[:cut], b""), OWN, 1, len(changes))
    with suppress(PayloadInvalid):
        cut = data.draw(st.integers(0, len(payload) - 1))
        assert decode_payload(2, payload[:cut], OWN, 1, len(changes)) == changes


@given(histories().filter(bool), st.integers(0, 20))
def test_the_count_of_the_header_must_hold(history, count):
    """A payload with fewer or more changes than the header says is not used."""
    if count != len(history):
        with pytest.raises(PayloadInvalid):
            decode_payload(2, encode_payload(2, history), OWN, 1, count)


@pytest.mark.parametrize("size", [PAYLOAD_LIMIT_BYTES + 1, 200 << 20])
def test_a_decompression_bomb_is_stopped(size):
    """A few kilobytes that unfold to more than the limit, in whatever window they claim."""
    bomb = zstandard.ZstdCompressor().compress(b" " * size)
    assert len(bomb) < 20_000
    with pytest.raises(PayloadInvalid):
        decode_payload(2, bomb, OWN, 1, 1)


@pytest.mark.parametrize(
    "claimed",
    [
        "ids of other streams",
        "stamps",
    ],
)
def test_a_count_without_bytes_behind_it_is_stopped(claimed):
    """Columns of one repeated number have no bytes, so their length is bounded otherwise."""
    day = FieldDay(stream=OWN, seed=1)
    numbers, text = layout([day.begin({"name": "Warga Contoh"})])
    assert numbers[0] < 0x80
    many = b"\xff" * 8 + b"\x7f"
    body = numbers[1:]
    body = body[:1] + many + body[2:] if claimed != "stamps" else body[:-1] + many + bytes(9)
    sized = bytearray([len(body)]) if len(body) < 0x80 else bytearray()
    assert sized
    with pytest.raises(PayloadInvalid):
        decode_payload(2, compress(bytes(sized) + body, text), OWN, 1, 1)


def test_a_field_that_nobody_writes_is_refused():
    """Else a line of names would make work without a value behind it."""
    day = FieldDay(stream=OWN, seed=1)
    numbers, text = layout([day.begin({"unknown": 1})])
    everyone, nobody = b"\x00\x00\x00\x00", b"\x00\x01\x00\x00"
    assert numbers.endswith(everyone + b"\x00")
    for column, line in ((everyone, b"1\n"), (nobody, b"")):
        packed = compress(numbers[:-5] + column + b"\x00", text[:-2] + line)
        if column == everyone:
            assert decode_payload(2, packed, OWN, 1, 1)[0].writes["unknown"].value == 1
        else:
            with pytest.raises(PayloadInvalid):
                decode_payload(2, packed, OWN, 1, 1)


def test_a_day_of_registrations_is_small():
    """A tripwire only, with margin; the figure is bench/wire.py's, on names never seen before."""
    day = FieldDay(stream=OWN, seed=1)
    changes = day.registrations(population(9, "53.15.05", ELSEWHERE).people(50))
    assert again(changes) == changes
    assert len(encode_payload(2, changes)) < 50 * 28
    assert len(encode_payload(2, changes)) * 1.8 < len(encode_payload(1, changes))


def test_values_of_another_stream_stay_its_own():
    """Decoded on another stream, own records are that stream's: they stand by number alone."""
    day = FieldDay(stream=OWN, seed=1)
    first = day.begin({"name": "Warga Contoh"})
    visit = day.begin({"person": str(first.record), "outcome": "recorded"}, "visit")
    payload = encode_payload(2, [first, visit])
    moved = decode_payload(2, payload, Stream(b"8" * 8, b"4" * 4), 1, 2)
    assert moved[1].writes["person"].value == str(moved[0].record) != str(first.record)


@pytest.mark.parametrize(
    ("announced", "best"), [((), 1), ((1,), 1), ((1, 2), 2), ((2, 3), 2), ((7,), 1)]
)
def test_the_best_codec_that_both_know(announced, best):
    """Nothing known, or nothing in common: the one that every receiver reads."""
    assert best_codec(announced) == best


def test_another_dictionary_is_refused():
    """A damaged file would turn every batch into nonsense that nobody else can read."""
    with pytest.raises(packing.DictionaryDamaged):
        packing.check_dictionary(b"\x00")
