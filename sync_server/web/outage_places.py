"""The outages of one place, a district or a recording kit, with all that happened there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from sync_server import outages as arithmetic
from sync_server.outages import Outage
from sync_server.reports.outage_report import OutageReport
from sync_server.timeline import Event, timeline

_KIT = "kit:"
_MOST = 200


def places(report: OutageReport) -> list[tuple[str, str]]:
    """Return what can be asked for, by name: each region and each kit that an outage names."""
    areas = {one.area for one in report.outages if one.area}
    kits = {str(kit) for one in report.outages if (kit := one.value("kit"))}
    named = [(code, report.regions.name(code)) for code in sorted(areas)]
    return [*named, *((f"{_KIT}{kit}", kit) for kit in sorted(kits))]


def narrowed(report: OutageReport, wanted: str) -> OutageReport:
    """Return a report of one place's outages only; of all where it names none of the places."""
    if wanted not in dict(places(report)):
        return report
    mine = tuple(one for one in report.outages if wanted in _named(one))
    ids = {one.id for one in mine}
    return replace(
        report,
        outages=mine,
        redirects=tuple(one for one in report.redirects if one.outage in ids),
        repairs=arithmetic.time_to_repair(mine),
    )


def _named(outage: Outage) -> set[str]:
    return {outage.area or "", f"{_KIT}{outage.value('kit') or ''}"}


def history(report: OutageReport) -> list[tuple[Outage, Event]]:
    """Return what happened in all outages of a report, the newest first; the last 200 of it."""
    found = sorted(_events(report), key=lambda one: one[1].on or date.min, reverse=True)
    return found[:_MOST]


def _events(report: OutageReport) -> Iterator[tuple[Outage, Event]]:
    for outage in report.outages:
        for event in timeline(outage):
            yield outage, event
