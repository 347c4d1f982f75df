"""Sync: by network, by a relay, on a stick; what would go, how far it is, and a pause.

How far it is can be looked at without the store, so that a page that looks every second keeps
nothing open.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for

from field_client.commands.outcomes import seconds_left
from field_client.opened import App
from field_client.records import PHOTO
from field_client.sync.departure import depart
from field_client.sync.errors import ClockOff
from field_client.sync.outcome import Outcome
from field_client.sync.photos_out import counts as photo_counts
from field_client.sync.transport_file import read_reply, write_export
from field_client.web import uploads
from field_client.web.desk import Desk
from field_client.web.errors import PracticeStays
from field_client.web.runner import Course, Runner
from field_client.web.showing import Page, page, wants_part
from field_client.web.visitors import Visitors
from field_client.web.words import language
from shared_schema.errors import JemputError
from shared_schema.records import RECORD_TYPES

RUNNER = "jemput_runner"
_META = "web"
_STICK = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What would be sent. ``kinds``: word and number of records of each type."""

    kinds: list[tuple[str, int]]
    records: int
    sealed_bytes: int
    photos: int
    photo_bytes: int


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the sync page and what its buttons do."""
    room = Blueprint("syncing", __name__)
    _add_line(room, desk)
    _add_stick(room, desk)
    return room


def runner() -> Runner:
    """Return the sync behind these pages."""
    found: Runner = current_app.extensions[RUNNER]
    return found


def _add_line(room: Blueprint, desk: Desk) -> None:
    @room.get("/sync")
    def sync() -> Page:
        with desk.use() as app:
            return _shown(desk, app)

    @room.get("/sync/progress")
    def progress() -> Page | Response:
        course = runner().course
        if not wants_part():
            return render_template("sync_progress.html", **_told(course))
        answer = Response(render_template("_course.html", **_told(course)))
        if not course.active:
            answer.headers["HX-Refresh"] = "true"
        return answer

    @room.post("/sync/start")
    def start() -> Page:
        _require_real()
        via = request.form.get("via", "").strip() if "relay" in request.form else ""
        with desk.use() as app:
            if via:
                app.tables.write_meta(_META, {"relay": via})
        runner().start(via, watching="watching" in request.form)
        return redirect(url_for("syncing.sync"), 303)

    @room.post("/sync/pause")
    def pause() -> Page:
        runner().pause()
        return redirect(url_for("syncing.sync"), 303)


def _add_stick(room: Blueprint, desk: Desk) -> None:
    @room.post("/sync/export")
    def export() -> Response:
        _require_real()
        with desk.use() as app, TemporaryDirectory() as folder:
            file = Path(folder) / "out"
            write_export(app, file)
            depart(app)
            name = f"jemput-{app.device_keys.device.hex()[:8]}.out"
            answer = Response(file.read_bytes(), mimetype=_STICK)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @room.post("/sync/import")
    def take_in() -> Page:
        _require_real()
        with desk.use() as app:
            try:
                outcome = _taken_in(app, uploads.required("file"))
            except ClockOff as error:
                return _shown(desk, app, error=error)
            except JemputError as error:
                return _shown(desk, app, error=error), error.http_status
            return _shown(desk, app, taken=outcome)


def _taken_in(app: App, content: bytes) -> Outcome:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "in"
        file.write_bytes(content)
        outcome = read_reply(app, file)
    depart(app)
    return outcome


def _require_real() -> None:
    if current_app.config["PRACTICE"]:
        raise PracticeStays


def _shown(
    desk: Desk, app: App, *, error: JemputError | None = None, taken: Outcome | None = None
) -> str:
    return page(
        desk,
        app,
        "sync.html",
        going=_going(app),
        relay=app.tables.read_meta(_META).get("relay", ""),
        url=app.device.url,
        trouble=error,
        taken=taken,
        **_told(runner().course),
    )


def _told(course: Course) -> dict[str, Any]:
    outcome = course.outcome
    return {
        "course": course,
        "outcome": outcome,
        "all_changes": outcome.changes + outcome.waiting_changes,
        "all_bytes": outcome.confirmed_bytes + outcome.waiting_bytes,
        "left_s": seconds_left(outcome, course.since_s) if course.active else None,
    }


def _going(app: App) -> Going:
    """Count what waits; a sealed batch is counted by its bytes, the rest is not sealed yet."""
    lang = language()
    kinds = Counter(app.journal.unsent_types())
    del kinds[PHOTO]
    sealed = sum(
        app.spool.waiting(stream.to_bytes(), app.spool.acked(stream.to_bytes()))[1]
        for stream in app.journal.branches.all()
    )
    photos = photo_counts(app)
    return Going(
        kinds=[
            (RECORD_TYPES[name].label.text(lang) if name in RECORD_TYPES else name, count)
            for name, count in kinds.most_common()
        ],
        records=kinds.total(),
        sealed_bytes=sealed,
        photos=photos["waiting"],
        photo_bytes=photos["waiting_bytes"],
    )
