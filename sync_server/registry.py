"""Registers and status lists become changes of the server's own stream: only what differs.

What a source said before is read from the change log (its changes bear its name after the
user's), so a repeated import writes nothing, and a correction made here since then stands
until the source itself says something new about that column.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from shared_schema.canonical import digest
from shared_schema.ids import Stream, record_stream
from shared_schema.records import CheckContext
from shared_schema.regions import RegionTable
from sync_server import ingest, register_file, rematching, tallies
from sync_server.identity import chunks
from sync_server.ingest import Edit
from sync_server.lost_numbers import residents_beginning
from sync_server.matching.exact import Rule, nik_key
from sync_server.office import Office
from sync_server.register_rows import (
    STATUS_FIELDS,
    Row,
    changed_columns,
    resident_id,
    resident_of,
    status_of,
)
from sync_server.register_table import PERSON, Raw, Rejected
from sync_server.store import tables
from sync_server.store.queries import facts, sources
from sync_server.store.queries.facts import Fact

_ROWS_AT_ONCE = 500
_SAMPLES = 20
_PERSON = "person"
_REQUIRED = tuple(name for name, spec in PERSON.fields.items() if spec.required)


class Source(StrEnum):
    """Who says so; it stands after the user's name in the operator of its changes."""

    REGISTER = "register"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One run over a file. `operator`: `user:NAME`. `sheet`: of a workbook.

    `progress` is told the lines read so far, and about how many there are.
    """

    file: Path
    operator: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    dry_run: bool = False
    progress: Callable[[int, int], None] = lambda _lines, _total: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one line says anew of a resident who is known: (before, after) by field."""

    line: int
    record: UUID
    values: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of an import; `read` counts the lines below the header that were not empty.

    `fields`: in how many residents who are known a field changes. `differences`: the first 20.
    `found`: how many residents whom the field had registered before were found among the new ones.
    `absent`: residents of earlier registers in the villages of this one whom it does not name; they
    stay as they are.
    """

    read: int = 0
    found: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    absent: list[UUID] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures and the rejected lines, in order of line."""
        return {
            "read": self.read,
            **{name: self.counts[name] for name in ("added", "changed", "unchanged")},
            "rejected": [
                {"line": one.line, "code": one.code, "field": one.field} for one in self.rejected
            ],
        }


def context_of(office: Office, connection: Connection) -> CheckContext:
    """Return what checks need here: the office's own date and region codes."""
    zone = ZoneInfo(facts.need(connection, Fact.TIMEZONE))
    today = datetime.fromtimestamp(office.now_ms() / 1000, zone).date()
    regions = RegionTable.from_rows(facts.region_rows(connection))
    return CheckContext(today=today, regions=regions if len(regions) else None)


def import_register(office: Office, job: Import) -> Outcome:
    """Bring residents in from a register. Rejected lines do not stop the others.

    Raises RegisterUnreadable, RegisterColumns, RegisterMapInvalid, SheetUnknown.
    """
    with office.store.read() as connection:
        context = context_of(office, connection)

    def rows_of(raws: Sequence[Raw]) -> list[Row | Rejected]:
        return [resident_of(raw, context) for raw in raws]

    named: dict[UUID, str] = {}

    def rows_named(raws: Sequence[Raw]) -> list[Row | Rejected]:
        rows = rows_of(raws)
        named.update((r.record, str(r.values["village"])) for r in rows if isinstance(r, Row))
        return rows

    outcome = _run(office, job, Source.REGISTER, rows_named)
    with office.store.read() as connection:
        outcome.absent = _absent(connection, named)
    if not job.dry_run and outcome.counts.keys() & {"added", "changed"}:
        outcome.found = rematching.rematch_waiting(office)
    return outcome


def _absent(connection: Connection, named: Mapping[UUID, str]) -> list[UUID]:
    """Return the residents begun by registers, in the villages of those named, who are not named.

    In order of their ids. A register of some villages says nothing about the others.
    """
    known = sources.residents_in(connection, set(named.values()))
    return [one for one in map(UUID, known) if one not in named and record_stream(one) is None]


def import_status(office: Office, job: Import) -> Outcome:
    """Bring the ministry's statuses in, by NIK; a NIK that nobody here shows is rejected.

    Raises as `import_register` does.
    """

    def rows_of(raws: Sequence[Raw]) -> list[Row | Rejected]:
        with office.store.read() as connection:
            return _by_nik(connection, raws)

    return _run(office, job, Source.STATUS, rows_of)


def _run(
    office: Office,
    job: Import,
    source: Source,
    rows_of: Callable[[Sequence[Raw]], list[Row | Rejected]],
) -> Outcome:
    outcome = Outcome()
    seen: dict[bytes, bytes] = {}
    with register_file.opened(source_of(job.file, source, job.mapping, job.sheet)) as (
        table,
        total,
    ):
        for found in chunks(table.rows(), _ROWS_AT_ONCE):
            outcome.rejected += (one for one in found if isinstance(one, Rejected))
            rows = rows_of([one for one in found if isinstance(one, Raw)])
            _take(office, job, source, _once(rows, seen, outcome), outcome)
            outcome.read += len(found)
            job.progress(outcome.read, total)
    if not job.dry_run:
        tallies.finish(office)
    with office.store.read() as connection:
        outcome.rejected = _pointed_out(connection, outcome.rejected)
    return outcome


