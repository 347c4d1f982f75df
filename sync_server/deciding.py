"""A supervisor's decision on a whole case: verdicts between its records, and values by field.

*Same* lays an edge from the first record to each other, *different* a veto between every two;
records that are one person already are neither joined nor parted. A value that is chosen is written
again where it already stands: it becomes the latest and so what the cluster shows, no record takes
over another's word, and undoing the verdict lets each, and the clusters that stay, show again what
they showed. Every function runs within the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.errors import InputError
from shared_schema.fold import RecordState
from shared_schema.links import Verdict
from shared_schema.records import RECORD_TYPES
from sync_server import auditing, case_choices, reconcile, second_looks
from sync_server.accounts import Actor
from sync_server.case_choices import Kept
from sync_server.coverage import cluster_values
from sync_server.looking_up import require_decision
from sync_server.office import Office
from sync_server.people import root_of
from sync_server.queue import Case
from sync_server.reconcile import Decision
from sync_server.store.queries import records
from sync_server.store.queries.records import Current


class CaseInvalid(InputError):
    """A case has two records or more, and values are chosen among them. Load the page again."""

    code = "CASE_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a supervisor decides. ``chosen``: field -> the record whose value is to be shown."""

    records: Sequence[UUID]
    verdict: Verdict
    reason: str
    chosen: Mapping[str, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking decisions back did: what stands for each pair, the last one first.

    ``kept``: fields of which a value had been chosen, and that somebody has written since.
    """

    decisions: Sequence[Decision]
    kept: Sequence[Kept]


def decide(connection: Connection, ruling: Ruling, operator: str) -> list[Decision]:
    """Write what was decided and return what stands for each pair.

    Raises CaseInvalid and what ``reconcile.decide_pair`` raises.
    """
    known = records.many(connection, ruling.records)
    if len(known) < 2 or len(known) != len(set(ruling.records)):
        raise CaseInvalid
    pairs = _pairs(ruling, {one: root_of(connection, one) for one in ruling.records})
    method = reconcile.METHOD
    if ruling.verdict is Verdict.SAME:
        there = [known[one] for one in ruling.records]
        method = case_choices.write(connection, _chosen(there, ruling.chosen), operator)
    return [
        reconcile.decide_pair(
            connection, (str(a), str(b)), ruling.verdict, ruling.reason, operator, method=method
        )
        for a, b in pairs
    ]


def _pairs(ruling: Ruling, roots: Mapping[UUID, UUID]) -> list[tuple[UUID, UUID]]:
    """Return the pairs that a verdict is written on: never two that are together already."""
    if ruling.verdict is not Verdict.SAME:
        return [(a, b) for a, b in combinations(ruling.records, 2) if roots[a] != roots[b]]
    ends = list({roots[one]: one for one in reversed(ruling.records)}.values())[::-1]
    return [(ends[0], other) for other in ends[1:]]


def undo(connection: Connection, decisions: Sequence[str], operator: str) -> Undone:
    """Take decisions back, the last one first, and what was chosen with them.

    Raises what ``reconcile.undo`` raises.
    """
    links = [reconcile.link_of(connection, one) for one in decisions]
    before = [reconcile.method_standing(connection, link) for link in links]
    made = [reconcile.undo(connection, one, operator) for one in reversed(decisions)]
    after = [reconcile.method_standing(connection, link) for link in links]
    kept = case_choices.follow(connection, before, after, operator)
    return Undone(decisions=tuple(made), kept=tuple(kept))


def by(
    office: Office,
    connection: Connection,
    case: Case,
    ruling: Ruling,
    actor: Actor,
    *,
    second: bool,
) -> list[Decision]:
    """Decide a case as a user, note it, and ask for a second look where one is wanted."""
    made = decide(connection, ruling, actor.operator)
    for one in made if second else ():
        second_looks.ask(connection, one, actor.name, office.now_ms())
    told = {
        "verdict": ruling.verdict.value,
        "reason": ruling.reason,
        "decisions": [str(one.decision) for one in made],
        "chosen": sorted(ruling.chosen),
        "second": second,
    }
    auditing.note(office, connection, actor, "decide", str(case.records[0]), told)
    return made


def undo_by(
    office: Office, connection: Connection, decisions: Sequence[str], actor: Actor
) -> Undone:
    """Take decisions back as a user, and note it; looks asked for at them are over."""
    for one in decisions:
        require_decision(actor, connection, one)
    done = undo(connection, decisions, actor.operator)
    for one in decisions:
        second_looks.overturned(connection, one, actor.name, office.now_ms())
    told = {
        "decisions": [str(one.decision) for one in done.decisions],
        "kept": sorted({one.field for one in done.kept}),
    }
    auditing.note(office, connection, actor, "undo", decisions[0] if decisions else "", told)
    return done


def _chosen(
    known: Sequence[Current], chosen: Mapping[str, UUID]
) -> list[tuple[RecordState, dict[str, Any]]]:
    """Return the chosen values of each record, those left out that are shown anyway."""
    shown = cluster_values(one.state for one in known)
    by_record = {one.record: one for one in known}
    fields = RECORD_TYPES[known[0].state.type].fields
    values: dict[UUID, dict[str, Any]] = {}
    for name, record in chosen.items():
        if record not in by_record or name not in fields:
            raise CaseInvalid
        state = by_record[record].state
        together = [name, *filter(None, [fields[name].precision_field])]
        if state.shown(name) is not None and any(
            state.shown(one) != shown.get(one) for one in together
        ):
            values.setdefault(record, {}).update({one: state.shown(one) for one in together})
    return [(by_record[record].state, written) for record, written in values.items()]
