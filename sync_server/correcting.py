"""Bulk correction at the office: who is meant, what would change, one decision, one undo.

A correction is as many ordinary changes of the server's stream as records differ, written in one
transaction. Every function runs within the caller's transaction.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from shared_schema.canonical import decode, encode
from shared_schema.changes import Change
from shared_schema.errors import InputError, RecordAmbiguous, RecordUnknown
from shared_schema.ids import Stream
from shared_schema.nik import is_nik
from shared_schema.records import (
    CheckContext,
    FieldValueError,
    Origin,
    RecordType,
    normalise,
    record_type,
    value_problem,
)
from shared_schema.regions import contains
from sync_server import correction, ingest
from sync_server.correction import Correction, Plan
from sync_server.ingest import Edit
from sync_server.lookup import changes_of, resolve
from sync_server.people import by_nik
from sync_server.store import tables
from sync_server.store.queries import log, records
from sync_server.store.tables import corrections

_APART = re.compile(r"[\s,;]+")
_NOT_CORRECTED = frozenset({"link", "review", "attachment"})


class SelectionMissing(InputError):
    """Nothing says which records are meant. Give --where, --region or --list."""

    code = "SELECTION_MISSING"


class CorrectionInvalid(InputError):
    """{what} cannot be used in a bulk correction ({reason}). Correct it and try again."""

    code = "CORRECTION_INVALID"


class FieldNotCorrected(InputError):
    """{field} comes from the ministry's list or from a program. It cannot be corrected by hand."""

    code = "FIELD_NOT_CORRECTED"


class CorrectionReasonMissing(InputError):
    """A bulk correction needs one reason. Add --reason with what was found out."""

    code = "CORRECTION_REASON_MISSING"


class CorrectionUnconfirmed(InputError):
    """Values would look wrong in {count} records. Look at the preview; --confirm says why not."""

    code = "CORRECTION_UNCONFIRMED"
    http_status = 409


class CorrectionUnknown(InputError):
    """There is no correction {text}. `correct list` shows their numbers."""

    code = "CORRECTION_UNKNOWN"


class CorrectionEmpty(InputError):
    """Nothing would change, and nothing was written. `correct preview` shows why."""

    code = "CORRECTION_EMPTY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records are meant: all that is said must hold. `where`: None is an empty field.

    `listed`: ids (or their ends) and NIKs as they were pasted, None for no list.
    """

    type: str = "person"
    where: Mapping[str, Any] = field(default_factory=dict)
    region: str | None = None
    listed: str | None = None


def values_of(
    type_name: str, pairs: Iterable[str], *, to_set: bool, lang: str = "id"
) -> dict[str, Any]:
    """Return typed `FIELD=VALUE` pairs in stored form; an empty value is None.

    Raises TypeUnknown, FieldNotCorrected, CorrectionInvalid with its reason in `lang`.
    """
    rtype = record_type(type_name)
    found = {}
    for pair in pairs:
        name, equals, raw = pair.partition("=")
        name = name.strip()
        spec = rtype.fields.get(name)
        if type_name in _NOT_CORRECTED or spec is None or not equals:
            raise CorrectionInvalid(what=pair, reason="FIELD=VALUE")
        if to_set and spec.origin is not Origin.DEVICE:
            raise FieldNotCorrected(field=name)
        try:
            found[name] = normalise(rtype, name, raw)
        except FieldValueError as error:
            told = value_problem(rtype, name, error.code).text.text(lang)
            raise CorrectionInvalid(what=name, reason=told.rstrip(".")) from error
    return found


def select_records(connection: Connection, wanted: Selection) -> tuple[list[UUID], list[str]]:
    """Return the records that are meant, in order of id, and what of a list is not known.

    Void records are left out. Raises SelectionMissing, TypeUnknown.
    """
    rtype = record_type(wanted.type)
    if not wanted.where and wanted.region is None and wanted.listed is None:
        raise SelectionMissing
    unknown: list[str] = []
    listed = None
    if wanted.listed is not None:
        listed = _listed(connection, wanted.listed, unknown)
    table = tables.records
    query = select(table.c.record, table.c.shown, table.c.area).where(
        table.c.type == rtype.name, table.c.void.is_(False)
    )
    for name, value in wanted.where.items():
        if value is not None:
            query = query.where(table.c.shown.contains(_written(name, value), autoescape=True))
    found = [
        UUID(row.record)
        for row in connection.execute(query.order_by(table.c.record))
        if (listed is None or row.record in listed) and _meant(row, wanted)
    ]
    return found, unknown


def _written(name: str, value: Any) -> str:
    return f'"{name}":{encode(value).decode()}'


def _meant(row: Row[Any, Any, Any], wanted: Selection) -> bool:
    if wanted.region is not None and not (row.area and contains(wanted.region, row.area)):
        return False
    if not wanted.where:
        return True
    shown = decode(row.shown.encode())
    return all(shown.get(name) == value for name, value in wanted.where.items())


def _listed(connection: Connection, text: str, unknown: list[str]) -> set[str]:
    found: set[str] = set()
    for one in filter(None, _APART.split(text)):
        try:
            named = by_nik(connection, one) if is_nik(one) else [str(_id(connection, one))]
        except (RecordUnknown, RecordAmbiguous):
            named = []
        if not named:
            unknown.append(one)
        found.update(named)
    return found


def _id(connection: Connection, text: str) -> UUID:
    return resolve(connection, text).record


def plan(
    connection: Connection, wanted: Selection, values: Mapping[str, Any], context: CheckContext
) -> tuple[Plan, list[str]]:
    """Return what setting `values` would do, and what of a pasted list is not known.

    Raises SelectionMissing, CorrectionInvalid (nothing to set), TypeUnknown.
    """
    if not values:
        raise CorrectionInvalid(what="--set", reason="FIELD=VALUE")
    ids, unknown = select_records(connection, wanted)
    known = records.many(connection, ids)
    states = (known[one].state for one in ids)
    return correction.plan(record_type(wanted.type), states, values, context), unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a correction is made, and why values that look wrong are right all the same."""

    reason: str
    confirm: str = ""


