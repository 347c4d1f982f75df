"""Decisions as pages show them: in words, with the names of the two records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import request

from shared_schema.records import RECORD_TYPES
from shared_schema.records.link import VERDICT
from sync_server import telling
from sync_server.second_looks import Look
from sync_server.web.guard import actor
from sync_server.web.looking import Looking
from sync_server.web.sheets import Row, row
from sync_server.web.words import text

PAGE = telling.PAGE
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
    return [_one(look, one) for one in telling.latest(look.connection, before)]


def standing(look: Looking, before: int | None) -> list[Told]:
    """Return the newest verdicts that stand, as ``latest`` does; what was taken back is left out.

    At most a page, of the last 600 decisions.
    """
    user = actor()
    found, _ = telling.those(
        look.connection,
        lambda one: bool(one.stands and one.verdict and one.seen_by(user)),
        before,
        PAGE,
    )
    return [_one(look, one) for one in found]


def named(look: Looking, decisions: Iterable[UUID]) -> list[Told]:
    """Return some decisions, in the order given; those that are none are left out."""
    told = [_one(look, one) for one in telling.named(look.connection, list(decisions))]
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


def _one(look: Looking, told: telling.Told) -> Told:
    kinds = {one.state.type for one in told.known.values()}
    return Told(
        id=str(told.change.id),
        position=told.position,
        when=look.when(told.change),
        writer=look.writer(told.change),
        verdict=told.verdict,
        word=_word(told.verdict, look.lang, outage=kinds == {"outage"}),
        reason=told.reason,
        ends=[row(look, told.known[end]) for end in (told.a, told.b) if end in told.known],
        stands=told.stands,
        refused=told.refused,
        automatic=told.automatic,
        look=told.look,
        seen=told.seen_by(actor()),
    )


def _word(verdict: str, lang: str, *, outage: bool) -> str:
    texts = text()
    if not verdict:
        return texts("taken back")
    if outage and verdict in _OUTAGES:
        return texts(_OUTAGES[verdict])
    return VERDICT.label(verdict).text(lang)
