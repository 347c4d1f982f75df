"""The writings of a record as they are shown: our own changes, and what the server sent. Pure."""

from collections.abc import Mapping
from typing import Any

from field_client.entries import HistoryLine
from field_client.reduction import Logged
from shared_schema.changes import Change
from shared_schema.fold import RecordState


def own_line(found: Logged, received: Mapping[str, int], state: RecordState | None) -> HistoryLine:
    """Return the line of an own change; of a reduced one what ``state`` still knows of it."""
    change = found.change
    values = {name: write.value for name, write in change.writes.items()}
    if found.reduced:
        values = _standing_values(change, state) if state else {}
    return HistoryLine(
        hlc=change.hlc,
        stream=change.stream.hex(),
        own=True,
        values=values,
        withheld=tuple(sorted(set(change.writes) - set(values))),
        operator=change.operator,
        change=change.id,
        received=change.sequence <= received.get(change.stream.hex(), 0),
    )


def _standing_values(change: Change, state: RecordState) -> dict[str, Any]:
    return {
        name: head.value
        for name in change.writes
        if name in state.fields
        for head in state.fields[name].heads
        if head.stamp == change.stamp
    }


def pulled_lines(state: RecordState) -> list[HistoryLine]:
    """Return the heads that the server sent, one line for each stamp."""
    lines: dict[tuple[int, str], dict[str, Any]] = {}
    for name, field in state.fields.items():
        for head in field.heads:
            key = head.stamp.hlc, head.stamp.stream.hex()
            lines.setdefault(key, {})[name] = head.value
    return [
        HistoryLine(hlc=hlc, stream=stream, own=False, values=values)
        for (hlc, stream), values in lines.items()
    ]
