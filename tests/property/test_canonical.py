"""One encoding for equal values, whatever way they were built."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.canonical import NotCanonical, decode, digest, encode
from shared_schema.changes import (
    ChangeInvalid,
    Stamp,
    change_digest,
    change_from_json,
    change_to_json,
)
from tests.support.strategies import changes, json_values, stamps


@given(json_values)
def test_values_read_back_and_encode_to_the_same_bytes(value):
    """Encoding is a fixed point after one round."""
    assert encode(decode(encode(value))) == encode(value)
    assert digest(json.loads(json.dumps(value))) == digest(value)


@given(json_values)
def test_the_bytes_are_those_of_rfc_8785(value):
    """Also where the standard encoder writes them, which is several times faster."""
    try:
        expected = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        with pytest.raises(NotCanonical):
            encode(value)
    else:
        assert encode(value) == expected


@given(st.text(max_size=30))
def test_texts_are_escaped_as_rfc_8785_does(text):
    """Control characters, quotes and what lies beyond the basic plane."""
    value = {"a": text, text: 1}
    assert encode(value) == rfc8785.dumps(value)


@given(st.dictionaries(st.text("abé\U0001f600", max_size=3), st.integers(0, 9)), st.randoms())
def test_the_order_of_keys_does_not_matter(value, random):
    """Dictionaries built in another order have the same bytes."""
    items = list(value.items())
    random.shuffle(items)
    assert encode(dict(items)) == encode(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, -(2**53), {1: 2}, b"x", "\ud800"]
)
def test_what_json_cannot_carry_exactly_is_refused(value):
    """Rather than rounded in silence."""
    with pytest.raises(NotCanonical):
        encode(value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"NaN", b"1e999", b"[" * 100_000, b'"\\ud800']
)
def test_what_is_not_json_is_refused(data):
    """A repeated key is a way to show two readers two values."""
    with pytest.raises(NotCanonical):
        decode(data)


@given(changes())
def test_a_change_survives_its_form_and_its_digest_tells_it_apart(change):
    """The log's form loses nothing."""
    data = change_to_json(change)
    assert change_from_json(data) == change
    assert change_digest(change_from_json(json.loads(json.dumps(data)))) == change_digest(change)
    data["sequence"] += 1
    assert change_digest(change_from_json(data)) != change_digest(change)


@given(stamps)
def test_stamps_sort_as_their_texts(stamp):
    """So that a database may sort them."""
    other = Stamp(stamp.hlc + 1, stamp.stream)
    assert stamp.text() < other.text()
    assert Stamp.parse(stamp.text()) == stamp


@pytest.mark.parametrize(
    "text", ["", "x.y", "5", f"{1:016x}.", f"{1:016x}-{'0' * 24}", "1." + "0" * 24]
)
def test_malformed_stamps_are_refused(text):
    """Only the one spelling that texts are compared by."""
    with pytest.raises(ChangeInvalid):
        Stamp.parse(text)


@given(changes(), st.data())
def test_a_malformed_change_is_a_named_error(change, data):
    """Any part missing or of another type."""
    form = change_to_json(change)
    name = data.draw(st.sampled_from(sorted(form)))
    if data.draw(st.booleans()):
        del form[name]
    else:
        form[name] = data.draw(st.sampled_from([None, [], -1, "zz", {"x": 1}]))
    if name in {"type", "operator"} and form.get(name) == "zz":
        assert change_from_json(form) != change
    else:
        with pytest.raises(ChangeInvalid):
            change_from_json(form)
