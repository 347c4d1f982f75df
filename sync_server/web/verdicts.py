"""Decisions as pages show them: who said what about whom, why, and whether it still stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import request
from sqlalchemy import literal_column, select

from shared_schema.changes import VOID, Change
from shared_schema.ids import change_sequence
from shared_schema.records import RECORD_TYPES
from shared_schema.records.link import VERDICT
from sync_server import second_looks
from sync_server.matching.exact import LINK_TYPE
from sync_server.people import root_of
from sync_server.second_looks import Look
from sync_server.store.queries import log, records
from sync_server.store.queries.records import Current
from sync_server.store.tables import changes
from sync_server.web.guard import actor
from sync_server.web.looking import Looking
from sync_server.web.sheets import Row, row
from sync_server.web.words import text

PAGE = 30
# As text: only so does SQLite see that the partial index has them all.
_IS_LINK = changes.c.type == literal_column(f"'{LINK_TYPE}'")
_PAGES = 20
_OUTAGES = {
    "same": "the same outage",
    "different": "different outages",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One decision. ``stands``: nothing followed it. ``verdict`` as JSON has it, "" for taken back.

    ``refused``: a *same* that another verdict keeps apart. ``seen``: the user's to see.
    """

    id: str
    position: int
    when: str
    writer: str
    verdict: str
    word: str
    reason: str
    ends: Sequence[Row]
    stands: bool
    refused: bool
    automatic: bool
    look: Look | None
    seen: bool


def latest(look: Looking, before: int | None) -> list[Told]:
    """Return the newest decisions first, those before a place in the log where one is given."""
    query = select(changes).where(_IS_LINK)
    if before is not None:
        query = query.where(changes.c.position < before)
    rows = look.connection.execute(query.order_by(changes.c.position.desc()).limit(PAGE))
    return _told(look, [log.logged_of(one) for one in rows])


def standing(look: Looking, before: int | None) -> list[Told]:
    """Return the newest verdicts that stand, as ``latest`` does; what was taken back is left out.

    At most a page, of the last 600 decisions.
    """
    found: list[Told] = []
    for _ in range(_PAGES):
        told = latest(look, before)
        found += [one for one in told if one.stands and one.verdict and one.seen]
        if len(found) >= PAGE or len(told) < PAGE:
            break
        before = told[-1].position
    return found[:PAGE]


def named(look: Looking, decisions: Iterable[UUID]) -> list[Told]:
    """Return some decisions, in the order given; those that are none are left out."""
    found: dict[str, Told] = {}
    for record in {one.record for one in _changes(look, decisions)}:
        found.update({one.id: one for one in _told(look, log.of_record(look.connection, record))})
    told = [found[str(one)] for one in decisions if str(one) in found]
    return [one for one in told if one.seen]


def last_decisions(look: Looking, given: str) -> list[Told]:
    """Return the decisions that an address names as the last ones made."""
    wanted = []
    for part in given.split(",")[:28]:
        try:
            wanted.append(UUID(part))
        except ValueError:
            continue
    return named(look, wanted)


def kept_fields(look: Looking) -> list[str]:
    """Return the labels of the fields that an address names as left alone by an undo."""
    names = request.args.get("kept", "").split(",")
    return [look.label("person", name) for name in names if name in RECORD_TYPES["person"].fields]


def _changes(look: Looking, decisions: Iterable[UUID]) -> list[Change]:
    found: list[Change] = []
    for one in decisions:
        place = change_sequence(one)
        if place is not None:
            stream, sequence = place
            found += log.of_stream(look.connection, stream, sequence, sequence)
    return [change for change in found if change.type == LINK_TYPE]


def _told(look: Looking, entries: Sequence[log.Logged]) -> list[Told]:
    links = records.many(look.connection, {one.change.record for one in entries})
    looks = second_looks.of(look.connection, [str(one.change.id) for one in entries])
    return [
        _one(look, entry, links[entry.change.record], looks.get(str(entry.change.id)))
        for entry in entries
        if entry.change.record in links and entry.change.writes.keys() & {"verdict", VOID}
    ]


def _one(look: Looking, entry: log.Logged, link: Current, asked: Look | None) -> Told:
    change, state = entry.change, link.state
    ends = [UUID(str(state.shown(end))) for end in ("a", "b")]
    known = records.many(look.connection, ends)
    verdict = _verdict(change)
    kinds = {one.state.type for one in known.values()}
    standing = state.fields["verdict"].winner
    ended = state.fields[VOID].winner if VOID in state.fields else None
    latest_stamp = max(head.stamp for head in (standing, ended) if head is not None)
    together = verdict == "same" and len({root_of(look.connection, end) for end in ends}) == 1
    return Told(
        id=str(change.id),
        position=entry.position,
        when=look.when(change),
        writer=look.writer(change),
        verdict=verdict,
        word=_word(verdict, look.lang, outage=kinds == {"outage"}),
        reason=str(state.shown("reason") or "")
        if change.stamp == latest_stamp
        else _reason(change),
        ends=[row(look, known[end]) for end in ends if end in known],
        stands=change.stamp == latest_stamp,
        refused=verdict == "same" and change.stamp == latest_stamp and not together,
        automatic=change.operator.startswith("matcher:"),
        look=asked,
        seen=any(actor().covers(one.area) for one in known.values()),
    )


def _verdict(change: Change) -> str:
    """Return what a change says: a verdict, or "" where it takes one back."""
    void = change.writes.get(VOID)
    if void is not None and void.value is not None:
        return ""
    write = change.writes.get("verdict")
    return str(write.value) if write is not None else ""


def _reason(change: Change) -> str:
    write = change.writes.get("reason")
    return str(write.value or "") if write is not None else ""


def _word(verdict: str, lang: str, *, outage: bool) -> str:
    texts = text()
    if not verdict:
        return texts("taken back")
    if outage and verdict in _OUTAGES:
        return texts(_OUTAGES[verdict])
    return VERDICT.label(verdict).text(lang)
