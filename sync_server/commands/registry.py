"""``registry``: the ministry's register of residents and its lists of statuses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared_schema.canonical import NotCanonical, decode
from shared_schema.console import emit, language, output_options, text
from shared_schema.records import value_problem
from sync_server.app import open_office
from sync_server.commands.opening import PACKAGE, operator
from sync_server.config import load_config
from sync_server.register_rows import PERSON, RegisterMapInvalid
from sync_server.registry import Import, Outcome, import_register, import_status

_REASONS = {
    "NIK_UNKNOWN": "Nobody here has this NIK.",
    "ROW_REPEATED": "A line before this one says something else of the same resident.",
}
_LINES_SHOWN = 20
_PROGRESS_LINES = 10_000
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def registry() -> None:
    """Bring in registers of residents and the ministry's statuses."""


@registry.command("import")
@click.argument("file", metavar="FILE", type=_FILE)
@click.option("--map", "map_file", type=_FILE, help="JSON object: CSV header to field name.")
@click.option("--dry-run", is_flag=True, help="Show the figures; write nothing.")
@output_options
def import_file(file: Path, map_file: Path | None, *, dry_run: bool) -> None:
    """Import residents from a CSV table; only what differs from the last import is written.

    Rejected lines are listed with number and code, and all others go in: the command
    succeeds when the file could be read.
    """
    office = open_office(load_config())
    job = Import(
        file=file,
        operator=operator(office),
        mapping=_mapping(map_file),
        dry_run=dry_run,
        progress=_progress,
    )
    _report(import_register(office, job), dry_run=dry_run)


@registry.command("status")
@click.argument("file", metavar="FILE", type=_FILE)
@click.option("--map", "map_file", type=_FILE, help="JSON object: CSV header to field name.")
@click.option("--dry-run", is_flag=True, help="Show the figures; write nothing.")
@output_options
def status_file(file: Path, map_file: Path | None, *, dry_run: bool) -> None:
    """Import central_status, recorded_on and printed_on by NIK; unknown NIKs are listed."""
    office = open_office(load_config())
    job = Import(
        file=file,
        operator=operator(office),
        mapping=_mapping(map_file),
        dry_run=dry_run,
        progress=_progress,
    )
    _report(import_status(office, job), dry_run=dry_run)


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


def _progress(lines: int) -> None:
    if lines % _PROGRESS_LINES == 0:
        click.echo(text(PACKAGE)("{count} lines read").format(count=lines), err=True)


def _report(outcome: Outcome, *, dry_run: bool) -> None:
    document = {**outcome.as_dict(), "dry_run": dry_run}
    emit(document, lambda: _text(document))


def _text(document: Mapping[str, Any]) -> str:
    texts = text(PACKAGE)
    rejected = document["rejected"]
    lines = [
        texts(
            "{read} lines: {added} added, {changed} changed, {unchanged} unchanged, "
            "{count} rejected."
        ).format(**document, count=len(rejected))
    ]
    if document["dry_run"]:
        lines.append(texts("A dry run: nothing was written."))
    lines += [
        texts("line {line}: {reason} ({code})").format(**one, reason=_reason(one))
        for one in rejected[:_LINES_SHOWN]
    ]
    if len(rejected) > _LINES_SHOWN:
        lines.append(texts("and more; --json lists them all."))
    return "\n".join(lines)


def _reason(rejected: Mapping[str, Any]) -> str:
    code, field = rejected["code"], rejected["field"]
    own = _REASONS.get(code)
    return text(PACKAGE)(own) if own else value_problem(PERSON, field, code).text.text(language())


COMMANDS = (registry,)
