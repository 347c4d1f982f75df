"""Tasks: the residents to be seen, by hamlet, RT and household, on the screen and on paper."""

from datetime import tzinfo
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, request

from field_client import display, tasks
from field_client.commands.unlocking import check_context
from field_client.journal import Journal
from field_client.opened import App
from field_client.tasks import Before, Tasks
from field_client.web import memo, task_pages
from field_client.web.desk import Desk
from field_client.web.form_fields import villages_of
from field_client.web.showing import Page, page, to
from field_client.web.visitors import Visitors
from field_client.web.words import day_text

SHEET = 400
_VILLAGES = 3
_KNOWN: WeakKeyDictionary[Journal, dict[str, Before]] = WeakKeyDictionary()


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the task lists."""
    room = Blueprint("assigned", __name__)

    @room.get("/tasks")
    def villages() -> Page:
        with desk.use() as app:
            held = villages_of(app)
            if len(held) == 1:
                return to("assigned.village", code=held[0])
            return page(desk, app, "villages.html", villages=counted_of(app, held))

    @room.get("/tasks/<region:code>")
    def village(code: str) -> Page:
        with desk.use() as app:
            visitors.here.village = code
            found = tasks_in(app, code)
            number = max(1, request.args.get("page", 1, type=int))
            lists, pages = task_pages.listed(found, zone_of(app), number, _now(app))
            return page(
                desk,
                app,
                "tasks.html",
                lists=lists,
                pages=pages,
                number=number,
                **_headed(app, code, found),
            )

    @room.get("/tasks/<region:code>/print")
    def paper(code: str) -> Page:
        with desk.use() as app:
            found = tasks_in(app, code)
            wanted = [*found.again, *found.new]
            pages = max(1, -(-len(wanted) // SHEET))
            number = min(pages, max(1, request.args.get("page", 1, type=int)))
            first = (number - 1) * SHEET
            zone, now_ms = zone_of(app), _now(app)
            lines = [
                task_pages.line(one, zone, now_ms, task_pages.neighbourhood(one))
                for one in wanted[first : first + SHEET]
            ]
            return page(
                desk,
                app,
                "summons.html",
                lines=lines,
                first=first,
                count=len(wanted),
                pages=pages,
                number=number,
                today=day_text(check_context(app).today),
                **_headed(app, code, found),
            )

    return room


def zone_of(app: App) -> tzinfo | None:
    """Return the office's time zone."""
    return display.time_zone(app.device.timezone)


def tasks_in(app: App, village: str) -> Tasks:
    """Return whom to see in a village, as of the last commit."""
    today = check_context(app).today
    known = _KNOWN.setdefault(app.journal, {})
    while len(known) >= _VILLAGES and village not in known:
        del known[next(iter(known))]
    before = known.setdefault(village, Before())
    key = ("tasks", village, today)
    return memo.remembered(app, key, lambda: tasks.tasks_of(app.journal, village, today, before))


def _headed(app: App, code: str, found: Tasks) -> dict[str, Any]:
    return {
        "code": code,
        "name": memo.region_name(app, code),
        "total": found.total,
        "left_out": found.left_out,
        "most": tasks.MOST,
        "done": len(found.done),
        "several": len(villages_of(app)) > 1,
    }


def counted_of(app: App, villages: tuple[str, ...]) -> list[tuple[str, str, int, int]]:
    """Return code, name, and how many are recorded in the field of how many, of each village."""
    today = check_context(app).today
    known = memo.made_once(app, _recorded_of)

    def count() -> dict[str, tuple[int, int]]:
        return tasks.counted(app.journal, villages, today, known)

    found = memo.remembered(app, ("counted", villages, today), count)
    return [(code, memo.region_name(app, code), *found[code]) for code in villages]


def _recorded_of(_journal: Journal) -> tasks.Recorded:
    return tasks.Recorded()


def _now(app: App) -> int:
    return app.clocks().wall_ms
