"""Districts and villages at a glance: a tile a village, drawn here, and the table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.regions import Level, contains, district_of, level
from sync_server import outages, tallies
from sync_server.coverage import Count
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.coverage_report import RegionNotHere
from sync_server.reports.outage_report import outage_report
from sync_server.reports.outage_words import place_text
from sync_server.reports.overview_report import Overview, overview
from sync_server.web.guard import actor
from sync_server.web.overview_pages import Line, line
from sync_server.web.words import number, text

Page = str | Response | tuple[str, int]
_STEPS = (50, 70, 80, 90, 97)
_EVERYWHERE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One village: the share that is recorded, in percent, and the step of its shade."""

    code: str
    name: str
    share: int | None
    step: int
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """One district with its villages, and what is out of order there."""

    line: Line
    tiles: Sequence[Tile]
    down: Sequence[str]


def add(pages: Blueprint, office: Office) -> None:
    """Add the route to the pages."""

    @pages.get("/areas")
    def areas() -> Page:
        tallies.catch_up_soon(office)
        with office.store.read() as connection:
            today = context_of(office, connection).today
            found = overview(connection, today, actor().covers)
            wanted = request.args.get("region") or found.region
            if wanted not in found.counts or level(wanted) is Level.VILLAGE:
                raise RegionNotHere(text=wanted)
            down = _down(connection, found)
        tallies.keep(office, found.sums)
        shown = [wanted] if level(wanted) is Level.DISTRICT else found.inside(wanted)
        return render_template(
            "pages/areas.html",
            found=found,
            total=line(found, wanted),
            whole=wanted == found.region,
            lines=[line(found, code) for code in found.inside(wanted)],
            down=down.get(_EVERYWHERE, ()) if wanted == found.region else (),
            districts=[_district(found, code, down.get(code, ())) for code in shown],
            steps=_STEPS,
        )


def _district(found: Overview, code: str, down: Sequence[str]) -> District:
    return District(
        line=line(found, code),
        tiles=[_tile(found, village) for village in found.inside(code)],
        down=down,
    )


def _tile(found: Overview, code: str) -> Tile:
    count, name = found.counts[code], found.regions.name(code)
    share = share_recorded(count)
    told = text()("{name}: {recorded} of {due} recorded, {missing} not")
    return Tile(
        code=code,
        name=name,
        share=share,
        step=0 if share is None else 1 + sum(share >= least for least in _STEPS),
        told=told.format(
            name=name,
            recorded=number(count.wajib - count.not_recorded),
            due=number(count.wajib),
            missing=number(count.not_recorded),
        ),
    )


def share_recorded(count: Count) -> int | None:
    """Return the share that is recorded, in whole percent and never rounded up to all."""
    return 100 * (count.wajib - count.not_recorded) // count.wajib if count.wajib else None


def _down(connection: Connection, found: Overview) -> dict[str, list[str]]:
    """Return where outages are open, by district; those of no one district under "".

    Such as the regency's own server, or "several districts" that nobody named.
    """
    report = outage_report(connection, found.as_of, actor().covers)
    told: dict[str, list[str]] = {}
    for one in report.outages:
        if outages.is_open(one) and contains(found.region, one.area or found.region):
            district = district_of(one.area or "") or _EVERYWHERE
            told.setdefault(district, []).append(place_text(report, one))
    return told
