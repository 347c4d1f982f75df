"""Paper and words: the slip for a resident who has no NIK yet, and the help."""

from typing import Any
from uuid import UUID

from flask import Blueprint

from field_client import display
from field_client.entries import Entry
from field_client.errors import RecordUnknown
from field_client.opened import App
from field_client.web import screens
from field_client.web.desk import Desk
from field_client.web.errors import SlipNotDue
from field_client.web.showing import Page, page
from field_client.web.visitors import Visitors
from field_client.web.words import clock_text, day_text, language, local
from shared_schema.clock import wall_of
from shared_schema.records import record_type

_SHOWN = ("name", "sex", "birth_date", "birth_date_precision", "village", "mother_name")


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the slip and the help."""
    room = Blueprint("slip", __name__)

    @room.get("/record/<uuid:record>/slip")
    def slip(record: UUID) -> Page:
        with desk.use() as app:
            return page(desk, app, "slip.html", **_slip(app, _due(app, record)))

    @room.get("/help")
    def guide() -> Page:
        with desk.use() as app:
            return page(desk, app, "help.html", guide=f"_help_{language()}.html")

    return room


def _due(app: App, record: UUID) -> Entry:
    """Return a person who was registered here. Raises RecordUnknown, SlipNotDue."""
    entry = app.journal.entry(record)
    if entry is None:
        raise RecordUnknown(text=record)
    final = app.journal.state(record) is not None
    if entry.type != "person" or not entry.own or not final or entry.void is not None:
        raise SlipNotDue
    return entry


def _slip(app: App, entry: Entry) -> dict[str, Any]:
    zone = display.time_zone(app.device.timezone)
    line = app.journal.history(entry.id)[0]
    saved = local(wall_of(line.hlc), zone)
    today = local(app.journal.evidence().best_ms(), zone)
    values = {name: screens.written(app, entry, name) for name in _SHOWN if name in entry.values}
    regions, lang = app.journal.regions(), language()
    return {
        "row": screens.row(app, entry),
        "has_nik": bool(entry.values.get("nik")),
        "facts": display.field_rows(record_type("person"), values, lang=lang, regions=regions),
        "saved": day_text(saved.date()),
        "printed": clock_text(today, local(0, zone)),
        "operator": line.operator or app.keys.operator,
        "short": display.short_id(entry.id).upper(),
    }