def source_of(
    file: Path, source: Source, mapping: Mapping[str, str], sheet: str | None = None
) -> register_file.Source:
    """Return what is to be read of a file, with the columns that its kind needs."""
    by_nik = source is Source.STATUS
    return register_file.Source(
        file=file,
        mapping=mapping,
        sheet=sheet,
        required=("nik",) if by_nik else _REQUIRED,
        one_of=STATUS_FIELDS if by_nik else (),
    )


def _pointed_out(connection: Connection, rejected: Iterable[Rejected]) -> list[Rejected]:
    """Return rejected lines in order, with the one resident whose NIK begins as theirs does."""
    ordered = sorted(rejected, key=lambda one: one.line)
    lost = {one.value for one in ordered if one.code == "NIK_PRECISION_LOST" and one.field == "nik"}
    known = residents_beginning(connection, lost)
    return [replace(one, resident=known.get(one.value)) for one in ordered]


def _once(rows: Iterable[Row | Rejected], seen: dict[bytes, bytes], outcome: Outcome) -> list[Row]:
    """Return the rows met for the first time; count repeats, reject those that contradict."""
    fresh = []
    for row in rows:
        if isinstance(row, Rejected):
            outcome.rejected.append(row)
            continue
        said = digest(dict(row.values))
        before = seen.setdefault(row.record.bytes, said)
        if before is said:
            fresh.append(row)
        elif before == said:
            outcome.counts["unchanged"] += 1
        else:
            outcome.rejected.append(Rejected(line=row.line, code="ROW_REPEATED"))
    return fresh


def _take(
    office: Office, job: Import, source: Source, rows: Sequence[Row], outcome: Outcome
) -> None:
    """Compare some rows with what is known and, unless it is a dry run, write what differs."""
    transaction = office.store.read if job.dry_run else office.store.write
    with transaction() as connection:
        names = [str(row.record) for row in rows]
        shown = sources.shown(connection, names)
        stream = Stream.from_hex(facts.need(connection, Fact.STREAM))
        said = sources.said(connection, stream, source.value, shown)
        edits = []
        for row, name in zip(rows, names, strict=True):
            current = shown.get(name)
            changed = changed_columns(row.values, said.get(name, {}), current or {})
            outcome.counts[_kind(is_known=current is not None, differs=bool(changed))] += 1
            if changed:
                edits.append(Edit(record=row.record, type=_PERSON, values=changed))
                if current is not None:
                    _note(outcome, row, changed, current)
        if not job.dry_run:
            operator = f"{job.operator}/{source.value}"
            ingest.write_own(connection, edits, operator, wall_ms=office.now_ms())


def _note(outcome: Outcome, row: Row, changed: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    outcome.fields.update(changed.keys())
    if len(outcome.differences) < _SAMPLES:
        values = {name: (shown.get(name), value) for name, value in changed.items()}
        outcome.differences.append(Difference(line=row.line, record=row.record, values=values))


def _kind(*, is_known: bool, differs: bool) -> str:
    if not differs:
        return "unchanged"
    return "changed" if is_known else "added"


def _by_nik(connection: Connection, raws: Iterable[Raw]) -> list[Row | Rejected]:
    parsed = [(raw, status_of(raw)) for raw in raws]
    niks = {found[0] for _, found in parsed if not isinstance(found, Rejected)}
    holders = holders_of(connection, niks)
    rows: list[Row | Rejected] = []
    for raw, found in parsed:
        if isinstance(found, Rejected):
            rows.append(found)
        elif found[0] not in holders:
            rows.append(Rejected(line=raw.line, code="NIK_UNKNOWN", field="nik"))
        else:
            rows.append(Row(line=raw.line, record=holders[found[0]], values=found[1]))
    return rows


def holders_of(connection: Connection, niks: Iterable[str]) -> dict[str, UUID]:
    """Return the record that stands for each NIK: the one imported under it, else the first.

    Where several records show one NIK they are possible duplicates; until somebody decides,
    the ministry's status is written to one of them only.
    """
    table = tables.identity_keys
    by_key = {nik_key(nik).digest: nik for nik in niks}
    found: dict[str, list[UUID]] = {}
    for part in chunks(sorted(by_key)):
        query = select(table.c.key, table.c.record).where(
            table.c.rule == Rule.NIK.value, table.c.key.in_(part)
        )
        for row in connection.execute(query):
            found.setdefault(by_key[row.key], []).append(UUID(row.record))
    return {nik: _foremost(nik, holding) for nik, holding in found.items()}


def _foremost(nik: str, holding: Iterable[UUID]) -> UUID:
    imported = resident_id({"nik": nik}, "")
    return min(holding, key=lambda record: (record != imported, record))
