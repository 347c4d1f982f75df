"""Documents in their rows: short, the same again, and never packed against another sample."""

import hashlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.vault import bodies
from field_client.vault.bodies import from_body, to_body

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)
RECORD = {
    "type": "person",
    "base": {"fields": {"name": {"heads": [["01a0c4506c010000.000102", "Maria Contoh"]]}}},
    "search_key": "maria contoh",
}


@given(st.dictionaries(st.text(), values, max_size=8))
def test_what_is_read_is_what_was_written(document):
    """Any JSON document comes back; infinities are no JSON."""
    try:
        body = to_body(document)
    except ValueError:
        return
    assert from_body(body) == document


def test_sample_never_changes():
    """Stores are packed against these bytes: another sample needs a migration that repacks."""
    assert hashlib.sha256(bodies._sample()).hexdigest() == (
        "b18e1ac8bfa92d1b9065ddbde2c01f2aab667514c1f5b159269ccd175fdc1cf1"
    )


def test_records_are_packed_and_short_documents_are_not():
    """A record takes less than half; what packing would not shorten stays readable JSON."""
    assert len(to_body(RECORD)) < 70
    assert to_body({"record": "x"}) == '{"record":"x"}'


def test_threads_read_and_write_at_once():
    """Packing in one thread never mixes with unpacking in another."""
    wrong: list[object] = []

    def work(number: int) -> None:
        document = {**RECORD, "note": f"catatan {number} " * 40}
        wrong.extend(1 for _ in range(300) if from_body(to_body(document)) != document)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("document", [{"a": float("nan")}, {"a": b"x"}, {"a": "\ud800" * 99}])
def test_what_json_cannot_carry_is_refused(document):
    """Before anything is stored."""
    with pytest.raises((TypeError, ValueError)):
        to_body(document)
