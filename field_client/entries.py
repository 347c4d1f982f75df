"""What a user sees of one record, and how its standing follows from what is known of it. Pure.

A record is counted once, by its worst standing: attention, draft, waiting, received. A record
that only came from the server is *roster* and is not counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from field_client.briefs import brief_text
from shared_schema import names
from shared_schema.canonical import Json
from shared_schema.central import Central, central_meaning
from shared_schema.changes import SYSTEM_FIELDS, VOID, Stamp
from shared_schema.clock import wall_of
from shared_schema.custody import Remark
from shared_schema.eligibility import MARRIED_OR_EVER_MARRIED
from shared_schema.fold import RecordState, join, state_from_json, values_from_json
from shared_schema.records import RECORD_TYPES, MergePolicy


class Standing(StrEnum):
    """How far a record has come."""

    DRAFT = "draft"
    WAITING = "waiting"
    RECEIVED = "received"
    ATTENTION = "attention"
    ROSTER = "roster"


FIRST_DAY = "0000-00-00"
COUNTED = (Standing.DRAFT, Standing.WAITING, Standing.RECEIVED, Standing.ATTENTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Values to write to one record; what they replace is filled in from its current state.

    ``values`` may hold ``_void`` and ``_reasons``. ``version``: of the record type.
    """

    record: UUID
    type: str
    version: int
    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record as it is shown. ``own``: this store wrote it or is drafting it.

    ``values``: what is shown, a draft's values laid over the final ones. ``problems``: what
    keeps a draft from being final, as the checks reported it. ``withheld``: fields whose values
    have gone from this store, as of ``reduced_ms`` by the server's time. ``returned``: what a
    supervisor wrote who wants it corrected, "" for nothing.
    """

    id: UUID
    type: str
    values: Mapping[str, Any]
    state: Standing
    own: bool
    conflicts: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    void: Mapping[str, Any] | None = None
    problems: tuple[Mapping[str, Any], ...] = ()
    withheld: tuple[str, ...] = ()
    reduced_ms: int | None = None
    returned: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an operator has typed so far; not a change, never sent."""

    record: UUID
    type: str
    version: int
    values: Mapping[str, Any]
    problems: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One writing of a record: by this store (``own``) or, as far as it still stands, by others.

    ``hlc``, ``stream``: its stamp. ``change``: the change's id, known for own ones only.
    ``withheld``: fields that were written as well, but whose values are no longer here.
    """

    hlc: int
    stream: str
    own: bool
    values: Mapping[str, Any]
    operator: str | None = None
    change: UUID | None = None
    received: bool = True
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a supervisor decided about a record and another one: same, different, undecided."""

    other: UUID
    verdict: str
    reason: str | None


def asks(type_name: str) -> Callable[[str], bool]:
    """Return whether two values of a field of this type need a person's choice."""
    fields = RECORD_TYPES[type_name].fields if type_name in RECORD_TYPES else {}

    def asks_for(name: str) -> bool:
        if name in SYSTEM_FIELDS:
            return False
        return name not in fields or fields[name].merge is MergePolicy.ASK

    return asks_for


def state_of_document(document: Mapping[str, Any]) -> RecordState:
    """Return all that a record's document knows: what the server sent and what was written here."""
    known = [state_from_json(document[part]) for part in ("base", "mine") if document.get(part)]
    return known[0] if len(known) == 1 else join(*known)


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shown value of each field of a record's document, system fields too."""
    known = [document[part] for part in ("base", "mine") if document.get(part)]
    if len(known) == 1:
        return values_from_json(known[0])
    state = state_of_document(document)
    return {name: state.shown(name) for name in state.fields}


def written_ms(document: Mapping[str, Any], name: str) -> int:
    """Return when the shown value of a field was written, 0 for none; mostly without folding."""
    known = [document[part] for part in ("base", "mine") if document.get(part)]
    if len(known) == 1:
        heads = known[0]["fields"].get(name, {}).get("heads")
        return wall_of(Stamp.parse(heads[-1][0]).hlc) if heads else 0
    part = state_of_document(document).fields.get(name)
    return wall_of(part.winner.stamp.hlc) if part and part.winner else 0


