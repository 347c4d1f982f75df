"""Summons: who of a village is not recorded, by RT, and the letters for a district's head."""

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.records import RECORD_TYPES
from sync_server import auditing, papers, tallies
from sync_server.accounts import Right, require
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.campaign_report import campaign_named, sessions_of
from sync_server.reports.coverage_report import RegionNotHere
from sync_server.reports.summons_letter import Call, letters, place_text
from sync_server.reports.summons_report import Summons, summons, villages_of
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.web.files import paper_file
from sync_server.web.guard import actor
from sync_server.web.words import language

Page = str | Response | tuple[str, int]
_LETTERS = 120


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/campaigns/<record>/summons", endpoint="summons")
    def show_summons(record: str) -> Page:
        return _page(office, record)

    @pages.post("/campaigns/<record>/summons.pdf")
    def print_summons(record: str) -> Page:
        require(actor(), Right.DECIDE)
        form, village = request.form, request.form.get("region", "")
        try:
            with office.store.write() as connection:
                found = _found(office, connection, record, village)
                paper = _paper(office, connection, found, form)
                told = {"village": village, "rt": form.get("rt", ""), "count": found.count}
                auditing.note(office, connection, actor(), "summons-print", record, told)
        except JemputError as error:
            return _page(office, record, error), error.http_status
        return paper_file(f"undangan-{village}.pdf", papers.pdf("summons", paper))


def _found(office: Office, connection: Connection, record: str, village: str) -> Summons:
    today = context_of(office, connection).today
    return summons(connection, record, village, today, actor().covers)


def _paper(
    office: Office, connection: Connection, found: Summons, form: Mapping[str, str]
) -> dict[str, object]:
    call = Call(
        campaign=found.campaign.values["name"],
        village=found.village,
        day=_day(form.get("day", "")),
        time=_line(form.get("time", "")),
        place=_line(form.get("place", "")),
        written=context_of(office, connection).today,
    )
    name = facts.need(connection, Fact.NAME)
    return letters(found.only(form.get("rt", "")), call, name, found.regions, language())


def _page(office: Office, record: str, error: JemputError | None = None) -> str:
    left = tallies.catch_up_soon(office).left
    with office.store.write() as connection:
        campaign = campaign_named(connection, record)
        villages = villages_of(connection, campaign, actor().covers)
        if not villages:
            raise RegionNotHere(text=campaign.values["area"])
        wanted = request.values.get("region", "")
        village = wanted if wanted in villages else villages[0]
        found = _found(office, connection, record, village)
        told = {"village": village, "count": found.count}
        auditing.note(office, connection, actor(), "summons-seen", campaign.record, told)
        chosen = [one for one in found.groups if one.key == request.args.get("rt")]
        return render_template(
            "pages/summons.html",
            found=found,
            villages=villages,
            groups=[(one, place_text(one)) for one in found.groups],
            chosen=chosen[0] if chosen else None,
            chosen_name=place_text(chosen[0]) if chosen else "",
            outcomes=_outcomes(found.left_out),
            given={**_session(connection, found), **request.form},
            uncounted=left,
            error=error,
        )


def _session(connection: Connection, found: Summons) -> dict[str, str]:
    """Return where and when the campaign serves this village next, as the form asks for it."""
    here = [
        one.values
        for one in sessions_of(connection, found.campaign, actor().covers)
        if one.values.get("village") == found.village
    ]
    return {"day": str(here[0]["date"]), "place": str(here[0]["place"])} if here else {}


def _outcomes(left_out: Mapping[str, int]) -> list[tuple[str, int]]:
    codes = RECORD_TYPES["visit"].fields["outcome"].codes
    return [(codes.label(one).text(language()) if codes else one, n) for one, n in left_out.items()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _line(text: str) -> str:
    return " ".join(text.split())[:_LETTERS]
