"""What is counted of own records and changes, as a line of the index: neither is opened for it.

An own record's ``brief`` says what its standing and the daily recap follow from, a change's
``saved`` when it was made, of which record, and by whom. Pure; the lines are written with their
documents, and so change with them in one commit.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from shared_schema.changes import VOID, Change

COUNTED_OF = {"person": ("village",), "visit": ("person", "outcome")}
_JSON = json.JSONEncoder(separators=(",", ":"))
_HLC_DIGITS = 16


class Brief(NamedTuple):
    """What is counted of an own record. ``last``: by stream, the sequence of the last own change.

    ``counted``: the values of `COUNTED_OF` its type. ``at_ms``: when the outcome was written, 0
    for none.
    """

    record: str
    type: str
    void: bool
    conflicts: bool
    last: Mapping[str, int]
    counted: tuple[Any, ...]
    at_ms: int


class Saved(NamedTuple):
    """A change that is whole. ``begins``: whether it gives its record a name for the first time."""

    hlc: int
    record: str
    begins: bool
    operator: str


def brief_text(
    record: str, document: Mapping[str, Any], values: Mapping[str, Any], at_ms: int
) -> str | None:
    """Return the line of a record's document that shows ``values``; None for what is not own."""
    if not document["own"]:
        return None
    return _JSON.encode(
        [
            record,
            document["type"],
            isinstance(values.get(VOID), Mapping),
            bool(document["conflicts"]),
            document["last"],
            [values.get(name) for name in COUNTED_OF.get(document["type"], ())],
            at_ms,
        ]
    )


def read_brief(text: str) -> Brief:
    """Read what `brief_text` wrote."""
    record, type_name, void, conflicts, last, counted, at_ms = json.loads(text)
    return Brief(record, type_name, void, conflicts, last, tuple(counted), at_ms)


def saved_text(change: Change) -> str:
    """Return the line of a change; by these lines changes are found in the order of time."""
    name = change.writes.get("name")
    begins = name is not None and not name.replaces
    return f"{from_hlc(change.hlc)} {change.record} {begins:d} {change.operator}"


def read_saved(text: str) -> Saved:
    """Read what `saved_text` wrote."""
    hlc, record, begins, operator = text.split(" ", 3)
    return Saved(int(hlc, 16), record, begins == "1", operator)


def from_hlc(hlc: int) -> str:
    """Return how the lines of changes begin that were made at a reading of the clock."""
    return f"{hlc:0{_HLC_DIGITS}x}"
