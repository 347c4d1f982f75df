"""Reduction loses values and nothing else: whatever was written, whatever is written or heard next.

The laptop's own history and the office's are random, contradict each other and share stamps.
"""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from field_client.entries import record_document, state_of_document
from field_client.reduction import reduced_record, withheld, writes_over
from shared_schema.changes import SYSTEM_FIELDS, Change
from shared_schema.fold import RecordState, fold, join, state_to_json
from shared_schema.records import record_type
from tests.support.strategies import FIELDS, changes

PERSON = record_type("person")
KEPT = PERSON.roster | SYSTEM_FIELDS
CALLED = dict(zip(FIELDS, ("name", "phone", "note"), strict=True))


def with_details(change: Change) -> Change:
    """Let two of the three fields be such as do not stay."""
    return replace(change, writes={CALLED[n]: write for n, write in change.writes.items()})


several = st.lists(changes().map(with_details), min_size=1, max_size=6)
edits = st.dictionaries(
    st.sampled_from([*CALLED.values()]), st.one_of(st.none(), st.text(max_size=3))
)


def document_of(mine: RecordState, base: RecordState | None) -> dict[str, Any]:
    """Return a record's document as the store would have it."""
    known = join(mine, base) if base else mine
    raw = state_to_json(base) if base else None
    return record_document(raw, state_to_json(mine), known, 1, {})


def reduced(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document after reduction."""
    parts = reduced_record(document, PERSON, 1)
    return document | parts if parts else document


def stamps_are_apart(*states: RecordState) -> bool:
    """Whether no two heads of a field share a stamp, as on one branch they never do."""
    fields = [part for state in states for part in state.fields.values()]
    return all(len({h.stamp for h in part.heads}) == len(part.heads) for part in fields)


@given(several, st.none() | several, edits)
def test_an_edit_names_what_it_would_have_named(own, others, values):
    """Field by field the same value and the same stamps as from a laptop that kept everything."""
    whole = document_of(fold(own), fold(others) if others else None)
    left = reduced(whole)
    state, less = state_of_document(whole), state_of_document(left)
    assume(stamps_are_apart(state))
    expected = state.edit(values)
    found = writes_over(less, withheld(left, less), values)
    assert {n: (w.value, set(w.replaces)) for n, w in found.items()} == {
        n: (w.value, set(w.replaces)) for n, w in expected.items()
    }


@given(several, several)
def test_what_the_office_sends_again_is_whole_again(own, others):
    """Nothing is withheld then, and everybody knows the same."""
    office = join(fold(own), fold(others))
    left = state_of_document(reduced(document_of(fold(own), None)))
    assert join(left, office) == office
    assert withheld(reduced(document_of(fold(own), None)), office) == {}


@given(several, st.none() | several)
def test_the_row_stays_and_the_details_are_nowhere(own, others):
    """Values of the roster's fields are untouched; no other value is in the document."""
    whole = document_of(fold(own), fold(others) if others else None)
    left = reduced(whole)
    before, after = state_of_document(whole), state_of_document(left)
    for name, part in before.fields.items():
        assert after.fields[name].superseded == part.superseded
        assert after.fields[name].heads == (part.heads if name in KEPT else ())
    assert after.values() == {n: v for n, v in before.values().items() if n in KEPT}


@given(several, several)
def test_reducing_again_forgets_no_stamp(own, later):
    """A second month, with what was written and heard in between."""
    once = reduced(document_of(fold(own), None))
    state = join(state_of_document(once), fold(later))
    twice = reduced(once | {"base": state_to_json(fold(later))})
    assume(stamps_are_apart(join(fold(own), fold(later))))
    for name in state.fields:
        full = join(fold(own), fold(later)).fields[name]
        hidden = withheld(twice, state_of_document(twice)).get(name, frozenset())
        heads = {head.stamp for head in state_of_document(twice).fields[name].heads}
        assert {*hidden, *heads} == {head.stamp for head in full.heads}
    assert reduced(twice) == twice
