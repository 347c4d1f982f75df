"""My day: what was done, to be printed, read aloud or sent on as text; no names stand in it."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, request

from field_client import display
from field_client.opened import App
from field_client.recap import TALLIES, Place, Recap, day_of, recap
from field_client.web import memo
from field_client.web.desk import Desk
from field_client.web.showing import Page, page
from field_client.web.visitors import Visitors
from field_client.web.words import day_text, language, text
from shared_schema.records import FieldSpec, record_type

_MOST_DAYS_BACK = 31


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the daily recap."""
    room = Blueprint("day", __name__)

    @room.get("/day")
    def day() -> Page:
        with desk.use() as app:
            today = day_of(app.journal.evidence().best_ms(), display.time_zone(app.device.timezone))
            chosen = _chosen(today)
            everybody = request.args.get("who") == "all"
            operator = "" if everybody else app.keys.operator
            found = _recap(app, chosen, operator)
            return page(
                desk,
                app,
                "day.html",
                recap=found,
                lines=lines(app, found),
                rows=_rows(app, found),
                everybody=everybody,
                date=day_text(chosen),
                before=chosen - timedelta(days=1),
                after=chosen + timedelta(days=1) if chosen < today else None,
            )

    return room


def _recap(app: App, day: date, operator: str) -> Recap:
    zone = display.time_zone(app.device.timezone)
    key = ("recap", day, operator)
    return memo.remembered(app, key, lambda: recap(app.journal, day, zone, operator))


def _chosen(today: date) -> date:
    """Return the day that is asked for, within the last month; today for anything else."""
    try:
        asked = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return asked if today - timedelta(days=_MOST_DAYS_BACK) <= asked <= today else today


def _rows(app: App, found: Recap) -> list[tuple[str, Place]]:
    """Return the villages by name, what names no village last."""
    named = sorted((memo.region_name(app, code), code) for code in found.villages if code)
    rows = [(name, found.villages[code]) for name, code in named]
    if "" in found.villages:
        rows.append((text()("Village not known"), found.villages[""]))
    return rows


def lines(app: App, found: Recap) -> list[str]:
    """Return the recap as lines of text."""
    texts, total = text(), found.total
    said = [
        f"{texts('Daily recap')} {day_text(found.day)}",
        " · ".join(filter(None, (app.device.name, app.device.label))),
        f"{texts('Operator')}: {found.operator or texts('everybody')}",
        "",
        f"{texts('Residents registered')}: {total.registered}",
        f"{texts('Records corrected')}: {total.corrected}",
        f"{texts('Visits')}: {total.visits}",
        *(f"- {word}: {count}" for word, count in _coded("visit", "outcome", total.outcomes)),
    ]
    for name, place in _rows(app, found):
        said.append(
            f"{name}: {place.registered} {texts('registered')}, {place.visits} {texts('visits')}"
        )
    said += _sessions(found) + _things(found)
    said.append(f"{texts('Not confirmed by the office yet')}: {found.unsent}")
    return [line for at, line in enumerate(said) if line or at == _BLANK]


_BLANK = 3


def _sessions(found: Recap) -> list[str]:
    if not found.sessions:
        return []
    spec = record_type("session").fields
    tallies = ", ".join(
        f"{spec[name].label.text(language())} {found.tallies[name]}" for name in TALLIES
    )
    return [f"{record_type('session').label.text(language())}: {found.sessions} ({tallies})"]


def _things(found: Recap) -> list[str]:
    """Return the lines of outages, repairs and blank cards."""
    lang = language()
    said = [f"{record_type('outage').label.text(lang)}: {found.outages}"] if found.outages else []
    for name, key, counted in (
        ("repair_attempt", "result", found.repairs),
        ("stock_movement", "kind", found.stock),
    ):
        label = record_type(name).label.text(lang)
        said += [f"{label}, {word}: {count}" for word, count in _coded(name, key, counted)]
    return said


def _coded(type_name: str, field: str, counted: Any) -> list[tuple[str, int]]:
    """Return the words of codes with their counts, in the order of the form."""
    spec: FieldSpec = record_type(type_name).fields[field]
    labels = spec.codes.labels if spec.codes else {}
    return [
        (label.text(language()), counted[code]) for code, label in labels.items() if counted[code]
    ]
