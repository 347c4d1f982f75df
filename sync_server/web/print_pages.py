"""The print queue: whose cards are printed with the blank cards there are, and who waits on."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync_server import auditing, exporting, tallies
from sync_server.accounts import Right, require
from sync_server.office import Office
from sync_server.print_queue import Waiting
from sync_server.registry import context_of
from sync_server.reports import print_report
from sync_server.reports.outage_words import day_text
from sync_server.reports.print_report import PrintQueue
from sync_server.web.errors import RevealReasonMissing
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at

Page = str | Response | tuple[str, int]
_SHOWN = 100
_LAST = 10_000_000
_KIND = "print_queue"


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/print-queue")
    def print_list() -> Page:
        left = tallies.catch_up_soon(office).left
        first = min(max(request.args.get("from", 1, type=int), 1), _LAST)
        with office.store.read() as connection:
            today = context_of(office, connection).today
            found = print_report.wanted(connection, today, actor().covers)
            shown = _rows(looking_at(connection), found, first)
        _noted(office, "print-queue-seen", {"count": found.count.ready})
        return render_template(
            "pages/print_queue.html",
            found=found.count,
            rows=shown,
            first=first,
            page=_SHOWN,
            uncounted=left,
        )

    @pages.post("/print-queue/export")
    def export_print_queue() -> Page:
        require(actor(), Right.REVEAL)
        reason = " ".join(request.form.get("reason", "").split())
        if not reason:
            raise RevealReasonMissing
        exporting.request(office, actor(), _KIND, "csv", "", reason)
        return redirect(url_for("pages.exports", done="asked"), 303)


def _noted(office: Office, action: str, told: dict[str, Any]) -> None:
    with office.store.write() as connection:
        auditing.note(office, connection, actor(), action, "", told)


def _rows(look: Looking, found: PrintQueue, first: int) -> list[dict[str, Any]]:
    shown = found.part(look.connection, first, _SHOWN)
    return [_row(look, one, found) for one in shown]


def _day(day: str, lang: str) -> str:
    return day_text(date.fromisoformat(day) if day else None, lang)


def _row(look: Looking, one: Waiting, found: PrintQueue) -> dict[str, Any]:
    return {
        "at": one.turn,
        "record": one.record,
        "name": one.name,
        "village": look.value("person", "village", one.village),
        "urgent": bool(one.urgent),
        "recorded_on": _day(one.recorded_on, look.lang),
        "card": one.turn <= found.last_card,
        "last": one.turn == found.last_card,
    }
