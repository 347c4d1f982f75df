"""`show`, `history`, `list`, `search`, `status`: looking at what is on this laptop."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Any
from uuid import UUID

import click

from field_client import display
from field_client.commands import documents
from field_client.commands.attaching import photo_documents, photo_rows
from field_client.commands.unlocking import PACKAGE, unlocked
from field_client.entries import Entry, HistoryLine, Standing, Verdict
from field_client.errors import RecordUnknown
from field_client.opened import App
from field_client.search import search as find
from field_client.sync.photos_out import counts as photo_counts
from field_client.twins import KnownPeople
from shared_schema.console import emit, language, output_options, screen_width, text
from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES, FieldKind, RecordType, record_type
from shared_schema.regions import RegionTable

Texts = Callable[[str], str]
_UNKNOWN = Label(id="Jenis lain", en="Another type")


@click.command
@click.argument("record", metavar="ID")
@click.option("--full", is_flag=True, help="Show NIK and family card numbers unmasked.")
@output_options
def show(record: str, *, full: bool) -> None:
    """Show one record: its fields, where it stands, and what needs attention."""
    with unlocked() as app:
        found = _entry(app, record)
        verdicts = app.journal.verdicts(found.id)
        document = {
            **documents.entry_document(app.journal, found),
            "verdicts": [documents.verdict_document(verdict) for verdict in verdicts],
            "attachments": photo_documents(app, found.id),
        }
        screen = _screen(app, found, verdicts, full=full)
        photos = display.pairs(photo_rows(document["attachments"]))
    emit(document, lambda: "\n\n".join(filter(None, (screen, photos))))


@click.command
@click.argument("record", metavar="ID", required=False)
@output_options
def history(record: str | None) -> None:
    """Show who wrote what in a record, and when; without ID, all that was written here."""
    with unlocked() as app:
        if record is None:
            document, rows = _whole_history(app)
        else:
            found = _entry(app, record)
            lines = app.journal.history(found.id)
            document = {
                "id": str(found.id),
                "type": found.type,
                "changes": [documents.history_document(line) for line in lines],
            }
            rows = [_history_row(app, found.type, line) for line in lines]
    texts = text(PACKAGE)
    headers = (texts("Time"), texts("By"), texts("Written"))
    nothing = texts("Nothing was written yet.")
    emit(document, lambda: display.table(headers, rows, width=screen_width()) if rows else nothing)


def _whole_history(app: App) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """Return the device's own log as a document and as rows."""
    log = list(app.journal.own_history())
    changes = [
        {"record": str(record), "type": name, **documents.history_document(line)}
        for record, name, line in log
    ]
    return {"changes": changes}, [_history_row(app, name, line) for _, name, line in log]


def _history_row(app: App, type_name: str, line: HistoryLine) -> tuple[str, ...]:
    texts, regions = text(PACKAGE), app.journal.regions()
    written = documents.written_text(type_name, line, texts, language(), regions)
    return (
        display.moment(line.hlc, _zone(app)),
        documents.writer(line, texts, app.device.server),
        written,
    )


@click.command("list")
@click.argument("type_name", metavar="[TYPE]", required=False)
@click.option(
    "--state",
    type=click.Choice([str(each) for each in Standing]),
    help="Only the records that stand here; roster: those that came from the office.",
)
@output_options
def list_records(type_name: str | None, state: str | None) -> None:
    """List the records and drafts of this laptop, of one TYPE or of all."""
    if type_name is not None:
        record_type(type_name)
    with unlocked() as app:
        entries = list(app.journal.entries(type_name, state, own=state != Standing.ROSTER))
        _emit_entries(app, entries, of_one_type=type_name is not None)


@click.command
@click.argument("wanted", metavar="TEXT")
@click.option("--like", is_flag=True, help="TEXT is a person's ID: who here may be the same.")
@output_options
def search(wanted: str, *, like: bool) -> None:
    """Find records by part of a name, in old or new spelling, or by NIK or family card number.

    Looks through own records, drafts and the office's list. Numbers are masked in the table.
    """
    with unlocked() as app:
        if like:
            _emit_alike(app, _entry(app, wanted))
        else:
            _emit_entries(app, find(app.journal, wanted))


def _emit_alike(app: App, person: Entry) -> None:
    """Show who may be the same person, and of each what agrees and what does not."""
    known, lang = KnownPeople(app.journal), language()
    twins = known.like(person.values, person.id) if person.type == "person" else ()
    said = [(display.short_id(each.id), documents.agreement(each.parts, lang)) for each in twins]
    more = {each.id: documents.likeness(each) for each in twins}
    _emit_entries(app, app.journal.entries_of(map(str, more)), more=more, below=said)


@click.command
@output_options
def status() -> None:
    """Say how many records wait, were received, are drafts or need attention."""
    with unlocked() as app:
        counts, device = app.journal.counts(), app.device
        document = {
            **counts,
            "held": len(app.journal.held()),
            "photos": photo_counts(app),
            "last_receipt": app.journal.last_receipt(),
            "operator": app.keys.operator,
            "device": app.device_keys.device.hex(),
            "enrolled": device.enrolled,
            "label": device.label,
            "office": device.name,
        }
        zone = _zone(app)
    emit(document, lambda: _calm(document, text(PACKAGE), zone))


def _zone(app: App) -> tzinfo | None:
    return display.time_zone(app.device.timezone)


def _entry(app: App, wanted: str) -> Entry:
    found = app.journal.entry(app.journal.resolve(wanted))
    if found is None:
        raise RecordUnknown(text=wanted)
    return found


