"""Registers and status lists become changes of the server's own stream: only what differs.

What a source said before is read from the change log (its changes bear its name after the
user's), so a repeated import writes nothing, and a correction made here since then stands
until the source itself says something new about that column.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from shared_schema.canonical import digest
from shared_schema.errors import InputError
from shared_schema.ids import Stream
from shared_schema.records import CheckContext
from shared_schema.regions import RegionTable
from sync_server import ingest
from sync_server.identity import chunks
from sync_server.ingest import Edit
from sync_server.matching.exact import Rule, nik_key
from sync_server.office import Office
from sync_server.register_rows import (
    PERSON,
    STATUS_FIELDS,
    Raw,
    RegisterColumns,
    RegisterUnreadable,
    Rejected,
    Row,
    changed_columns,
    encoding_of,
    read_raw,
    resident_id,
    resident_of,
    status_of,
)
from sync_server.store import tables
from sync_server.store.queries import facts, log, records
from sync_server.store.queries.facts import Fact

_ROWS_AT_ONCE = 400
_BLOCK_BYTES = 1 << 20
_WORKBOOK = b"PK\x03\x04"
_PERSON = "person"


class NotYet(InputError):
    """{what} is not supported yet. Use CSV or JSON instead."""

    code = "NOT_YET"


class Source(StrEnum):
    """Who says so; it stands after the user's name in the operator of its changes."""

    REGISTER = "register"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One run over a file. `operator`: `user:NAME`. `progress` is told the lines read so far."""

    file: Path
    operator: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    progress: Callable[[int], None] = lambda _lines: None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of an import; `read` counts the lines below the header that were not empty."""

    read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures and the rejected lines, in order of line."""
        return {
            "read": self.read,
            **{name: self.counts[name] for name in ("added", "changed", "unchanged")},
            "rejected": [
                {"line": one.line, "code": one.code, "field": one.field}
                for one in sorted(self.rejected, key=lambda one: one.line)
            ],
        }


def context_of(office: Office, connection: Connection) -> CheckContext:
    """Return what checks need here: the office's own date and region codes."""
    zone = ZoneInfo(facts.need(connection, Fact.TIMEZONE))
    today = datetime.fromtimestamp(office.now_ms() / 1000, zone).date()
    regions = RegionTable.from_rows(facts.region_rows(connection))
    return CheckContext(today=today, regions=regions if len(regions) else None)


_REQUIRED = tuple(name for name, spec in PERSON.fields.items() if spec.required)


def import_register(office: Office, job: Import) -> Outcome:
    """Bring residents in from a register. Rejected lines do not stop the others.

    Raises RegisterUnreadable, RegisterColumns, RegisterMapInvalid, NotYet (a workbook).
    """
    with office.store.read() as connection:
        context = context_of(office, connection)
    outcome = Outcome()
    seen: dict[bytes, bytes] = {}
    for raws in chunks(_raw_lines(job, required=_REQUIRED), _ROWS_AT_ONCE):
        rows = [resident_of(raw, context) for raw in raws]
        _take(office, job, Source.REGISTER, _once(rows, seen, outcome), outcome)
        _advance(job, outcome, raws)
    return outcome


def import_status(office: Office, job: Import) -> Outcome:
    """Bring the ministry's statuses in, by NIK; a NIK that nobody here shows is rejected.

    Raises as `import_register` does.
    """
    outcome = Outcome()
    seen: dict[bytes, bytes] = {}
    for raws in chunks(_raw_lines(job, required=("nik",), one_of=STATUS_FIELDS), _ROWS_AT_ONCE):
        with office.store.read() as connection:
            rows = _by_nik(connection, raws)
        _take(office, job, Source.STATUS, _once(rows, seen, outcome), outcome)
        _advance(job, outcome, raws)
    return outcome


def _advance(job: Import, outcome: Outcome, raws: Sequence[Raw]) -> None:
    outcome.read += len(raws)
    job.progress(outcome.read)


def _raw_lines(
    job: Import, *, required: Sequence[str], one_of: Sequence[str] = ()
) -> Iterator[Raw]:
    if job.file.suffix.lower() in (".xlsx", ".xls", ".ods") or _starts(job.file) == _WORKBOOK:
        raise NotYet(what=job.file.suffix or ".xlsx")
    try:
        with job.file.open("rb") as stream:
            encoding = encoding_of(iter(lambda: stream.read(_BLOCK_BYTES), b""))
        with job.file.open(encoding=encoding, newline="") as lines:
            for at, raw in enumerate(read_raw(lines, job.mapping, job.file.name)):
                if at == 0:
                    _need_columns(job, raw, required, one_of)
                yield raw
    except (UnicodeDecodeError, OSError) as error:
        raise RegisterUnreadable(file=job.file.name, reason=type(error).__name__) from error


def _starts(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(len(_WORKBOOK))
    except OSError as error:
        raise RegisterUnreadable(file=file.name, reason=type(error).__name__) from error


def _need_columns(job: Import, raw: Raw, required: Sequence[str], one_of: Sequence[str]) -> None:
    for name in required:
        if name not in raw.cells:
            raise RegisterColumns(file=job.file.name, field=name)
    if one_of and not any(name in raw.cells for name in one_of):
        raise RegisterColumns(file=job.file.name, field=" / ".join(one_of))


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
        known = records.many(connection, [row.record for row in rows])
        said = _said_before(connection, source, known)
        edits = []
        for row in rows:
            current = known.get(row.record)
            shown = current.state.values() if current else {}
            changed = changed_columns(row.values, said.get(row.record, {}), shown)
            outcome.counts[_kind(is_known=current is not None, differs=bool(changed))] += 1
            if changed:
                edits.append(Edit(record=row.record, type=_PERSON, values=changed))
        if not job.dry_run:
            operator = f"{job.operator}/{source.value}"
            ingest.write_own(connection, edits, operator, wall_ms=office.now_ms())


def _kind(*, is_known: bool, differs: bool) -> str:
    if not differs:
        return "unchanged"
    return "changed" if is_known else "added"


def _said_before(
    connection: Connection, source: Source, known: Iterable[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Return the last value of each column that this source wrote, by record."""
    said: dict[UUID, dict[str, Any]] = {}
    ids = [str(record) for record in known]
    if not ids:
        return said
    server = Stream.from_hex(facts.need(connection, Fact.STREAM)).device
    for entry in log.of_records(connection, ids):
        own = entry.change.stream.device == server
        if own and entry.change.operator.endswith(f"/{source.value}"):
            written = {n: write.value for n, write in entry.change.writes.items()}
            said.setdefault(entry.change.record, {}).update(written)
    return said


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
