"""The laws of the fold, on random histories that contradict each other."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared_schema.changes import Change, Stamp, Write
from shared_schema.clock import Evidence
from shared_schema.fold import fold, join, state_from_json, state_of, state_to_json
from tests.support.strategies import FIELDS, RECORD, STREAMS, changes

several = st.lists(changes(), min_size=1, max_size=8)


@given(several, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_record(history, random):
    """Commutative: replicas that hear of changes in another order agree to the byte."""
    shuffled = random.sample(history, len(history))
    assert state_to_json(fold(shuffled)) == state_to_json(fold(history))


@given(several)
def test_hearing_twice_changes_nothing(history):
    """Idempotent: a repeated batch or page is harmless."""
    assert fold([*history, *history]) == fold(history)


@given(several, several, several)
def test_any_grouping_gives_the_same_record(one, two, three):
    """Associative: a snapshot joined with later changes equals the whole history."""
    left = join(join(fold(one), fold(two)), fold(three))
    right = join(fold(one), join(fold(two), fold(three)))
    assert left == right == fold([*one, *two, *three])


@given(several)
def test_stored_and_pulled_states_come_back_equal(history):
    """A state survives its JSON form."""
    state = fold(history)
    assert state_from_json(state_to_json(state)) == state


@given(several)
def test_heads_are_what_no_other_write_names(history):
    """The definition itself, computed naively from the changes."""
    state = fold(history)
    for name in FIELDS:
        written = [(c.stamp, c.writes[name]) for c in history if name in c.writes]
        named = {s for stamp, write in written for s in write.replaces if s != stamp}
        expected = {(stamp, write.value) for stamp, write in written if stamp not in named}
        heads = state.fields[name].heads if name in state.fields else ()
        assert {(head.stamp, head.value) for head in heads} == expected


@given(several)
def test_the_shown_value_is_the_highest_head_and_ties_break_on_bytes(history):
    """Equal stamps with different values do occur; every replica still shows the same."""
    for part in fold(history).fields.values():
        assert [head.rank for head in part.heads] == sorted(head.rank for head in part.heads)
        assert all(one.rank < two.rank for one, two in pairwise(part.heads))


@given(several, st.sampled_from(["a", "b", "c"]), st.data())
def test_a_choice_closes_the_conflict_in_whatever_order_it_arrives(history, value, data):
    """A write that names every head it saw leaves itself as the only head, on every replica."""
    state = fold(history)
    field = data.draw(st.sampled_from(sorted(state.fields)))
    choice = Change(
        stream=STREAMS[2],
        sequence=99,
        record=RECORD,
        type="person",
        version=1,
        hlc=99,
        operator="user:supervisor",
        writes=state.edit({field: value}),
        evidence=Evidence(wall_ms=0),
    )
    everything = data.draw(st.permutations([choice, *history]))
    part = fold(everything).fields[field]
    assert [head.value for head in part.heads] == [value]
    assert not part.contradicts


@given(changes(), st.sampled_from(["x", "y"]))
def test_two_edits_that_did_not_know_of_each_other_conflict(base, value):
    """Both values stay visible until somebody chooses."""
    known = state_of(base)
    field = next(iter(base.writes))
    edits = [
        Change(
            stream=stream,
            sequence=1,
            record=RECORD,
            type="person",
            version=1,
            hlc=50,
            operator="Operator 1",
            writes={field: Write(value=text, replaces=known.stamps(field))},
            evidence=Evidence(wall_ms=0),
        )
        for stream, text in ((STREAMS[1], value), (STREAMS[2], f"not {value}"))
    ]
    state = fold([base, *edits])
    assert state.conflicts() == (field,)
    assert state.shown(field) == f"not {value}"
    assert state.conflicts(lambda name: name != field) == ()


def test_a_change_cannot_name_itself_away():
    """A write that lists its own stamp among the replaced ones still stands."""
    own = Stamp(5, STREAMS[0])
    change = Change(
        stream=STREAMS[0],
        sequence=1,
        record=RECORD,
        type="person",
        version=1,
        hlc=5,
        operator="Operator 1",
        writes={"name": Write(value="a", replaces=(own,))},
        evidence=Evidence(wall_ms=0),
    )
    assert state_of(change).shown("name") == "a"
