"""Taking a bulk correction back: as though it had never been made, whatever came in between."""

from hypothesis import given
from hypothesis import strategies as st

from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.fold import RecordState, fold
from shared_schema.ids import Stream, record_id
from shared_schema.records import record_type
from sync_server.correction import undone, without

PERSON = record_type("person")
STREAMS = tuple(Stream(bytes([n]) * 8, bytes(4)) for n in (1, 2, 3))
RECORD = record_id(STREAMS[0], 1)
FIELDS = ("address", "dusun")

# One change: whose stream, what it writes, and after how many of the changes before it was made.
STEPS = st.lists(
    st.tuples(
        st.integers(0, len(STREAMS) - 1),
        st.dictionaries(st.sampled_from(FIELDS), st.sampled_from("abc"), min_size=1),
        st.integers(0, 6),
    ),
    min_size=1,
    max_size=6,
)


def history_of(steps: list[tuple[int, dict[str, str], int]]) -> list[Change]:
    """Make changes, each of which has seen some of those before it and all of its own stream."""
    made: list[Change] = []
    for at, (who, values, seen) in enumerate(steps, 1):
        known = made[:seen] + [one for one in made[seen:] if one.stream == STREAMS[who]]
        made.append(change(at, who, values, fold(known) if known else None))
    return made


def change(at: int, who: int, values: dict[str, str], seen: RecordState | None) -> Change:
    """Make one change that replaces what it has seen."""
    blank = RecordState(record=RECORD, type="person", fields={})
    return Change(
        stream=STREAMS[who],
        sequence=at,
        record=RECORD,
        type="person",
        version=1,
        hlc=at << 16,
        operator="user:penyelia",
        writes=(seen or blank).edit(values),
        evidence=Evidence(wall_ms=at),
    )


@given(STEPS, st.data())
def test_what_is_taken_back_is_as_if_it_had_never_been(
    steps: list[tuple[int, dict[str, str], int]], data: st.DataObject
) -> None:
    """A field that nobody wrote since shows what it would; all others show what they did."""
    history = history_of(steps)
    corrected = data.draw(st.sampled_from(history))
    now, never = fold(history), without(history, {corrected.stamp})
    values, kept = undone(PERSON, history, set(), corrected)
    after = fold([*history, change(len(history) + 1, 0, values, now)]) if values else now
    for name in FIELDS:
        if name in corrected.writes and name not in kept:
            assert after.shown(name) == never.shown(name)
            assert name not in after.conflicts()
        else:
            assert after.shown(name) == now.shown(name)


@given(STEPS)
def test_taking_nothing_away_is_the_fold_and_everything_leaves_nothing(
    steps: list[tuple[int, dict[str, str], int]],
) -> None:
    """The two ends; and what remains never names what was taken away."""
    history = history_of(steps)
    assert without(history, set()) == fold(history)
    assert without(history, {one.stamp for one in history}).values() == {}
    first = history[0].stamp
    left = without(history, {first})
    assert all(first not in state.superseded for state in left.fields.values())


def test_a_write_that_replaced_the_removed_one_replaces_what_that_had_replaced() -> None:
    """Else a value from before the correction would stand against an edit made after it."""
    steps = [(0, {"address": "a"}, 0), (1, {"address": "b"}, 1), (2, {"address": "c"}, 2)]
    first, second, third = history_of(steps)
    assert third.writes["address"] == Write(value="c", replaces=(second.stamp,))
    left = without([first, second, third], {second.stamp})
    assert (left.shown("address"), left.conflicts()) == ("c", ())