def record_document(
    base: Mapping[str, Any] | None,
    mine: Mapping[str, Any] | None,
    state: RecordState,
    version: int,
    last: Mapping[str, int],
) -> dict[str, Any]:
    """Return a record's document. ``state`` joins base and mine.

    ``last``: by stream, the sequence of the last own change.
    """
    values = state.values()
    conflicts = list(state.conflicts(asks(state.type)))
    document = {
        "type": state.type,
        "version": version,
        "own": mine is not None,
        "base": base,
        "mine": mine,
        "last": dict(last),
        "conflicts": conflicts,
        "contested": True if conflicts else None,
        "search_key": search_key(state.type, values),
        "nik": values.get("nik"),
        "kk_number": values.get("kk_number"),
        "parent": _parent(state.type, values),
        "born": born(values) if state.type == "person" else None,
        "to_record": to_record(state.type, values, void=state.void is not None),
    }
    shown_values = {**values, VOID: state.void}
    return {**document, "brief": brief_of(str(state.record), document, shown_values)}


def brief_of(
    record: str, document: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> str | None:
    """Return a record's line in the index. ``values``: what its document shows, where known."""
    known = shown(document) if values is None else values
    at_ms = written_ms(document, "outcome") if "outcome" in known else 0
    return brief_text(record, document, known, at_ms)


def born(values: Mapping[str, Any]) -> str | None:
    """Return a day of birth as people are looked up by it: the same with day and month swapped."""
    birth_date, precision = values.get("birth_date"), values.get("birth_date_precision")
    if not isinstance(birth_date, str) or precision not in (None, "day"):
        return None
    year, *rest = birth_date.split("-")
    return "-".join([year, *sorted(rest)])


def to_record(type_name: str, values: Mapping[str, Any], *, void: bool) -> str | None:
    """Return village and day of birth of a resident whom the ministry does not show as recorded.

    By these the residents of a village are found who are old enough. The day is the first that
    it may be; whoever may be due at any age stands before all: the married, and unknown ages.
    """
    village, birth_date = values.get("village"), values.get("birth_date")
    if type_name != "person" or void or not isinstance(village, str):
        return None
    if central_meaning(values) is not Central.NOT_RECORDED:
        return None
    unknown = values.get("birth_date_precision") == "unknown"
    married = values.get("marital_status") in MARRIED_OR_EVER_MARRIED
    dated = isinstance(birth_date, str) and not unknown and not married
    return f"{village} {birth_date if dated else FIRST_DAY}"


def _parent(type_name: str, values: Mapping[str, Any]) -> str | None:
    """Return the id of the record that another belongs to: the first one that it names."""
    parents = RECORD_TYPES[type_name].parents if type_name in RECORD_TYPES else ()
    return next((value for name in parents if isinstance(value := values.get(name), str)), None)


def search_key(type_name: str, values: Mapping[str, Any]) -> str | None:
    """Return the text under which a record is found: its title fields, folded as names are."""
    title = RECORD_TYPES[type_name].title if type_name in RECORD_TYPES else ()
    words = [value for name in title if isinstance(value := values.get(name), str)]
    return names.search_key(" ".join(words)) or None


def standing(
    document: Mapping[str, Any] | None,
    received: Mapping[str, int],
    *,
    drafted: bool,
    remarked: bool,
) -> Standing:
    """Return the worst standing of a record. ``document`` None: there is only a draft.

    ``remarked``: the office remarked something on it, or a supervisor returned it, and nobody
    has saved it again since.
    ``received``: by stream, the last sequence that the server has given a receipt for.
    """
    if document is None or not document["own"]:
        return Standing.DRAFT if drafted else Standing.ROSTER
    trouble = remarked or bool(document["conflicts"])
    return own_standing(document["last"], received, trouble=trouble, drafted=drafted)


def own_standing(
    last: Mapping[str, int], received: Mapping[str, int], *, trouble: bool, drafted: bool
) -> Standing:
    """Return the worst standing of an own record. ``trouble``: a person has to look at it."""
    if trouble:
        return Standing.ATTENTION
    if drafted:
        return Standing.DRAFT
    return Standing.WAITING if is_unsent(last, received) else Standing.RECEIVED


def is_unsent(last: Mapping[str, int], received: Mapping[str, int]) -> bool:
    """Return whether a record has own changes that no receipt covers, however it stands."""
    return any(at > received.get(stream, 0) for stream, at in last.items())


def remarks_from_json(raw: Sequence[Mapping[str, Any]]) -> tuple[Remark, ...]:
    """Return the remarks kept of a record."""
    return tuple(
        Remark(sequence=one["sequence"], code=one["code"], field=one["field"]) for one in raw
    )
