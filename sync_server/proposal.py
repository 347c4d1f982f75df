"""What the regency proposes to the ministry: duplicates, deaths and moves as claims, with evidence.

Nothing here is a fact: only the ministry deletes a duplicate, and only documents prove a death.
Each claim says who said so, when, where it is recorded here, and what was seen that speaks
against it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.clock import wall_of
from shared_schema.display import iso_time
from shared_schema.fold import RecordState
from sync_server.identity import chunks
from sync_server.joined import joined
from sync_server.people import device_labels
from sync_server.store.driver import ask, listed
from sync_server.store.queries import log, records

DUPLICATE = "duplicate"
PRESENT = ("already_recorded", "card_handed_over", "ill_or_elderly", "recorded", "refused",
           "suket_handed_over")  # fmt: skip
COLUMNS = (
    "claim", "nik", "name", "sex", "birth_date", "village", "other_nik", "other_name",
    "source", "said_by", "said_at", "evidence", "against", "record", "other_record", "evidence_id",
)  # fmt: skip
_PERSON = ("nik", "name", "sex", "birth_date", "village")
_AT_ONCE = 500
# The visits in which somebody was said to be dead or gone.
_TOLD = (
    "SELECT v.outcome, v.visit, v.person, v.village"
    " FROM tally_visits AS v INDEXED BY ix_tally_visits_claims"
    " WHERE v.outcome IN ('deceased', 'moved')"
    " AND EXISTS (SELECT 1 FROM records WHERE record = v.person)"
    " AND NOT EXISTS (SELECT 1 FROM records INDEXED BY ix_records_void"
    " WHERE record = v.person AND void)"
    " ORDER BY v.at_ms, v.visit"
)
_HOMES = (
    "SELECT record, json_extract(shown, '$.nik') IS NULL, json_extract(shown, '$.village')"
    " FROM records WHERE record IN (SELECT value FROM json_each(?))"
)
_VISITS = (
    "SELECT visit, at_ms, tick, operator, device FROM tally_visits"
    " WHERE visit IN (SELECT value FROM json_each(?))"
)
_ROOTS = "SELECT record, root FROM clusters WHERE record IN (SELECT value FROM json_each(?))"
_MEMBERS = "SELECT record, root FROM clusters WHERE root IN (SELECT value FROM json_each(?))"
_MET = (
    "SELECT person, at_ms, tick, outcome FROM tally_visits"
    " WHERE person IN (SELECT value FROM json_each(?1))"
    " AND outcome IN (SELECT value FROM json_each(?2))"
)


class Claim(NamedTuple):
    """One claim, unopened: what it says, the link or visit that says so, and about whom.

    `other`: the second record of a duplicate, "" for the others.
    """

    kind: str
    source: str
    record: str
    other: str


def claims(
    connection: Connection, covers: Callable[[str | None], bool] | None = None
) -> list[Claim]:
    """Return every claim: duplicates by id, then deaths and moves by the time they were told.

    Out of tallies that are brought up to date. ``covers``: tells an area; None for everywhere.
    """
    pairs = [Claim(DUPLICATE, *one) for one in joined(connection)]
    told = [
        (Claim(kind, visit, person, ""), village)
        for kind, visit, person, village in ask(connection, _TOLD)
    ]
    if covers is None:
        return [*pairs, *(one for one, _ in told)]
    homes = _homes(connection, pairs)
    mine = [one for one in pairs if covers(homes[_first(one, homes)][1])]
    return [*mine, *(one for one, village in told if covers(village or None))]


def _homes(connection: Connection, pairs: Iterable[Claim]) -> dict[str, tuple[bool, str | None]]:
    rows = ask(connection, _HOMES, listed({end for one in pairs for end in one[2:]}))
    return {record: (bool(lacks_nik), village) for record, lacks_nik, village in rows}


def _first(one: Claim, homes: Mapping[str, tuple[bool, str | None]]) -> str:
    """Return the record of a pair that is named first: one with a NIK before one without."""
    return min(one[2:], key=lambda record: (homes[record][0], record))


def proposal(connection: Connection) -> list[dict[str, Any]]:
    """Return every claim with its evidence."""
    return list(opened(connection, claims(connection)))


def within(connection: Connection, covers: Callable[[str | None], bool]) -> list[dict[str, Any]]:
    """Return the claims about residents of an area, as ``covers`` tells it."""
    return list(opened(connection, claims(connection, covers)))


def opened(connection: Connection, wanted: Iterable[Claim]) -> Iterator[dict[str, Any]]:
    """Yield claims with who said so, when, and what speaks against them."""
    labels = device_labels(connection)
    for part in chunks(wanted, _AT_ONCE):
        yield from _opened(connection, part, labels)


def _opened(
    connection: Connection, part: Sequence[Claim], labels: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    ids = {UUID(one) for claim in part for one in claim[1:] if one}
    known = {str(record): found.state for record, found in records.many(connection, ids).items()}
    told = [one for one in part if one.kind != DUPLICATE]
    visits = {row[0]: row[1:] for row in ask(connection, _VISITS, listed([v.source for v in told]))}
    met = _met(connection, {one.record for one in told})
    writers = _writers(connection, [one.source for one in part if one.kind == DUPLICATE])
    for one in part:
        if one.kind == DUPLICATE:
            yield _duplicate(known, one, writers, labels)
        elif one.source in visits:
            yield _told(known, one, visits[one.source], met.get(one.record, []), labels)


def _duplicate(
    known: Mapping[str, RecordState],
    one: Claim,
    writers: Mapping[tuple[str, str], str],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    ends = (known[one.record], known[one.other])
    first, other = sorted(ends, key=lambda state: (state.shown("nik") is None, state.record))
    link = known[one.source]
    head, method = link.fields["verdict"].winner, link.shown("method")
    stamp = head.stamp if head else None
    by = writers.get((one.source, stamp.text()), "?") if stamp else "?"
    device = stamp.stream.device.hex() if stamp else ""
    return {
        "claim": DUPLICATE,
        **{name: first.shown(name) for name in _PERSON},
        "other_nik": other.shown("nik"),
        "other_name": other.shown("name"),
        "source": "comparison" if str(method).startswith("matcher") else "supervisor",
        "said_by": _named(by, device, labels),
        "said_at": iso_time(wall_of(stamp.hlc)) if stamp else None,
        "evidence": link.shown("reason") or method,
        "against": None,
        "record": str(first.record),
        "other_record": str(other.record),
        "evidence_id": one.source,
    }


def _writers(connection: Connection, links: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return who wrote each change of some links, by record and stamp."""
    entries = log.of_records(connection, links) if links else []
    return {
        (str(entry.change.record), entry.change.stamp.text()): entry.change.operator
        for entry in entries
    }


