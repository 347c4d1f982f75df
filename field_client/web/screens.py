"""What a page shows, as plain values: counts, the bar, lists of records, one record."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from field_client import display
from field_client.commands import documents
from field_client.entries import COUNTED, Entry, HistoryLine, Standing
from field_client.opened import App
from field_client.sync.departure import is_prepared, load_departure
from field_client.sync.locked import still_sealed
from field_client.tasks import RECORDED, Visited, visits_of
from field_client.vault.spool import open_spool
from field_client.web import memo
from field_client.web.words import clock_text, language, local, rough_text, text
from shared_schema.central import Central, central_meaning
from shared_schema.clock import wall_of
from shared_schema.display import field_rows, masked
from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES, FieldKind, RecordType

_PERSON = "person"
_UNKNOWN = Label(id="Jenis lain", en="Another type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The bar that is always there. ``unsent``: records the office has not confirmed."""

    unsent: int
    synced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record in a list. ``mark``: its standing, for icon and colour.

    ``recorded``: of a resident, that the ministry or the field says so; "" for neither.
    """

    id: str
    kind: str
    name: str
    place: str
    number: str
    mark: str
    state: str
    recorded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One record as a whole. ``notes``: what needs attention in it.

    ``written``: who began it here, and who wrote in it last, with the time of each.
    """

    row: Row
    fields: Sequence[tuple[str, str]]
    written: Sequence[tuple[str, str]]
    notes: Sequence[str]
    type: str
    void: bool


def bar(app: App) -> Bar:
    """Return the bar; what needs attention or is being corrected may be unsent too."""
    heard = app.journal.server_ms()
    zone = display.time_zone(app.device.timezone)
    now_ms = round(datetime.now(tz=UTC).timestamp() * 1000)
    said = clock_text(local(heard, zone), local(now_ms, zone)) if heard else text()("never")
    return Bar(unsent=memo.unsent(app), synced=said)


def sealed_here(home: Path) -> int | None:
    """Return how many sealed changes wait in a locked store, None where none was prepared."""
    with open_spool(home) as spool:
        return still_sealed(spool, load_departure(spool)) if is_prepared(spool) else None


def tiles(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Return mark, word and number of each standing that is counted."""
    return [(mark, display.state_word(mark, language()), counts[mark]) for mark in COUNTED]


def rows(app: App, entries: Iterable[Entry]) -> list[Row]:
    """Return the lines of a list."""
    listed = list(entries)
    people = [str(entry.id) for entry in listed if entry.type == _PERSON]
    visits = visits_of(app.journal, people)
    return [row(app, entry, visits.get(str(entry.id), ())) for entry in listed]


def row(app: App, entry: Entry, visits: Sequence[Visited] = ()) -> Row:
    """Return one record's line; numbers are masked. ``visits``: those to a resident."""
    lang, rtype = language(), RECORD_TYPES.get(entry.type)
    regions, nik = memo.regions(app), entry.values.get("nik")
    village = entry.values.get("village")
    state = display.state_word(entry.state, lang)
    if entry.state is Standing.WAITING and entry.remarks:
        state = f"{state} · {text()('mended')}"
    return Row(
        id=str(entry.id),
        kind=(rtype.label if rtype else _UNKNOWN).text(lang),
        name=named(app, entry),
        place=regions.name(str(village)) if regions and village else str(village or ""),
        number=masked(nik) if isinstance(nik, str) else "",
        mark=str(entry.state),
        state=f"{state} · {text()('void')}" if entry.void else state,
        recorded=_recorded(entry, visits),
    )


def _recorded(entry: Entry, visits: Sequence[Visited]) -> str:
    if entry.type != _PERSON:
        return ""
    if central_meaning(entry.values) is not Central.NOT_RECORDED:
        return text()("Recorded")
    is_recorded = bool(visits) and visits[-1].outcome in RECORDED
    return text()("Recorded in the field") if is_recorded else ""


def sheet(app: App, entry: Entry) -> Sheet:
    """Return one record: what is filled, with labels, and what needs attention."""
    lang, rtype = language(), RECORD_TYPES.get(entry.type)
    values = {name: written(app, entry, name) for name in entry.values}
    fields = (
        field_rows(rtype, values, lang=lang, regions=app.journal.regions())
        if rtype
        else [(name, str(value)) for name, value in values.items()]
    )
    notes = documents.notes(entry, lang, text()).splitlines()
    return Sheet(
        row=row(app, entry),
        fields=fields,
        written=_written_by(app, entry),
        notes=[line.lstrip("! ") for line in notes],
        type=entry.type,
        void=entry.void is not None,
    )


def _written_by(app: App, entry: Entry) -> list[tuple[str, str]]:
    """Return who began a record here, and who wrote in it last; nothing of what only came here."""
    lines = app.journal.history(entry.id) if entry.own else []
    if not any(line.own for line in lines):
        return []
    words, first, last = text(), lines[0], lines[-1]
    said = [(words("Written by"), _signed(app, first))] if first.own else []
    if last is not first or not first.own:
        said.append((words("Last changed by"), _signed(app, last)))
    return said


def _signed(app: App, line: HistoryLine) -> str:
    who = documents.writer(line, text(), app.device.server)
    zone = display.time_zone(app.device.timezone)
    with suppress(ValueError, OverflowError, OSError):  # a clock beyond the calendar
        today = local(app.journal.evidence().best_ms(), zone)
        return f"{who} · {clock_text(local(wall_of(line.hlc), zone), today)}"
    return who


def named(app: App, entry: Entry) -> str:
    """Return what an entry is called in a list."""
    rtype = RECORD_TYPES.get(entry.type)
    if rtype is not None and any(_is_day(rtype, name) for name in rtype.title):
        entry = replace(entry, values=in_words(rtype, entry.values))
    return documents.named(app.journal, entry, language(), memo.regions(app))


def in_words(rtype: RecordType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with their days as people write them, as far as they are known."""
    days = (name for name in values if _is_day(rtype, name))
    return {**values, **{name: _day(values, name) for name in days}}


def _is_day(rtype: RecordType, name: str) -> bool:
    return name in rtype.fields and rtype.fields[name].kind is FieldKind.DATE


def _day(values: Mapping[str, Any], name: str) -> Any:
    value = values[name]
    with suppress(ValueError, TypeError):  # a draft keeps what was typed, which may be no day
        precision = str(values.get(f"{name}_precision") or "day")
        return rough_text(value, precision, rough_text(value, "day", ""))
    return value


def written(app: App, entry: Entry, name: str) -> object:
    """Return a field's value as people write it: a day in words, another record by its name."""
    value, rtype = entry.values[name], RECORD_TYPES.get(entry.type)
    if rtype is None or name not in rtype.fields or not isinstance(value, str):
        return value
    if _is_day(rtype, name):
        return _day(entry.values, name)
    spec = rtype.fields[name]
    if spec.kind is FieldKind.REFERENCE:
        return documents.referenced(app.journal, value, language()) or value
    return value
