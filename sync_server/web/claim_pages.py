"""What the field says and the ministry does not: recordings that it lacks, and our proposal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.regions import Level, level
from sync_server import auditing, exporting, proposal, requeueing, tallies
from sync_server.accounts import Right, require
from sync_server.office import Office
from sync_server.proposal import Claim
from sync_server.registry import context_of
from sync_server.reports.unconfirmed_report import (
    COLUMNS,
    Unconfirmed,
    Wanted,
    lost,
    unconfirmed_report,
)
from sync_server.unconfirmed import AGES_DAYS
from sync_server.web.errors import RevealReasonMissing
from sync_server.web.files import table_file
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at
from sync_server.web.words import claim_word

Page = str | Response | tuple[str, int]
_SHOWN = 200
_PERSON = "person"
_AT_DESK = ("user:", "matcher:")
_OLDEST_DAYS = 99_999


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""
    _add_unconfirmed(pages, office)
    _add_requeue(pages, office)
    _add_proposal(pages, office)


def _add_unconfirmed(pages: Blueprint, office: Office) -> None:
    @pages.get("/unconfirmed")
    def unconfirmed_list() -> Page:
        left, wanted = tallies.catch_up_soon(office).left, _wanted(request.args)
        with office.store.read() as connection:
            found = _unconfirmed(office, connection, wanted, _SHOWN)
            page = _page(looking_at(connection), found, wanted, left)
        with office.store.write() as connection:
            told = {"count": found.count}
            auditing.note(office, connection, actor(), "unconfirmed-seen", "", told)
        return page

    @pages.post("/unconfirmed/export")
    def export_unconfirmed() -> Page:
        require(actor(), Right.REVEAL)
        reason = _reason()
        region = request.form.get("region", "")
        if not exporting.is_agreed(office, actor(), "unconfirmed", region):
            return _asked(office, "unconfirmed", region, reason)
        with office.store.write() as connection:
            found = _unconfirmed(office, connection, _wanted(request.form))
            told = {"reason": reason, "count": len(found.people)}
            auditing.note(office, connection, actor(), "unconfirmed-export", "", told)
        rows = [[one[name] for name in COLUMNS] for one in found.as_dict()["people"]]
        return table_file("unconfirmed.csv", COLUMNS, rows)


def _add_requeue(pages: Blueprint, office: Office) -> None:
    @pages.post("/unconfirmed/requeue")
    def requeue_unconfirmed() -> Page:
        require(actor(), Right.DECIDE)
        reason = _reason()
        tallies.finish(office)
        with office.store.write() as connection:
            today = context_of(office, connection).today
            people = lost(connection, today, _wanted(request.form))
            count = requeueing.requeue(office, connection, actor(), people, reason)
            told = {"reason": reason, "count": count}
            auditing.note(office, connection, actor(), "unconfirmed-requeue", "", told)
        return redirect(url_for("pages.unconfirmed_list", requeued=count), 303)


def _add_proposal(pages: Blueprint, office: Office) -> None:
    @pages.get("/proposal")
    def proposal_page() -> Page:
        left = tallies.catch_up_soon(office).left
        with office.store.read() as connection:
            claims = proposal.claims(connection, actor().covers if actor().area else None)
            shown = list(proposal.opened(connection, claims[:_SHOWN]))
            page = render_template(
                "pages/proposal.html",
                counts=_counted(claims),
                claims=_claims(looking_at(connection), shown),
                total=len(claims),
                uncounted=left,
                claim_word=claim_word,
            )
        with office.store.write() as connection:
            told = {"count": len(claims)}
            auditing.note(office, connection, actor(), "proposal-seen", "", told)
        return page

    @pages.post("/proposal/export")
    def export_proposal() -> Page:
        require(actor(), Right.REVEAL)
        reason = _reason()
        if not exporting.is_agreed(office, actor(), "proposal"):
            return _asked(office, "proposal", "", reason)
        with office.store.write() as connection:
            claims = proposal.within(connection, actor().covers)
            told = {"reason": reason, "count": len(claims)}
            auditing.note(office, connection, actor(), "proposal-export", "", told)
        rows = [[claim[name] for name in proposal.COLUMNS] for claim in claims]
        return table_file("proposal.csv", proposal.COLUMNS, rows)


def _asked(office: Office, kind: str, region: str, reason: str) -> Page:
    """Ask a second person to agree, and lead to where that is seen."""
    exporting.request(office, actor(), kind, "csv", region, reason)
    return redirect(url_for("pages.exports", done="asked"), 303)


def _reason() -> str:
    reason = " ".join(request.form.get("reason", "").split())
    if not reason:
        raise RevealReasonMissing
    return reason


def _wanted(given: Mapping[str, str]) -> Wanted:
    older = given.get("older_than", "0")
    return Wanted(
        region=given.get("region") or None,
        older_than=min(int(older[:9]), _OLDEST_DAYS) if older.isdecimal() else 0,
        team=given.get("team") or None,
        kit=given.get("kit") or None,
        areas=actor().area,
    )


def _unconfirmed(
    office: Office, connection: Connection, wanted: Wanted, most: int | None = None
) -> Unconfirmed:
    return unconfirmed_report(connection, context_of(office, connection).today, wanted, most)


def _page(look: Looking, found: Unconfirmed, wanted: Wanted, left: int) -> str:
    document = found.as_dict()
    return render_template(
        "pages/unconfirmed.html",
        document=document,
        uncounted=left,
        requeued={one.visit for one in found.people if one.requeued},
        to_queue=found.count - found.requeued,
        done=request.args.get("requeued", type=int),
        people=[_person(look, one) for one in document["people"]],
        wanted=wanted,
        team_choices=[(one, one) for one in found.teams],
        kit_choices=[(one, one) for one in found.kits],
        ages=[limit + 1 for limit in AGES_DAYS],
        districts=[
            (code, look.regions.name(code))
            for code, _ in look.regions.to_rows()
            if level(code) is Level.DISTRICT and actor().covers(code)
        ],
    )


def _person(look: Looking, one: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("name", "village", "birth_date", "nik")
    return {**one, **{name: look.value(_PERSON, name, one[name]) for name in shown}}


def _counted(claims: Sequence[Claim]) -> list[tuple[str, int]]:
    counts = Counter(claim.kind for claim in claims)
    return [(claim_word(name), counts[name]) for name in ("duplicate", "deceased", "moved")]


def _claims(look: Looking, claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **claim,
            "word": claim_word(claim["claim"]),
            **{name: look.value(_PERSON, name, claim[name]) for name in ("nik", "village", "name")},
            "other_nik": look.value(_PERSON, "nik", claim["other_nik"]),
            **_said(look, claim),
        }
        for claim in claims
    ]


def _said(look: Looking, claim: Mapping[str, Any]) -> dict[str, str | None]:
    """Return who said so in words; what the matcher did is no evidence beside its name."""
    by, evidence = str(claim["said_by"] or ""), claim["evidence"]
    if by.startswith(_AT_DESK):
        by = look.writer_named(by, "")
    return {"said_by": by, "evidence": None if evidence == claim["said_by"] else evidence}
