"""What is left of a record when its details go: the roster row, and who wrote which field. Pure.

The fields that lists, search and the twin check need keep their values (`RecordType.roster`). Of
every other field only stamps stay: those that were replaced, and those of its heads, so that a
later edit names what it replaces although nobody here knows it any more. A change keeps its
number, digest and stamps, and the values of those fields also where they were corrected since:
by them two copies of a store know one save again (`shared_schema.traces`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from field_client.entries import brief_of, state_of_document
from shared_schema.canonical import Json
from shared_schema.changes import (
    SYSTEM_FIELDS,
    Change,
    ChangeInvalid,
    Stamp,
    Write,
    change_from_json,
)
from shared_schema.fold import FieldState, RecordState, state_from_json, state_to_json
from shared_schema.records import RecordType

DETAILS_LOST = "DETAILS_NOT_RESENT"
Withheld = Mapping[str, frozenset[Stamp]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A change as the log has it. ``reduced``: values of ``change`` are gone; those are None.

    ``gone``: the fields of which that is so. ``remains``: it was written again after a fork with
    the values that were left of it.
    """

    change: Change
    digest: bytes
    reduced: bool
    remains: bool = False
    gone: frozenset[str] = frozenset()


def logged(document: Mapping[str, Any]) -> Logged:
    """Read a document of the log. Raises ChangeInvalid, KeyError."""
    reduced, content, gone = bool(document.get("reduced")), document["change"], frozenset[str]()
    if reduced:
        gone = frozenset(name for name, write in content["writes"].items() if "value" not in write)
        writes = {name: {"value": None, **write} for name, write in content["writes"].items()}
        content = {**content, "writes": writes}
    try:
        digest = bytes.fromhex(document["digest"])
    except (TypeError, ValueError) as error:
        raise ChangeInvalid(reason="digest") from error
    change, remains = change_from_json(content), bool(document.get("remains"))
    return Logged(change=change, digest=digest, reduced=reduced, remains=remains, gone=gone)


def reduced_change(document: Mapping[str, Any], rtype: RecordType) -> dict[str, Any]:
    """Return what a document of the log becomes when the details in it go."""
    content, kept = document["change"], rtype.roster | SYSTEM_FIELDS
    writes = {
        name: write if name in kept else {"replaces": write["replaces"]}
        for name, write in content["writes"].items()
    }
    return {"change": {**content, "writes": writes}, "reduced": True, "saved": None}


def reduced_record(
    document: Mapping[str, Any], rtype: RecordType, at_ms: int
) -> dict[str, Any] | None:
    """Return the parts of a record's document that change when its details go; None for none.

    ``floor`` is what this store's changes up to now amount to; later ones are joined to it.
    ``at_ms``: the server's time.
    """
    kept = rtype.roster | SYSTEM_FIELDS
    state = state_of_document(document)
    stamps = {name: set(hidden) for name, hidden in withheld(document, state).items()}
    for name, part in state.fields.items():
        if name not in kept and part.heads:
            stamps.setdefault(name, set()).update(head.stamp for head in part.heads)
    parts = {part: _without_details(document[part], kept) for part in ("base", "mine")}
    before = document.get("reduced")
    if before and all(parts[part] == document[part] for part in parts):
        return None
    after = {**document, **parts}
    return {
        **parts,
        "brief": brief_of(str(state.record), after),
        "reduced": {
            "at_ms": at_ms,
            "floor": parts["mine"],
            "stamps": {
                name: sorted(stamp.text() for stamp in found)
                for name, found in sorted(stamps.items())
            },
        },
    }


def _without_details(raw: Any, kept: Collection[str]) -> dict[str, Any] | None:
    if raw is None:
        return None
    state = state_from_json(raw)
    fields = {
        name: part if name in kept else FieldState(heads=(), superseded=part.superseded)
        for name, part in state.fields.items()
    }
    return state_to_json(RecordState(record=state.record, type=state.type, fields=fields))


def withheld(document: Mapping[str, Any] | None, state: RecordState) -> Withheld:
    """Return by field the stamps of heads whose values are no longer here.

    What the office has sent again, or somebody has replaced since, is not among them.
    """
    raw = (document or {}).get("reduced") or {"stamps": {}}
    found = {}
    for name, texts in raw["stamps"].items():
        part = state.fields.get(name, FieldState(heads=()))
        known = part.superseded | {head.stamp for head in part.heads}
        if hidden := frozenset(map(Stamp.parse, texts)) - known:
            found[name] = hidden
    return found


def floor(document: Mapping[str, Any] | None) -> RecordState | None:
    """Return what is left of the reduced changes of a record; None where none was reduced."""
    reduced = (document or {}).get("reduced")
    return state_from_json(reduced["floor"]) if reduced else None


def writes_over(
    state: RecordState, hidden: Withheld, values: Mapping[str, Json]
) -> dict[str, Write]:
    """Return the writes that set ``values``, each naming every head it replaces, hidden or not."""
    return {
        name: Write(
            value=write.value,
            replaces=tuple(sorted({*write.replaces, *hidden.get(name, ())})),
        )
        for name, write in state.edit(values).items()
    }


def outlasts(notes: Iterable[Mapping[str, object]], stream: str, sequence: int) -> bool:
    """Return whether a remark made here stays although the office accepted this change."""
    return any(
        note.get("stream") == stream and sequence <= int(str(note["sequence"])) for note in notes
    )


def answered(
    notes: Iterable[Mapping[str, object]], last: Mapping[str, int], received: Mapping[str, int]
) -> bool:
    """Return whether the record was saved again since, and the office has yet to see it.

    ``last``, ``received``: sequences by stream (hexadecimal), as in `entries.is_unsent`.
    """
    known = list(notes)
    return any(
        at > received.get(stream, 0) and not outlasts(known, stream, at)
        for stream, at in last.items()
    )
