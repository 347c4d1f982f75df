"""Whom an officer has to see: residents of a village who must hold a card and are not recorded.

What the ministry says and what the field says stay apart: who was recorded in the field stays on
the list, as done, until the ministry's next list shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from tinydb import where

from field_client.briefs import COUNTED_OF, Brief
from field_client.entries import FIRST_DAY, shown, written_ms
from field_client.journal import Journal
from field_client.known import Known
from field_client.vault.bodies import from_body
from shared_schema.changes import VOID
from shared_schema.eligibility import Policy, must_hold_card
from shared_schema.regions import contains

STANDING_RULE = Policy(min_age=17, married_count=True)
MOST = 5000
RECORDED = frozenset({"recorded", "already_recorded", "card_handed_over", "suket_handed_over"})
AGAIN = frozenset({"revisit", "not_at_home", "ill_or_elderly"})
_VISIT = "visit"
_Due = tuple[Mapping[str, Any], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A visit to somebody. ``wall_ms``: when it was written.

    ``values``: of the last visit in a list of tasks only person and outcome.
    """

    id: UUID
    outcome: str
    wall_ms: int
    values: Mapping[str, Any]


Visits = Known[tuple[str, Visited] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A resident to be seen. ``last``: the last visit; None where nobody has been there."""

    id: UUID
    values: Mapping[str, Any]
    last: Visited | None = None

    @property
    def done(self) -> bool:
        """Whether the field says that the resident is recorded."""
        return self.last is not None and self.last.outcome in RECORDED

    @property
    def again(self) -> bool:
        """Whether somebody has to come back."""
        return self.last is not None and self.last.outcome in AGAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The residents of a village to be seen, each in one list, by hamlet, RT and household.

    ``left_out``: about how many more there are than the `MOST` of a list, the youngest.
    """

    again: Sequence[Target]
    new: Sequence[Target]
    other: Sequence[Target]
    done: Sequence[Target]
    left_out: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.left_out + sum(map(len, (self.again, self.new, self.other, self.done)))


@dataclass(slots=True)
class Recorded:
    """What is known of all visits, and of the residents whom they recorded: village and birth."""

    visits: Visits = field(default_factory=lambda: Known(_visited))
    people: Known[str | None] = field(default_factory=lambda: Known(_to_record))


@dataclass(slots=True)
class Before:
    """What a village's list was made of before: what nobody has changed is not read again.

    ``held``: what was asked, and by id the body of each document and what it said.
    """

    held: tuple[object, Mapping[str, tuple[str | bytes, _Due | None]]] = (None, {})
    visits: Visits = field(default_factory=lambda: Known(_visited))


def tasks_of(journal: Journal, village: str, today: date, known: Before | None = None) -> Tasks:
    """Return whom to see in a village; ``known`` makes it quick, and is brought up to date."""
    known = known or Before()
    due, left_out = _due(journal, village, today, known)
    visits = _last_visits(journal, journal.tables.records.bodies_of("parent", due), known.visits)
    targets = [
        Target(id=UUID(one), values=due[one][0], last=visits.get(one))
        for one in sorted(due, key=lambda one: due[one][1])
    ]
    return Tasks(
        again=[one for one in targets if one.again],
        new=[one for one in targets if one.last is None],
        other=[one for one in targets if one.last and not one.again and not one.done],
        done=[one for one in targets if one.done],
        left_out=left_out,
    )


def _due(journal: Journal, village: str, today: date, known: Before) -> tuple[dict[str, _Due], int]:
    """Return who is due, by id, and how many more there may be."""
    policy = policy_of(journal, village, today)
    asked, bounds = (village, policy, today), _bounds(village, policy, today)
    held, before = known.held
    before = before if held == asked else {}
    people: dict[str, tuple[str | bytes, _Due | None]] = {}
    for one, body in journal.tables.records.bodies_between("to_record", *bounds, MOST):
        at, found = before.get(one, (None, None))
        if at != body:
            values = shown(from_body(body))
            found = (values, _place(values)) if _is_due(values, policy, today) else None
        people[one] = (body, found)
    known.held = asked, people
    full = len(people) == MOST
    every = journal.tables.records.count_between("to_record", *bounds) if full else len(people)
    due = {one: found for one, (_, found) in people.items() if found is not None}
    return due, every - len(people)


def counted(
    journal: Journal, villages: Iterable[str], today: date, known: Recorded | None = None
) -> dict[str, tuple[int, int]]:
    """Return about how many residents of villages are recorded in the field, and are to be seen.

    Of residents only those are read who are recorded. ``known`` makes it quick, and is brought
    up to date.
    """
    known, records, campaigns = known or Recorded(), journal.tables.records, _campaigns(journal)
    last = _last_visits(journal, records.bodies_of("type", [_VISIT]), known.visits)
    done = [person for person, visit in last.items() if visit.outcome in RECORDED]
    lines: dict[str, list[str]] = {}
    for line in known.people.made(records.bodies(done)).values():
        lines.setdefault(str(line).partition(" ")[0], []).append(str(line))
    found = {}
    for village in villages:
        low, high = _bounds(village, _policy(campaigns, village, today), today)
        recorded = sum(low <= line <= high for line in lines.get(village, ()))
        found[village] = (recorded, records.count_between("to_record", low, high))
    return found


def _last_visits(
    journal: Journal, bodies: Sequence[tuple[str, str | bytes]], known: Visits
) -> dict[str, Visited]:
    """Return by person the last of these visits that stands; own ones are not opened."""
    own = {one.record: one for one in journal.own_briefs()}
    others = known.made(pair for pair in bodies if pair[0] not in own)
    found: dict[str, Visited] = {}
    for record, _ in bodies:
        visited = _own_visit(own[record]) if record in own else others[record]
        if visited is None:
            continue
        person, visit = visited
        if person not in found or found[person].wall_ms <= visit.wall_ms:
            found[person] = visit
    return found


def _to_record(_doc_id: str, document: Mapping[str, Any]) -> str | None:
    found: str | None = document.get("to_record")
    return found


def _own_visit(one: Brief) -> tuple[str, Visited] | None:
    if one.type != _VISIT or one.void:
        return None
    values = dict(zip(COUNTED_OF[_VISIT], one.counted, strict=True))
    outcome = values["outcome"]
    if outcome is None:
        return None
    visit = Visited(id=UUID(one.record), outcome=str(outcome), wall_ms=one.at_ms, values=values)
    return str(values["person"]), visit


def visits_of(journal: Journal, people: Iterable[str]) -> dict[str, list[Visited]]:
    """Return the visits to people that are known here and stand, by person, the oldest first."""
    bodies = journal.tables.records.bodies_of("parent", people)
    found: dict[str, list[Visited]] = {}
    for visited in Known(_visited).made(bodies).values():
        if visited is not None:
            found.setdefault(visited[0], []).append(visited[1])
    for visits in found.values():
        visits.sort(key=lambda one: one.wall_ms)
    return found


def _visited(doc_id: str, document: Mapping[str, Any]) -> tuple[str, Visited] | None:
    """Return whom a document's visit met and what came of it; None for what is no such visit."""
    if document["type"] != _VISIT:
        return None
    values = shown(document)
    outcome = values.get("outcome")
    if outcome is None or values.get(VOID) is not None:
        return None
    at_ms = written_ms(document, "outcome")
    visit = Visited(id=UUID(doc_id), outcome=str(outcome), wall_ms=at_ms, values=values)
    return str(values["person"]), visit


def policy_of(journal: Journal, village: str, today: date) -> Policy:
    """Return the policy of the campaign that covers a village today, else the standing rule."""
    return _policy(_campaigns(journal), village, today)


def _campaigns(journal: Journal) -> list[dict[str, Any]]:
    return [shown(one) for one in journal.tables.records.search(where("type") == "campaign")]


def _policy(campaigns: Iterable[Mapping[str, Any]], village: str, today: date) -> Policy:
    running = [
        one
        for one in campaigns
        if one.get(VOID) is None
        and contains(str(one.get("area")), village)
        and str(one.get("starts_on") or "") <= today.isoformat()
        and today.isoformat() <= str(one.get("ends_on") or "9999")
    ]
    latest = max(running, key=lambda one: str(one.get("starts_on") or ""), default={})
    policy = latest.get("policy")
    return Policy.from_json(policy) if isinstance(policy, Mapping) else STANDING_RULE


def _bounds(village: str, policy: Policy, today: date) -> tuple[str, str]:
    on = policy.eligible_on or today
    return f"{village} {FIRST_DAY}", f"{village} {on.year - policy.min_age:04d}-{on:%m-%d}"


def _is_due(values: Mapping[str, Any], policy: Policy, today: date) -> bool:
    """Who may be due is asked after: only a known "no" leaves somebody out."""
    birth_date, precision = values.get("birth_date"), values.get("birth_date_precision")
    married = values.get("marital_status")
    return must_hold_card(birth_date, precision, married, policy, on=today) is not False


def _place(values: Mapping[str, Any]) -> tuple[str, ...]:
    words = (str(values.get(name) or "") for name in ("dusun", "rw", "rt", "kk_number", "name"))
    return tuple(word.casefold().zfill(3) if word.isdigit() else word.casefold() for word in words)
