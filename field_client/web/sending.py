"""The outbox: what is on its way to the office, how far it is, and what came back with a reason."""

from collections.abc import Mapping

from flask import Blueprint

from field_client.entries import Standing
from field_client.opened import App
from field_client.outbox import sealed_through
from field_client.records import HELD
from field_client.search import LIMIT
from field_client.web import screens
from field_client.web.desk import Desk
from field_client.web.errors import PageMissing
from field_client.web.screens import Row
from field_client.web.showing import Page, page
from field_client.web.syncing import runner
from field_client.web.visitors import Visitors

STAGES = ("refused", "draft", "ready", "sealed", "held", "received")
_MARKS = {"refused": "attention", "draft": "draft", "received": "received"}


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the outbox."""
    room = Blueprint("sending", __name__)

    @room.get("/outbox", defaults={"stage": ""})
    @room.get("/outbox/<stage>")
    def outbox(stage: str) -> Page:
        if stage and stage not in STAGES:
            raise PageMissing
        with desk.use() as app:
            found, course = sorted_out(app), runner().course
            chosen = stage or next((one for one in STAGES if found[one]), "ready")
            shown = _rows(app, found[chosen][:LIMIT], noted=chosen == "refused")
            return page(
                desk,
                app,
                "outbox.html",
                stages=[(one, _MARKS.get(one, "waiting"), len(found[one])) for one in STAGES],
                chosen=chosen,
                total=len(found[chosen]),
                rows=shown,
                running=course.active,
                failed=course.failed,
            )

    return room


def sorted_out(app: App) -> dict[str, list[str]]:
    """Return the ids of own records by stage, each once and by its worst, the newest first."""
    received = app.journal.received()
    held = app.tables.read_meta(HELD)
    sealed = {one.hex(): sealed_through(app, one) for one in app.journal.branches.all()}
    stages: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for record, now, last in app.journal.standings():
        open_ends = {stream: at for stream, at in last.items() if at > received.get(stream, 0)}
        stages[_stage(now, open_ends, sealed, held)].append(record)
    return {stage: found[::-1] for stage, found in stages.items()}


def _stage(
    now: Standing,
    open_ends: Mapping[str, int],
    sealed: Mapping[str, int],
    held: Mapping[str, int],
) -> str:
    if now is not Standing.WAITING:
        return "refused" if now is Standing.ATTENTION else str(now)
    if all(at <= held.get(stream, 0) for stream, at in open_ends.items()):
        return "held"
    if all(at <= sealed.get(stream, 0) for stream, at in open_ends.items()):
        return "sealed"
    return "ready"


def _rows(app: App, records: list[str], *, noted: bool) -> list[tuple[Row, list[str]]]:
    """Return rows, with what the office said of each where it is ``noted``."""
    return [
        (screens.row(app, entry), list(screens.sheet(app, entry).notes) if noted else [])
        for entry in app.journal.entries_of(records)
    ]
