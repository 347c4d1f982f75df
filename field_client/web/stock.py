"""Blank cards: what is left at each office known here, for how long, and noting a movement."""

from collections.abc import Iterator, Mapping
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint

from field_client.blanks import WINDOW_DAYS, Stock, by_office
from field_client.commands.unlocking import check_context
from field_client.entries import Entry, Standing
from field_client.opened import App
from field_client.saving import save_answers
from field_client.web import screens, short_forms
from field_client.web.desk import Desk
from field_client.web.short_forms import ShortForm
from field_client.web.showing import Page, page, to, wants_part
from field_client.web.undoing import note_saved
from field_client.web.visitors import Visitors
from field_client.web.words import language, text
from shared_schema.records import record_type

_LISTED = 30
_FIELDS = ("office", "kind", "quantity", "date", "document", "note")


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the page about blank cards."""
    room = Blueprint("stock", __name__)

    @room.get("/stock")
    def stock() -> Page:
        with desk.use() as app:
            return _shown(desk, app)

    @room.post("/stock")
    def note() -> Page:
        rtype = record_type("stock_movement")
        with desk.use() as app:
            given = short_forms.given(rtype, _FIELDS)
            kept = short_forms.keep(app, rtype, given, begun=_begun(app))
            if wants_part():
                return short_forms.said(app, kept.record)
            if kept.judged.final and not kept.over:
                saved = save_answers(app.journal, kept.record, kept.judged)
                note_saved(desk, visitors, app, saved)
            if kept.judged.final:
                return to("stock.stock")
            form = short_forms.again(app, rtype, _FIELDS, given, kept.judged)
            return _shown(desk, app, form), 400

    return room


def _shown(desk: Desk, app: App, form: ShortForm | None = None) -> str:
    rtype, today = record_type("stock_movement"), check_context(app).today
    known = _known(app)
    offices = by_office(_counted(app, known), today)
    blank = short_forms.blank(app, rtype, _FIELDS, **_begun(app))
    return page(
        desk,
        app,
        "stock.html",
        offices=[_office(one) for one in offices],
        rows=screens.rows(app, _newest(known)),
        total=len(known),
        form=form or blank,
        asking=form is not None or not known,
        window=WINDOW_DAYS,
    )


def _known(app: App) -> list[Entry]:
    return [one for one in app.journal.entries(type="stock_movement") if one.void is None]


def _counted(app: App, known: list[Entry]) -> Iterator[Mapping[str, Any]]:
    """Return what was saved: a movement that is half typed counts for nothing yet."""
    for one in known:
        state = app.journal.state(one.id) if one.state is Standing.DRAFT else None
        if one.state is not Standing.DRAFT:
            yield one.values
        elif state is not None:
            yield state.values()


def _begun(app: App) -> dict[str, Any]:
    """Return what the form begins with: the office of the last movement, today."""
    known = [one for one in _known(app) if one.values.get("office")]
    office = str(known[-1].values["office"]) if known else app.device.name
    return {"office": office, "date": check_context(app).today.isoformat()}


def _newest(known: list[Entry]) -> list[Entry]:
    return sorted(known, key=lambda one: str(one.values.get("date")), reverse=True)[:_LISTED]


def _office(found: Stock) -> dict[str, Any]:
    """Return an office's card: what is left, for how long, and how that comes about."""
    codes = record_type("stock_movement").fields["kind"].codes
    labels = codes.labels if codes else {}
    return {
        "stock": found,
        "kinds": [
            (label.text(language()), found.sums[str(kind)])
            for kind, label in labels.items()
            if str(kind) in found.sums
        ],
        "mark": _mark(found),
        "left": _left(found),
        "daily": format_decimal(found.daily, format="#,##0.#", locale=language()),
    }


def _mark(found: Stock) -> str:
    low = found.days_left is not None and found.days_left < WINDOW_DAYS / 2
    return "attention" if found.remaining <= 0 or low else "received"


def _left(found: Stock) -> str:
    if found.remaining < 0:
        return text()("More went than came: the movements do not balance")
    if found.days_left is None:
        return text()("No use in the last two weeks: no forecast")
    return text()("about {days} days left").format(days=found.days_left)
