"""A supervisor's decisions: verdicts on pairs, choices between values, and taking verdicts back.

Each is an ordinary change of the server's stream and says so by its change id, the *decision*.
Nothing here touches the records that a verdict is about: they keep their own edits, whatever
is decided, undone and decided again. Every function runs within the caller's transaction.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.changes import VOID, Change, Stamp
from shared_schema.errors import InputError
from shared_schema.fold import RecordState, fold
from shared_schema.ids import change_sequence
from shared_schema.links import Edge, Verdict, link_id, ordered
from sync_server import identity, ingest, possible_duplicates
from sync_server.ingest import Edit
from sync_server.lookup import changes_of, resolve
from sync_server.matching.exact import LINK_TYPE, OpenPair, edge_of
from sync_server.store import tables
from sync_server.store.queries import log, matching, records
from sync_server.store.queries.records import Current

METHOD = "human"
_LINKED_TYPES = ("person", "outage")
_DECIDED = ("verdict", "reason", "method")
_RETRACTED = {VOID: {"reason": "undo"}}


class PairInvalid(InputError):
    """These two records cannot be compared. Name two different residents, or two outages."""

    code = "PAIR_INVALID"


class ReasonMissing(InputError):
    """A verdict needs a reason. Add --reason with what you saw."""

    code = "VERDICT_REASON_MISSING"


class DecisionUnknown(InputError):
    """There is no decision {text} about a pair. Copy it from `duplicates list --all`."""

    code = "DECISION_UNKNOWN"


class DecisionSuperseded(InputError):
    """Decision {text} was followed by another one. Undo {current} first."""

    code = "DECISION_SUPERSEDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What stands for a pair after a verdict or its undoing.

    `decision` is the id of the change that made it so. `verdict` None: no verdict stands.
    `refused`: a *same* that a *different* elsewhere in the two clusters keeps apart.
    """

    decision: UUID
    a: UUID
    b: UUID
    verdict: Verdict | None
    refused: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the decision as a JSON document."""
        return {
            "decision": str(self.decision),
            "a": str(self.a),
            "b": str(self.b),
            "verdict": self.verdict.value if self.verdict else None,
            "refused": self.refused,
        }


def decide_pair(
    connection: Connection,
    ends: tuple[str, str],
    verdict: Verdict,
    reason: str,
    operator: str,
    *,
    method: str = METHOD,
) -> Decision:
    """Write a verdict about two records and return it; repeating one changes nothing.

    ``method`` begins with "human" and may name what was chosen with the verdict.
    Raises RecordUnknown, RecordAmbiguous, PairInvalid, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    one, other = (resolve(connection, text).state for text in ends)
    if one.record == other.record or one.type != other.type or one.type not in _LINKED_TYPES:
        raise PairInvalid
    a, b = ordered(one.record, other.record)
    link = link_id(a, b)
    wanted = {
        "a": str(a),
        "b": str(b),
        "verdict": verdict.value,
        "reason": " ".join(reason.split()),
        "method": method,
    }
    current = records.get(connection, link)
    written = current is None or not _says(current.state, wanted)
    if written:
        _write_link(connection, link, current, wanted, operator)
    made = _standing(connection, link)
    if written:
        _note_grounds(connection, made)
    return made


def _note_grounds(connection: Connection, made: Decision) -> None:
    """Keep the score that was shown when a decision was made."""
    shown = possible_duplicates.proposals(connection, [(made.a, made.b)]).get((made.a, made.b))
    if shown is not None:
        pair = matching.Pair(str(made.a), str(made.b), shown.weight, shown.version, shown.parts)
        now_ms = time.time_ns() // 1_000_000
        matching.note_decisions(connection, [(made.decision, pair)], now_ms, automatic=False)


def _says(state: RecordState, wanted: Mapping[str, Any]) -> bool:
    agreed = all(
        str(state.shown(name)).startswith(METHOD)
        if (name, value) == ("method", METHOD)
        else state.shown(name) == value
        for name, value in wanted.items()
    )
    return agreed and state.void is None and not state.conflicts()


def _write_link(
    connection: Connection,
    link: UUID,
    current: Current | None,
    wanted: Mapping[str, Any],
    operator: str,
) -> None:
    """Write the verdict anew even where only its void changes: one change is the decision.

    A *same* that did not stand names `a` anew: this is when it is laid, also once it is restored.
    """
    values = dict(wanted)
    if current is not None:
        for end in ("b",) if _is_laid_anew(current.state, wanted) else ("a", "b"):
            if current.state.shown(end) == values.get(end):
                values.pop(end, None)
        if VOID in current.state.fields:
            values.setdefault(VOID, None)
        values.setdefault("verdict", current.state.shown("verdict"))
    ingest.write_own(connection, [Edit(record=link, type=LINK_TYPE, values=values)], operator)


def _is_laid_anew(state: RecordState, wanted: Mapping[str, Any]) -> bool:
    edge = edge_of(state)
    stands = edge is not None and edge.human and edge.verdict is Verdict.SAME
    return wanted.get("verdict") == Verdict.SAME.value and not stands