def apply(
    connection: Connection, type_name: str, found: Plan, why: Why, operator: str, *, now_ms: int
) -> int:
    """Write a plan as one decision and return its number.

    Raises CorrectionReasonMissing, CorrectionUnconfirmed, CorrectionEmpty.
    """
    if not why.reason.strip():
        raise CorrectionReasonMissing
    confirm = " ".join(why.confirm.split())
    doubtful = sum(bool(one.warnings) for one in found.items)
    if doubtful and not confirm:
        raise CorrectionUnconfirmed(count=doubtful)
    edits = [
        Edit(record=one.record, type=type_name, values=one.values(confirm)) for one in found.items
    ]
    return _write(connection, type_name, edits, " ".join(why.reason.split()), operator, now_ms)


def _write(
    connection: Connection,
    type_name: str,
    edits: Sequence[Edit],
    reason: str,
    operator: str,
    now_ms: int,
    undoes: int | None = None,
) -> int:
    if not edits:
        raise CorrectionEmpty
    made = ingest.write_own(connection, edits, f"{operator}/correction", wall_ms=now_ms)
    row = {
        "stream": made[0].stream.hex(),
        "first": made[0].sequence,
        "last": made[-1].sequence,
        "type": type_name,
        "operator": operator,
        "reason": reason,
        "made_ms": now_ms,
        "undoes": undoes,
    }
    made_as = insert(corrections).values(**row).returning(corrections.c.id)
    return int(connection.execute(made_as).scalar_one())


def records_of(connection: Connection, number: int) -> set[UUID]:
    """Return the records that a correction changed, none for one that there is not."""
    query = select(corrections).where(corrections.c.id == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        return set()
    stream = Stream.from_hex(row.stream)
    return {change.record for change in log.of_stream(connection, stream, row.first, row.last)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking a correction back did. `correction`: the number under which it was done.

    `kept`: (record, field) that somebody had written since, and that were left alone.
    """

    correction: int
    changed: int
    kept: tuple[tuple[UUID, str], ...]


def undo(connection: Connection, number: int, operator: str, *, now_ms: int) -> Undone:
    """Take one correction back, or the taking back of one; what was edited since is left alone.

    One that is taken back already changes nothing. Raises CorrectionUnknown, CorrectionEmpty
    (everything was edited since).
    """
    rows = {row.id: row for row in connection.execute(select(corrections).order_by("id"))}
    row = rows.get(number)
    if row is None:
        raise CorrectionUnknown(text=number)
    made = [_correction(one) for one in rows.values()]
    if number in correction.inactive(made):
        by = max(one.id for one in made if one.undoes == number)
        return Undone(correction=by, changed=0, kept=())
    rtype, gone = record_type(row.type), correction.cancelled(made, number)
    edits, kept = [], []
    for change in log.of_stream(connection, Stream.from_hex(row.stream), row.first, row.last):
        values, left = _undone(connection, rtype, [one for one in made if one.id in gone], change)
        kept += [(change.record, name) for name in left]
        if values:
            edits.append(Edit(record=change.record, type=row.type, values=values))
    reason = f"undo {number}"
    again = _write(connection, row.type, edits, reason, operator, now_ms, undoes=number)
    return Undone(correction=again, changed=len(edits), kept=tuple(kept))


def _undone(
    connection: Connection, rtype: RecordType, gone: Sequence[Correction], change: Change
) -> tuple[dict[str, Any], list[str]]:
    history = changes_of(connection, change.record)
    removed = {
        one.stamp
        for one in history
        if one.stream == change.stream and any(other.wrote(one) for other in gone)
    }
    return correction.undone(rtype, history, removed, change)


def _correction(row: Row[Any]) -> Correction:
    return Correction(id=row.id, first=row.first, last=row.last, undoes=row.undoes)


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Return every correction, the newest first, and whether it stands."""
    rows = list(connection.execute(select(corrections).order_by("id")))
    gone = correction.inactive([_correction(row) for row in rows])
    return [
        {
            "correction": row.id,
            "type": row.type,
            "changes": row.last - row.first + 1,
            "reason": row.reason,
            "operator": row.operator,
            "made_ms": row.made_ms,
            "undoes": row.undoes,
            "stands": row.id not in gone,
        }
        for row in reversed(rows)
    ]
