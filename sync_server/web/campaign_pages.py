"""Campaigns: planned from who is not recorded, villages given to teams and devices, what came."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import Level, RegionTable, contains, level
from sync_server import assigning, auditing, charts, displaced, tallies
from sync_server.accounts import Right, require
from sync_server.assigning import Assignment
from sync_server.campaigns import AreaOutside, add_campaign
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.campaign_report import CampaignReport, campaign_report, campaigns
from sync_server.reports.pace_report import recorded_by_day
from sync_server.store.queries import devices, facts
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact
from sync_server.web.guard import actor
from sync_server.web.paging import part_of
from sync_server.web.words import day_text, language

Page = str | Response | tuple[str, int]
_POLICY = ("eligible_on", "deadline")
_SESSIONS = 60
_PLAIN = ("name", "area", "starts_on", "ends_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why people were not recorded: outcome and reason in words, and how many visits."""

    outcome: str
    reason: str
    count: int


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/campaigns")
    def campaign_list() -> Page:
        return _list_page(office)

    @pages.post("/campaigns")
    def add_campaign_here() -> Page:
        require(actor(), Right.DECIDE)
        given = {name: request.form.get(name) or None for name in _PLAIN}
        if not actor().covers(given["area"]):
            error = AreaOutside(area=given["area"], region=", ".join(actor().area))
            return _list_page(office, error), error.http_status
        policy = {name: request.form[name] for name in _POLICY if request.form.get(name)}
        try:
            record, _ = add_campaign(
                office, {**given, "policy": policy or None}, actor().operator, language()
            )
        except JemputError as error:
            return _list_page(office, error), error.http_status
        with office.store.write() as connection:
            auditing.note(office, connection, actor(), "campaign-add", str(record), {})
        return redirect(url_for("pages.campaign", record=record), 303)

    @pages.get("/campaigns/<record>")
    def campaign(record: str) -> Page:
        return _page(office, record)

    @pages.post("/campaigns/<record>/assign")
    def assign_villages(record: str) -> Page:
        require(actor(), Right.DECIDE)
        form = request.form
        wanted = Assignment(
            villages=form.getlist("village"),
            team=form.get("team", ""),
            device=form.get("device", ""),
            widen=form.get("widen") == "yes",
        )
        try:
            with office.store.write() as connection:
                assigning.assign(office, connection, actor(), record, wanted)
        except JemputError as error:
            return _page(office, record, error), error.http_status
        return redirect(
            url_for(
                "pages.campaign", record=record, done="assigned", region=request.args.get("region")
            ),
            303,
        )


def _list_page(office: Office, error: JemputError | None = None) -> str:
    with office.store.read() as connection:
        region = facts.need(connection, Fact.REGION)
        table = RegionTable.from_rows(facts.region_rows(connection))
        return render_template(
            "pages/campaigns.html",
            campaigns=[one for one in campaigns(connection) if actor().touches(one.values["area"])],
            regions=table,
            areas=[
                code
                for code in table.names
                if contains(region, code) and level(code) <= Level.DISTRICT and actor().covers(code)
            ],
            given=request.form,
            error=error,
        )


def _page(office: Office, record: str, error: JemputError | None = None) -> str:
    left = tallies.catch_up_soon(office).left
    if not left and displaced.requeue_new(office):
        left = tallies.catch_up_soon(office).left
    with office.store.read() as connection:
        today = context_of(office, connection).today
        report = campaign_report(connection, record, today, actor().covers)
        known = [one for one in devices.everyone(connection) if one.revoked_ms is None]
        area, covers = report.found.region, actor().covers
        days = recorded_by_day(connection, today, lambda at: contains(area, at) and covers(at))
    tallies.keep(office, report.found.sums)
    district = _district(report)
    return render_template(
        "pages/campaign.html",
        report=report,
        sessions=part_of(report.sessions, _SESSIONS, "points"),
        total=report.found.counts[report.found.region],
        reasons=_reasons(report),
        shown=[one for one in report.villages if contains(district, one.code)],
        district=district,
        districts=report.regions.districts(report.found.region),
        devices=[one for one in known if any(map(covers, one.scope))],
        labels={one.id.hex(): one.label for one in known},
        outside=_outside(report, known),
        uncounted=left,
        chart=charts.bars(
            [day for day, _ in days],
            [count for _, count in days],
            report.found.needed(report.found.region),
        ),
        days=[(day_text(day), [count]) for day, count in reversed(days)],
        error=error,
        done=request.args.get("done", ""),
    )


def _district(report: CampaignReport) -> str:
    """Return the district whose villages are shown: the one asked for, else the one most behind."""
    wanted = request.args.get("region", "")
    behind = sorted(
        report.found.inside(report.found.region),
        key=lambda code: -report.found.counts[code].not_recorded,
    )
    if level(report.found.region) is not Level.REGENCY or not behind:
        return report.found.region
    return wanted if wanted in behind else behind[0]


def _outside(report: CampaignReport, known: Sequence[Device]) -> set[str]:
    """Return the villages whose device does not get them at its sync."""
    scopes = {one.id.hex(): one for one in known}
    return {
        one.code
        for one in report.villages
        if one.device and not (one.device in scopes and scopes[one.device].covers(one.code))
    }


def _reasons(report: CampaignReport) -> list[Reason]:
    visit, lang = RECORD_TYPES["visit"], language()

    def word(field: str, code: str) -> str:
        codes = visit.fields[field].codes
        return codes.label(code).text(lang) if codes and code else ""

    found = [
        Reason(outcome=word("outcome", outcome), reason=word("reason", reason), count=count)
        for (outcome, reason), count in report.reasons.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.outcome, one.reason))
