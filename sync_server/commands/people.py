"""``search``, ``show``, ``history``: looking at the regency's records."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from itertools import islice
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Connection

from shared_schema import display
from shared_schema.console import emit, language, output_options, screen_width, text
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import RegionTable
from sync_server import people
from sync_server.commands.opening import AT_OFFICE, PACKAGE, reading, zone_of
from sync_server.lookup import resolve
from sync_server.store.queries import facts
from sync_server.store.queries.records import Current

SHORT_ID_LENGTH = 12
_SEARCHED = ("name", "sex", "village", "birth_date", "nik")
_COLUMNS = ("name", "village", "birth_date", "nik")


@click.command()
@click.argument("wanted", metavar="TEXT")
@output_options
def search(wanted: str) -> None:
    """Find residents by part of a name, in old or new spelling, or by NIK."""
    with reading() as connection:
        found = people.search(connection, wanted)
        rows = [_found(connection, current) for current in found]
        regions = regions_of(connection)
    emit({"count": len(rows), "people": rows}, lambda: _found_table(rows, regions))


def _found(connection: Connection, current: Current) -> dict[str, Any]:
    state = current.state
    return {
        "id": str(state.record),
        "cluster": str(people.root_of(connection, state.record)),
        "void": state.void is not None,
        **{name: state.shown(name) for name in _SEARCHED},
    }


def _found_table(rows: list[dict[str, Any]], regions: RegionTable) -> str:
    if not rows:
        return text(PACKAGE)("Nobody was found.")
    fields = RECORD_TYPES["person"].fields
    headers = ["ID", *(fields[name].label.text(language()) for name in _COLUMNS)]
    found = [[row["id"][-SHORT_ID_LENGTH:], *_cells(row, regions)] for row in rows]
    return display.table(headers, found, width=screen_width())


def _cells(row: Mapping[str, Any], regions: RegionTable) -> list[str]:
    fields, lang = RECORD_TYPES["person"].fields, language()
    shown = {
        name: display.value_text(fields[name], row[name], lang=lang, regions=regions)
        for name in _COLUMNS
    }
    village = row["village"]
    return list((shown | {"village": regions.name(village) if village else "-"}).values())


@click.command()
@click.argument("record", metavar="ID")
@output_options
def show(record: str) -> None:
    """Show one record: its values, its cluster and what is in conflict."""
    with reading() as connection:
        document = people.record_document(connection, resolve(connection, record))
        regions = regions_of(connection)
    emit(document, lambda: _record_text(document, regions))


def _record_text(document: Mapping[str, Any], regions: RegionTable) -> str:
    texts, lang = text(PACKAGE), language()
    rtype = RECORD_TYPES[document["type"]]
    rows = [("ID", document["id"]), (texts("Type"), rtype.label.text(lang))]
    rows += display.field_rows(rtype, document["values"], lang=lang, regions=regions)
    if document["void"] is not None:
        rows.append((texts("Void"), document["void"].get("reason", "")))
    if document["conflicts"]:
        fields = [f"{field_label(rtype.name, one, lang)} ({one})" for one in document["conflicts"]]
        rows.append((texts("In conflict"), ", ".join(fields)))
    members = document["cluster"]["members"]
    if len(members) > 1:
        rows.append((texts("Same person as"), ", ".join(m for m in members if m != document["id"])))
    rows += [_photo_row(photo, lang) for photo in document["attachments"]]
    if document["devices"]:
        rows.append((texts("Written by"), ", ".join(document["devices"])))
    return display.pairs(rows)


def _photo_row(photo: Mapping[str, Any], lang: str) -> tuple[str, str]:
    """Return what is known of a photo; `photo save` writes it out."""
    values = photo["values"]
    parts = (
        photo["id"][-SHORT_ID_LENGTH:],
        f"{-(-values.get('bytes', 0) // 1000)} kB",
        values.get("note"),
        values.get("taken_at"),
        text(PACKAGE)("Void") if photo["void"] is not None else None,
        None if photo["here"] else text(PACKAGE)("not here yet"),
    )
    label = RECORD_TYPES[people.PHOTO].label.text(lang)
    return label, " · ".join(str(part) for part in parts if part)


@click.command()
@click.argument("record", metavar="ID", required=False)
@click.option("--after", type=int, default=0, help="Without ID: begin behind this position.")
@click.option("--limit", type=click.IntRange(min=1), help="Without ID: at most this many.")
@output_options
def history(record: str | None, after: int, limit: int | None) -> None:
    """Show every change of a record, before and after; without ID, the whole change log."""
    with reading() as connection:
        regions, zone = regions_of(connection), zone_of(connection)
        if record is None:
            log = list(islice(people.whole_log(connection, after), limit))
            document: dict[str, Any] = {"changes": log}
        else:
            current = resolve(connection, record)
            told = people.history(connection, current.record)
            document = {"id": str(current.record), "type": current.state.type, "changes": told}
    if record is None:
        emit(document, lambda: _log_text(document["changes"], regions, zone))
    else:
        emit(document, lambda: _history_text(document, regions, zone))


def _log_text(log: Iterable[Mapping[str, Any]], regions: RegionTable, zone: tzinfo | None) -> str:
    lang = language()
    lines = []
    for change in log:
        written = ", ".join(
            f"{field_label(change['type'], name, lang)}: "
            f"{value_text(change['type'], name, value, lang, regions)}"
            for name, value in change["values"].items()
        )
        when = display.local_time(change["time"], zone)
        lines.append(f"{change['position']:>7}  {when}  {_writer(change)}  {written}")
    return "\n".join(lines) or text(PACKAGE)("Nothing was written yet.")


def _writer(change: Mapping[str, Any]) -> str:
    """Return who wrote a change and where: on a laptop, by its label, or at the office."""
    name = str(change["operator"])
    at_office = name.startswith(AT_OFFICE)
    where = text(PACKAGE)("office") if at_office else change["device"]
    return f"{name.removeprefix(AT_OFFICE)} ({where})"


def _history_text(document: Mapping[str, Any], regions: RegionTable, zone: tzinfo | None) -> str:
    texts, lang = text(PACKAGE), language()
    lines = []
    for change in document["changes"]:
        when = display.local_time(change["time"], zone)
        lines.append(f"{when}  {_writer(change)}")
        for name, write in change["fields"].items():
            before, after = (
                value_text(document["type"], name, write[side], lang, regions)
                for side in ("before", "written")
            )
            lines.append(f"    {field_label(document['type'], name, lang)}: {before} → {after}")
        unused = "" if change["folded"] else f"  ({texts('kept, but not used')})"
        lines.append(f"    {texts('change')} {change['change']}{unused}")
    return "\n".join(lines)


def field_label(type_name: str, name: str, lang: str) -> str:
    """Return the label of a field, or the name of one that is not the type's or not known."""
    rtype = RECORD_TYPES.get(type_name)
    spec = rtype.fields.get(name) if rtype else None
    return spec.label.text(lang) if spec else name


def value_text(type_name: str, name: str, value: Any, lang: str, regions: RegionTable) -> str:
    """Return a field's value as it is shown, numbers of people masked."""
    rtype = RECORD_TYPES.get(type_name)
    spec = rtype.fields.get(name) if rtype else None
    if spec is not None:
        return display.value_text(spec, value, lang=lang, regions=regions)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {part}" for key, part in value.items())
    return "-" if value is None else str(value)


def regions_of(connection: Connection) -> RegionTable:
    """Return the names of the regions that the office knows."""
    return RegionTable.from_rows(facts.region_rows(connection))


def title_of(current: Current | None, record: UUID, regions: RegionTable) -> str:
    """Return what names a record in a list; its id where it is not there."""
    if current is None:
        return str(record)
    state = current.state
    rtype, values = RECORD_TYPES[state.type], state.values()
    named = display.title(rtype, values, lang=language(), regions=regions)
    more = [
        display.value_text(rtype.fields[name], values[name], lang=language(), regions=regions)
        for name in ("birth_date", "village", "nik")
        if name in rtype.fields and name in values
    ]
    return ", ".join([named, *more])


COMMANDS = (search, show, history)
