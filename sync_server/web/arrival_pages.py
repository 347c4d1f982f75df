"""Who of those that the teams brought is new, known already, or to be looked at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from shared_schema.clock import DAY_MS
from sync_server import auditing
from sync_server.comparing import DOUBTFUL, KNOWN, NEW
from sync_server.looking_up import arrivals_seen_by
from sync_server.office import Office
from sync_server.store.queries import matching, records
from sync_server.store.queries.records import Current
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at
from sync_server.web.sheets import Row, row
from sync_server.web.words import text

Page = str | Response | tuple[str, int]
DAYS = (1, 7, 30)
_BANDS = {NEW: "new", KNOWN: "known", DOUBTFUL: "doubtful"}
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One resident as they arrived. ``other``: whom they were compared with best."""

    row: Row
    band: str
    word: str
    bits: float | None
    device: str
    when: str
    other: Row | None


def add(pages: Blueprint, office: Office) -> None:
    """Add the route to the pages."""

    @pages.get("/arrivals")
    def arrivals() -> Page:
        days = request.args.get("days", DAYS[0], type=int)
        days = days if days in DAYS else DAYS[0]
        band = request.args.get("band", "")
        with office.store.write() as connection:
            look = looking_at(connection)
            found = arrivals_seen_by(actor(), connection, office.now_ms() - days * DAY_MS)
            wanted = [one for one in found if band in ("", one[0].band)]
            auditing.note(office, connection, actor(), "arrivals-seen", "", {"count": len(wanted)})
            texts, counts = text(), Counter(one.band for one, _ in found)
            return render_template(
                "pages/arrivals.html",
                shown=_shown(look, wanted[:_MOST]),
                bands=[(name, texts(_BANDS[name]), counts[name]) for name in _BANDS],
                days=days,
                among=DAYS,
                band=band,
                count=len(wanted),
            )


def _shown(look: Looking, found: Sequence[tuple[matching.Arrival, int]]) -> list[Shown]:
    texts = text()
    ids = {UUID(name) for one, _ in found for name in (one.record, one.other) if name}
    known: Mapping[UUID, Current] = records.many(look.connection, ids)
    return [
        Shown(
            row=row(look, known[UUID(one.record)]),
            band=one.band,
            word=texts(_BANDS[one.band]),
            bits=one.weight,
            device=look.labels.get(one.device, one.device),
            when=look.time(when),
            other=_other(look, known, one.other),
        )
        for one, when in found
    ]


def _other(look: Looking, others: Mapping[UUID, Current], record: str | None) -> Row | None:
    current = others.get(UUID(record)) if record else None
    return row(look, current) if current else None
