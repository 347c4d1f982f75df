"""A save is known again by its trace: with its details gone, but never as another's."""

from dataclasses import replace

from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.custody import heal
from shared_schema.ids import Stream, record_id
from shared_schema.traces import change_trace

OLD, NEW = Stream(bytes(8), b"lama"), Stream(bytes(8), b"baru")
WHOLE = Change(
    stream=OLD,
    sequence=1,
    record=record_id(OLD, 1),
    type="visit",
    version=1,
    hlc=5 << 16,
    operator="petugas",
    writes={"outcome": Write(value="recorded"), "note": Write(value="Warga Contoh")},
    evidence=Evidence(wall_ms=5, monotonic_ms=1),
)
LEFT = replace(WHOLE, writes={"outcome": WHOLE.writes["outcome"]})
DETAILS = replace(WHOLE, writes={"note": WHOLE.writes["note"]})


def test_a_save_without_its_details_has_the_trace_of_the_whole() -> None:
    """Not so one that says something else, was made at another time, or on another record."""
    assert change_trace(LEFT) == change_trace(WHOLE)
    others = (
        replace(WHOLE, writes={"outcome": Write(value="refused")}),
        replace(WHOLE, evidence=Evidence(wall_ms=5, monotonic_ms=2)),
        replace(WHOLE, hlc=6 << 16),
        replace(WHOLE, record=record_id(OLD, 2)),
    )
    assert change_trace(WHOLE) not in map(change_trace, others)


def test_details_are_laid_over_what_is_there_under_the_same_id() -> None:
    """A correction names the former write as well as the new one: either may be what it saw."""
    seen = replace(
        WHOLE, sequence=2, hlc=6 << 16, writes={"note": Write("Warga Uji", (WHOLE.stamp,))}
    )
    healing = heal((DETAILS, seen), 1, {}, NEW, shared=(1,))
    first, second = healing.changes
    assert (first.record, second.record, healing.records) == (WHOLE.record, WHOLE.record, {})
    assert first.writes["note"].replaces == (WHOLE.stamp,)
    assert second.writes["note"].replaces == (WHOLE.stamp, first.stamp)