def _told(
    known: Mapping[str, RecordState],
    one: Claim,
    visit: Sequence[Any],
    met: Sequence[tuple[tuple[int, int], str]],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    at_ms, tick, operator, device = visit
    person = known[one.record]
    later = [seen for seen in met if seen[0] > (at_ms, tick)]
    return {
        "claim": one.kind,
        **{name: person.shown(name) for name in _PERSON},
        "other_nik": None,
        "other_name": None,
        "source": "visit",
        "said_by": _named(operator, device, labels),
        "said_at": iso_time(at_ms),
        "evidence": known[one.source].shown("note"),
        "against": max(later)[1] if later else None,
        "record": one.record,
        "other_record": None,
        "evidence_id": one.source,
    }


def _met(
    connection: Connection, people: Iterable[str]
) -> dict[str, list[tuple[tuple[int, int], str]]]:
    """Return when each resident was met, as any of their records, and with what outcome."""
    root_of = {one: one for one in people}
    root_of |= dict(ask(connection, _ROOTS, listed(root_of)))
    members = {root: root for root in root_of.values()}
    members |= dict(ask(connection, _MEMBERS, listed(members)))
    met: defaultdict[str, list[tuple[tuple[int, int], str]]] = defaultdict(list)
    for person, at_ms, tick, outcome in ask(connection, _MET, listed(members), listed(PRESENT)):
        met[members[person]].append(((at_ms, tick), outcome))
    return {one: met[root] for one, root in root_of.items()}


def _named(operator: str, device: str, labels: Mapping[str, str]) -> str:
    place = labels.get(device)
    return f"{operator} ({place})" if place else operator
