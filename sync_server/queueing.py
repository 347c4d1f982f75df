"""A user's own walk through the queue: within their area, from where they stood."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection

from shared_schema.errors import RecordUnknown
from sync_server import queue
from sync_server.accounts import Actor
from sync_server.lookup import resolve
from sync_server.queue import OUTAGE, PERSON, Case, Filters
from sync_server.store.queries import records, sessions

KINDS = (PERSON, OUTAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a user is: the case to look at, none at the end, and how many are left in all."""

    case: Case | None
    left: int
    behind: int


def upcoming(
    connection: Connection, actor: Actor, filters: Filters, after: str = "", limit: int = 1
) -> tuple[list[Case], int]:
    """Return the next cases behind a key that the user may see, and how many are left in all."""
    return queue.open_cases(connection, filters, after, limit, actor.area)


def left(connection: Connection, actor: Actor, kind: str) -> int:
    """Return how many cases of a kind ask for a verdict."""
    return count(connection, actor, Filters(kind=kind))


def count(connection: Connection, actor: Actor, filters: Filters) -> int:
    """Return how many of the cases asked for are left, without opening any."""
    return upcoming(connection, actor, filters, limit=0)[1]


def step(connection: Connection, actor: Actor, filters: Filters, after: str) -> Step:
    """Return the case behind a key."""
    cases, left_over = upcoming(connection, actor, filters, after)
    return Step(case=cases[0] if cases else None, left=left_over, behind=len(cases))


def case_seen_by(connection: Connection, actor: Actor, record: str) -> Case | None:
    """Return the case that a record is in, None where nothing is open about it.

    Raises RecordUnknown, also where all of it lies elsewhere.
    """
    found = queue.case_of(connection, resolve(connection, record).record)
    if found is not None and actor.area:
        known = records.many(connection, found.records).values()
        if not any(actor.covers(one.area) for one in known):
            raise RecordUnknown(text=record)
    return found


def filters_of(text: str) -> Filters:
    """Return the filters that a query string names; what it does not understand asks for all."""
    given = dict(parse_qsl(text))
    kind = given.get("kind", PERSON)
    return Filters(
        kind=kind if kind in KINDS else PERSON,
        area=given.get("area") or None,
        campaign=given.get("campaign") or None,
        least=_number(given.get("least")),
        most=_number(given.get("most")),
        undecided={"yes": True, "no": False}.get(given.get("undecided", "")),
    )


def query_of(filters: Filters) -> str:
    """Return filters as a query string that ``filters_of`` reads."""
    undecided = {True: "yes", False: "no", None: None}[filters.undecided]
    given = {
        "kind": filters.kind,
        "area": filters.area,
        "campaign": filters.campaign,
        "least": None if filters.least is None else f"{filters.least:g}",
        "most": None if filters.most is None else f"{filters.most:g}",
        "undecided": undecided,
    }
    return urlencode({name: value for name, value in given.items() if value})


def _number(text: str | None) -> float | None:
    try:
        found = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return found if abs(found) <= 1000 else None


def keep_place(connection: Connection, actor: Actor, filters: Filters, place: str) -> None:
    """Remember where a user stands in a queue, also beyond their session."""
    sessions.set_place(connection, actor.name, filters.kind or PERSON, place, query_of(filters))


def kept_place(connection: Connection, actor: Actor, kind: str) -> tuple[str, Filters]:
    """Return where a user stood in a queue: the key to go on behind, and the filters."""
    found = sessions.place(connection, actor.name, kind)
    if found is None:
        return "", Filters(kind=kind)
    return found[0], filters_of(found[1])
