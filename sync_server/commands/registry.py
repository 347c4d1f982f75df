"""``registry``: the ministry's register of residents and its lists of statuses."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from shared_schema.canonical import NotCanonical, decode
from shared_schema.console import emit, language, output_options, text
from shared_schema.regions import RegionTable
from sync_server import auditing, rejections
from sync_server.commands.opening import PACKAGE, actor_of, opened, operator
from sync_server.commands.output import OUTPUT, write_file
from sync_server.commands.people import field_label, regions_of, value_text
from sync_server.commands.progress import Progress
from sync_server.export import write_csv
from sync_server.office import Office
from sync_server.register_table import PERSON, RegisterMapInvalid
from sync_server.registry import (
    Difference,
    Import,
    Outcome,
    Source,
    import_register,
    import_status,
)

_MAP_HELP = "JSON object: column header to field name."
_LINES_SHOWN = 20
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def registry() -> None:
    """Bring in registers of residents and the ministry's statuses."""


def _reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what both imports take."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Show what would change; write nothing."),
        click.option("--rejects", type=OUTPUT, help="Write the rejected lines to this CSV file."),
        click.option("--sheet", help="Sheet of a workbook; else the first that fits."),
        click.option("--map", "map_file", type=_FILE, help=_MAP_HELP),
        click.argument("file", metavar="FILE", type=_FILE),
    ):
        command = option(command)
    return command


@registry.command("import")
@_reading
@output_options
def import_file(**asked: Any) -> None:
    """Import residents from CSV or Excel; only what differs from the last import is written.

    Rejected lines are listed with number and code, and all others go in: the command
    succeeds when the file could be read.
    """
    _run(import_register, **asked)


@registry.command("status")
@_reading
@output_options
def status_file(**asked: Any) -> None:
    """Import central_status, recorded_on and printed_on by NIK; unknown NIKs are listed."""
    _run(import_status, **asked)


def _run(
    work: Callable[[Office, Import], Outcome],
    file: Path,
    map_file: Path | None,
    sheet: str | None,
    rejects: Path | None,
    *,
    dry_run: bool,
) -> None:
    office = opened()
    job = Import(
        file=file,
        operator=operator(office),
        mapping=_mapping(map_file),
        sheet=sheet,
        dry_run=dry_run,
        progress=Progress(text(PACKAGE)("{count} of {total} lines, {rate} a second, {left} left")),
    )
    outcome = work(office, job)
    if not dry_run:
        _note(office, work, outcome)
    kept = (rejections.document(one) for one in outcome.rejected)
    texts = text(PACKAGE)
    told = [rejections.explained(one, language(), texts, full=True) for one in kept]
    if rejects is not None:
        rows = [list(one.values()) for one in told]
        write_file(rejects, lambda target: write_csv(target, rejections.COLUMNS, rows))
    document = {**outcome.as_dict(), "dry_run": dry_run, "rejected": told}
    document["found"] = outcome.found
    document["absent"] = [str(one) for one in outcome.absent]
    document["fields"] = dict(sorted(outcome.fields.items()))
    if dry_run:
        document["differences"] = [_difference(one) for one in outcome.differences]
    with office.store.read() as connection:
        regions = regions_of(connection)
    emit(document, lambda: _text(document, regions))


def _note(office: Office, work: Callable[..., Outcome], outcome: Outcome) -> None:
    kind = Source.REGISTER if work is import_register else Source.STATUS
    figures = {**outcome.as_dict(), "rejected": len(outcome.rejected), "kind": kind.value}
    with office.store.write() as connection:
        auditing.note(office, connection, actor_of(connection), "import-done", "", figures)


def _mapping(file: Path | None) -> Mapping[str, str]:
    if file is None:
        return {}
    try:
        found = decode(file.read_bytes())
    except (NotCanonical, OSError) as error:
        raise RegisterMapInvalid(reason=type(error).__name__) from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise RegisterMapInvalid(reason="not an object of texts")
    return found


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "line": one.line,
        "record": str(one.record),
        "fields": {name: {"before": a, "after": b} for name, (a, b) in one.values.items()},
    }


def _text(document: Mapping[str, Any], regions: RegionTable) -> str:
    texts = text(PACKAGE)
    rejected = document["rejected"]
    lines = [
        texts(
            "{read} lines: {added} added, {changed} changed, {unchanged} unchanged, "
            "{count} rejected."
        ).format(**document, count=len(rejected))
    ]
    lines += [
        f"    {field_label(PERSON.name, name, language())}: {count}"
        for name, count in document["fields"].items()
    ]
    if document["found"]:
        told = texts("{found} residents whom the field had registered are among them.")
        lines.append(told.format(**document))
    if document["absent"]:
        told = texts(
            "No line that can be taken in names {count} residents of earlier registers, in the"
            " villages of this one. They stay as they are. The first:"
        )
        lines.append(told.format(count=len(document["absent"])))
        lines += [f"    {record}" for record in document["absent"][:_LINES_SHOWN]]
    if document["dry_run"]:
        lines += [line for one in document["differences"] for line in _screen(one, regions)]
        lines.append(texts("A dry run: nothing was written."))
    for one in rejected[:_LINES_SHOWN]:
        lines.append(texts("line {line}: {reason} ({code})").format(**one))
        if one["resident"]:
            lines.append(texts("    The number begins as that of {resident}.").format(**one))
    if len(rejected) > _LINES_SHOWN:
        lines.append(texts("and more; --rejects FILE writes them all to a table."))
    return "\n".join(lines)


def _screen(one: Mapping[str, Any], regions: RegionTable) -> list[str]:
    said = text(PACKAGE)("line {line}: {record}").format(**one)
    lang = language()
    return [said] + [
        f"    {field_label(PERSON.name, name, lang)}: "
        f"{value_text(PERSON.name, name, write['before'], lang, regions)} → "
        f"{value_text(PERSON.name, name, write['after'], lang, regions)}"
        for name, write in one["fields"].items()
    ]


COMMANDS = (registry,)
