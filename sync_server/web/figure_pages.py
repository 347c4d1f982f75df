"""Figures as published beside our own: raw text for ever, what we read in it, what does not fit."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.days import read_day
from shared_schema.errors import JemputError
from shared_schema.numerals import shown
from shared_schema.regions import RegionTable
from sync_server import auditing, example, noting, tallies
from sync_server.accounts import Right, require
from sync_server.figures import DEADLINE, MEASURES
from sync_server.importing import require_import
from sync_server.office import Office
from sync_server.places import known_regions
from sync_server.registry import context_of
from sync_server.reports.outage_words import day_text
from sync_server.reports.overview_report import overview
from sync_server.reports.published import Figure, RegionFinding, figures, findings
from sync_server.reports.stock_report import stock_report
from sync_server.web import noted
from sync_server.web.guard import actor
from sync_server.web.looking import looking_at
from sync_server.web.words import language

Page = str | Response | tuple[str, int]
_FIELDS = ("region", "measure", "raw", "as_of", "source", "approximate", "note")
_KIND = "figure"


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/figures")
    def figure_list() -> Page:
        return _page(office)

    @pages.post("/figures")
    def note_figure() -> Page:
        require(actor(), Right.DECIDE)
        form = noted.said(request.form)
        try:
            with office.store.write() as connection:
                noted.note(office, connection, _KIND, form)
        except JemputError as error:
            return _page(office, form=form, error=error), error.http_status
        return redirect(url_for("pages.figure_list"), 303)

    @pages.post("/figures/withdraw")
    def withdraw_figure() -> Page:
        noted.withdraw(office, request.form.get("noted", ""))
        return redirect(url_for("pages.figure_list"), 303)

    @pages.post("/figures/example")
    def figure_example() -> Page:
        require_import(actor())
        wanted = request.form.get("do", "")
        with office.store.write() as connection:
            act = example.remove if wanted == "remove" else example.load
            count = act(office, connection, actor().operator)
            told = {"count": count, "do": "remove" if wanted == "remove" else "load"}
            auditing.note(office, connection, actor(), "example", "", told)
        return redirect(url_for("pages.figure_list"), 303)


def _page(
    office: Office, *, form: Mapping[str, str] | None = None, error: JemputError | None = None
) -> str:
    tallies.catch_up(office)
    with office.store.read() as connection:
        look, regions = looking_at(connection), known_regions(connection)
        today, covers = context_of(office, connection).today, actor().covers
        counted = overview(connection, today, covers)
        cards = stock_report(connection, today, covers).by_region
        known = figures(connection, None, counted.counts, cards)
        found = [one for one in known if covers(one.region)]
        said = findings(found, counted.rule.policy.deadline)
        page = render_template(
            "pages/figures.html",
            groups=_groups(connection, found, said, regions),
            measures=[(code, label.text(look.lang)) for code, label in MEASURES.items()],
            fields=noted.inputs(look, _KIND, _FIELDS, form or {}),
            loaded=example.is_loaded(connection),
            error=error,
        )
    tallies.keep(office, counted.sums)
    return page


def _groups(
    connection: Connection,
    found: Sequence[Figure],
    said: Sequence[RegionFinding],
    regions: RegionTable,
) -> list[dict[str, Any]]:
    """Return the figures of each region and day, with what the arithmetic says of them."""
    lang, groups = language(), []
    for (region, as_of), several in groupby(found, key=lambda one: (one.region, one.as_of)):
        here = [one.finding for one in said if (one.region, one.as_of) == (region, as_of)]
        proposed = {one.measure: one.proposed for one in here if one.proposed is not None}
        groups.append(
            {
                "name": regions.name(region),
                "day": day_text(as_of, lang),
                "rows": [_row(connection, one, proposed, lang) for one in several],
                "said": [
                    (
                        one.disagrees,
                        one.disagrees or one.code == "BLANKS_SHORT",
                        one.text.text(lang),
                    )
                    for one in here
                ],
            }
        )
    return groups


def _row(
    connection: Connection, one: Figure, proposed: Mapping[str | None, Decimal | None], lang: str
) -> dict[str, Any]:
    measure = one.published.measure
    proposal = proposed.get(measure)
    return {
        "record": one.record,
        "measure": MEASURES[measure].text(lang) if measure in MEASURES else measure,
        "raw": one.published.raw,
        "read": _read(one, lang),
        "malformed": measure != DEADLINE and one.published.reading.malformed,
        "proposed": None if proposal is None else shown(proposal, lang),
        "ours": None if one.ours is None else shown(one.ours, lang),
        "source": one.source or "-",
        "withdrawable": noting.is_ours(connection, UUID(one.record)),
    }


def _read(one: Figure, lang: str) -> str:
    if one.published.measure == DEADLINE:
        return day_text(read_day(one.published.raw), lang)
    reading = one.published.reading
    about = "± " if one.approximate else ""
    low, high = (None if end is None else shown(end, lang) for end in (reading.low, reading.high))
    if low is None and high is None:
        return "-"
    if low == high:
        return f"{about}{low}"
    if low is None:
        return f"{about}≤ {high}"
    return f"{about}≥ {low}" if high is None else f"{about}{low} - {high}"