def _standing(connection: Connection, link: UUID) -> Decision:
    """Return what stands for a pair, by the change that wrote its verdict or retracted it."""
    state = records.many(connection, [link])[link].state
    a, b = UUID(state.shown("a")), UUID(state.shown("b"))
    made = _latest_decision(state)
    verdict = Verdict(state.shown("verdict")) if state.void is None else None
    return Decision(
        decision=_change_at(connection, link, made),
        a=a,
        b=b,
        verdict=verdict,
        refused=verdict is Verdict.SAME and not _together(connection, a, b),
    )


def _latest_decision(state: RecordState) -> Stamp:
    heads = [state.fields[name].winner for name in (VOID, "verdict") if name in state.fields]
    return max(head.stamp for head in heads if head is not None)


def _change_at(connection: Connection, record: UUID, stamp: Stamp) -> UUID:
    made = next(c for c in changes_of(connection, record) if c.stamp == stamp)
    return made.id


def _together(connection: Connection, a: UUID, b: UUID) -> bool:
    table = tables.clusters
    query = select(table.c.root).where(table.c.record.in_([str(a), str(b)]))
    roots = list(connection.execute(query).scalars())
    return len(roots) == 2 and roots[0] == roots[1]


def undo(connection: Connection, text: str, operator: str) -> Decision:
    """Restore what stood for a pair before a decision; undoing can itself be undone.

    Where nothing stood before, the verdict is retracted. Undoing what is already undone
    changes nothing. Raises DecisionUnknown, DecisionSuperseded.
    """
    link, decision = _decision(connection, text)
    history = changes_of(connection, link)
    current = records.many(connection, [link])[link]
    if decision.stamp in _deciding(current.state):
        before = _verdict_of([change for change in history if change.id != decision.id])
        _write_link(connection, link, current, before, operator)
    elif not _is_undone(history, decision, current.state):
        latest = _change_at(connection, link, _latest_decision(current.state))
        raise DecisionSuperseded(text=text, current=latest)
    return _standing(connection, link)


def method_standing(connection: Connection, link: UUID) -> str:
    """Return the method of a *same* that stands for a pair, "" where none does."""
    state = records.many(connection, [link])[link].state
    stands = state.void is None and state.shown("verdict") == Verdict.SAME.value
    return str(state.shown("method") or "") if stands else ""


def link_of(connection: Connection, decision: str) -> UUID:
    """Return the link that a decision is about. Raises DecisionUnknown."""
    return _decision(connection, decision)[0]


def _is_undone(history: Sequence[Change], decision: Change, now: RecordState) -> bool:
    """Tell whether the change after a decision made everything as it was before it."""
    latest = next(change for change in history if change.stamp == _latest_decision(now))
    replaced = {stamp for write in latest.writes.values() for stamp in write.replaces}
    earlier = history[: history.index(decision)]
    return decision.stamp in replaced and _verdict_of(earlier) == _verdict_of(history)


def _decision(connection: Connection, text: str) -> tuple[UUID, Change]:
    try:
        place = change_sequence(UUID(text.strip()))
    except ValueError:
        place = None
    if place is None:
        raise DecisionUnknown(text=text)
    stream, sequence = place
    for change in log.of_stream(connection, stream, sequence, sequence):
        if change.type == LINK_TYPE and change.writes.keys() & {"verdict", VOID}:
            return change.record, change
    raise DecisionUnknown(text=text)


def _verdict_of(history: Sequence[Change]) -> dict[str, Any]:
    """Return what must be written to make the verdict stand that these changes amount to."""
    if not history:
        return dict(_RETRACTED)
    state = fold(history)
    if state.void is not None:
        return {VOID: dict(state.void)}
    if state.shown("verdict") is None:
        return dict(_RETRACTED)
    return {name: state.shown(name) for name in _DECIDED}


def _deciding(state: RecordState) -> set[Stamp]:
    return {stamp for name in ("verdict", VOID) for stamp in state.stamps(name)}


def open_pairs(connection: Connection) -> tuple[OpenPair, ...]:
    """Return the possible duplicates that ask for a verdict."""
    return possible_duplicates.open_pairs(connection)


def refused_edges(connection: Connection) -> tuple[Edge, ...]:
    """Return the *same* verdicts that a *different* keeps out: they contradict each other."""
    return tuple(edge for edge in identity.clusters_of(connection).refused if edge.human)


def decisions(connection: Connection) -> Iterator[Decision]:
    """Yield what stands for every pair that was ever decided, in order of the links' ids."""
    table = tables.records
    query = select(table.c.record).where(table.c.type == LINK_TYPE).order_by(table.c.record)
    for record in list(connection.execute(query).scalars()):
        state = records.many(connection, [UUID(record)])[UUID(record)].state
        if all(state.shown(name) is not None for name in ("a", "b", "verdict")):
            yield _standing(connection, UUID(record))