def _emit_entries(
    app: App,
    entries: Iterable[Entry],
    *,
    of_one_type: bool = False,
    more: Mapping[UUID, dict[str, Any]] = MappingProxyType({}),
    below: Sequence[tuple[str, str]] = (),
) -> None:
    """Show a list; ``more`` is added to records of the document, ``below`` to the table."""
    listed, regions, texts = list(entries), app.journal.regions(), text(PACKAGE)
    document = {
        "count": len(listed),
        "records": [
            {**documents.entry_document(app.journal, entry), **more.get(entry.id, {})}
            for entry in listed
        ],
    }
    headers = tuple(texts(word) for word in ("Id", "Type", "Name", "NIK", "Village", "State"))
    held = app.journal.held()
    rows = [_row(app, entry, regions, held=entry.id in held) for entry in listed]
    if of_one_type:
        headers, *rows = [(line[0], *line[2:]) for line in (headers, *rows)]
    nothing = texts("Nothing found.")
    table = display.table(headers, rows, width=screen_width()) if rows else nothing
    emit(document, lambda: "\n\n".join(filter(None, (table, display.pairs(below)))))


def _row(app: App, entry: Entry, regions: RegionTable | None, *, held: bool) -> tuple[str, ...]:
    lang, rtype = language(), RECORD_TYPES.get(entry.type)
    nik, village = entry.values.get("nik"), entry.values.get("village")
    state = display.state_word("held" if held else entry.state, lang)
    return (
        display.short_id(entry.id),
        (rtype.label if rtype else _UNKNOWN).text(lang),
        documents.named(app.journal, entry, lang),
        display.masked(nik) if isinstance(nik, str) else "",
        regions.name(village) if regions and isinstance(village, str) else str(village or ""),
        f"{state} · {text(PACKAGE)('void')}" if entry.void else state,
    )


def _screen(app: App, entry: Entry, verdicts: Iterable[Verdict], *, full: bool) -> str:
    texts, lang, regions = text(PACKAGE), language(), app.journal.regions()
    rtype = RECORD_TYPES.get(entry.type)
    head = [
        (texts("Id"), str(entry.id)),
        (texts("Type"), (rtype.label if rtype else _UNKNOWN).text(lang)),
        (texts("State"), _state_word(app, entry, lang)),
    ]
    if entry.void:
        head.append((texts("Void"), str(entry.void.get("reason", ""))))
    values = {
        name: f"{other} ({value})" if (other := _referenced(app, rtype, name, value)) else value
        for name, value in entry.values.items()
    }
    fields = (
        display.field_rows(rtype, values, lang=lang, regions=regions, full=full)
        if rtype
        else [(name, str(value)) for name, value in entry.values.items()]
    )
    head += [_verdict_row(app, verdict) for verdict in verdicts]
    notes = documents.notes(entry, lang, texts)
    parts = (display.pairs(head), display.pairs(fields), _reduced(app, entry), notes)
    return "\n\n".join(filter(None, parts))


def _state_word(app: App, entry: Entry, lang: str) -> str:
    return display.state_word("held" if entry.id in app.journal.held() else entry.state, lang)


def _reduced(app: App, entry: Entry) -> str:
    """Say when details went from this laptop, and which; "" where none did."""
    if entry.reduced_ms is None:
        return ""
    said = text(PACKAGE)(
        "Details were removed from this laptop on {date}; the office has them all: {fields}"
    )
    date = display.instant(entry.reduced_ms, _zone(app))
    labels = (documents.label(entry, name, language()) for name in entry.withheld)
    return said.format(date=date, fields=", ".join(labels))


def _referenced(app: App, rtype: RecordType | None, name: str, value: object) -> str:
    """Return what the record that a field names is called, "" for every other field."""
    spec = rtype.fields.get(name) if rtype else None
    names_a_record = spec is not None and spec.kind is FieldKind.REFERENCE
    return documents.referenced(app.journal, value, language()) if names_a_record else ""


def _verdict_row(app: App, verdict: Verdict) -> tuple[str, str]:
    """Return a supervisor's verdict and whom it names, as far as this laptop holds them."""
    other, lang = app.journal.entry(verdict.other), language()
    rtype = RECORD_TYPES.get(other.type) if other else None
    named = (
        display.title(rtype, other.values, lang=lang, regions=app.journal.regions())
        if other and rtype
        else ""
    )
    spec = RECORD_TYPES["link"].fields["verdict"]
    decided = display.value_text(spec, verdict.verdict, lang=lang)
    return decided, " ".join(filter(None, (named, f"({verdict.other})")))


def _calm(document: dict[str, Any], texts: Texts, zone: tzinfo | None) -> str:
    lang, receipt = language(), document["last_receipt"]
    states = (Standing.WAITING, Standing.RECEIVED, Standing.DRAFT, Standing.ATTENTION)
    rows = [(display.state_word(state, lang), str(document[state])) for state in states]
    if document["held"]:
        rows.insert(1, (f"· {display.state_word('held', lang)}", str(document["held"])))
    photos = document["photos"]
    if photos["waiting"] or photos["received"]:
        said = texts("{waiting} waiting, {received} at the office").format(**photos)
        rows.append((texts("Photos"), said))
    last = display.instant(receipt["server_ms"], zone) if receipt else texts("none yet")
    rows.append((texts("Last receipt"), last))
    rows.append((texts("Operator"), document["operator"]))
    office = document["office"] if document["enrolled"] else texts("confirmed at the first sync")
    rows.append((texts("Office"), office))
    return display.pairs(rows)
