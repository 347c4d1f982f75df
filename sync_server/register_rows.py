"""A register's lines as residents: who is meant, what it says, or why it cannot be used.

Pure: text in, rows and rejections out. A cell that is there but empty clears its field; a
column that is not there says nothing. A row is rejected only for errors; what merely looks
wrong (a NIK of another district) is the ministry's own data and goes in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from shared_schema.canonical import encode
from shared_schema.ids import derived_id
from shared_schema.names import fold_name
from shared_schema.records import (
    CheckContext,
    FieldKind,
    FieldValueError,
    RecordType,
    check,
    normalise,
    record_type,
)
from shared_schema.regions import RegionTable
from sync_server.register_cells import tidied
from sync_server.register_table import KEY, PERSON, Raw, Rejected

STATUS_FIELDS = ("central_status", "recorded_on", "printed_on")
_FEW_VALUES = frozenset(
    name
    for name, spec in PERSON.fields.items()
    if spec.kind in (FieldKind.CODE, FieldKind.REGION, FieldKind.DATE) or name in ("rt", "rw")
)
_NUMBERS = frozenset({"nik", "kk_number"})
_FIFTEEN_DIGITS = re.compile(r"[0-9]{15}")
_IDENTITY = ("sex", "village", "birth_date", "birth_date_precision", "kk_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One usable line. `values` holds every column the file has; None where a cell is empty."""

    line: int
    record: UUID
    values: Mapping[str, Any]


def resident_of(raw: Raw, context: CheckContext) -> Row | Rejected:
    """Return the resident that a line describes, or its first error."""
    parsed = _parse(PERSON, raw, context.regions)
    if isinstance(parsed, Rejected):
        return parsed
    checked = check(PERSON, parsed, context)
    if checked.errors:
        first = checked.errors[0]
        value = raw.cells.get(first.field or "", "")
        return Rejected(line=raw.line, code=first.code, field=first.field, value=value)
    empty = dict.fromkeys(name for name in raw.cells if name in PERSON.fields)
    values = {**empty, **checked.values}
    record = resident_id(checked.values, raw.cells.get(KEY, ""))
    return Row(line=raw.line, record=record, values=values)


def status_of(raw: Raw) -> tuple[str, Mapping[str, Any]] | Rejected:
    """Return the NIK and the ministry's columns of a line of a status list, or its error."""
    wanted = {n: text for n, text in raw.cells.items() if n == "nik" or n in STATUS_FIELDS}
    parsed = _parse(PERSON, Raw(line=raw.line, cells=wanted))
    if isinstance(parsed, Rejected):
        return parsed
    nik = parsed.pop("nik", None)
    if nik is None:
        return Rejected(line=raw.line, code="REQUIRED", field="nik")
    return str(nik), parsed


def _parse(
    rtype: RecordType, raw: Raw, regions: RegionTable | None = None
) -> dict[str, Any] | Rejected:
    parsed = {}
    for name, cell in raw.cells.items():
        if name == KEY:
            continue
        read = _read_few if name in _FEW_VALUES else _read
        value, code = read(rtype.name, name, cell)
        if code is not None:
            value = _village(name, cell, regions)
            if value is None:
                return Rejected(line=raw.line, code=code, field=name, value=cell)
        parsed[name] = value
    return parsed


def _village(name: str, cell: str, regions: RegionTable | None) -> str | None:
    """Return the village that is named where its code should be, if only one is called so."""
    return regions.village_called(tidied(name, cell)) if name == "village" and regions else None


def _read(type_name: str, name: str, cell: str) -> tuple[Any, str | None]:
    """Return the value of a cell, else the code of what is wrong with it."""
    text = tidied(name, cell)
    try:
        return normalise(record_type(type_name), name, text), None
    except FieldValueError as error:
        return None, _code_of(name, text, error.code)


_read_few = lru_cache(maxsize=65_536)(_read)


def _code_of(name: str, text: str, code: str) -> str:
    """Return the code of a wrong cell; a number of 15 digits has been through a spreadsheet."""
    lost = name in _NUMBERS and _FIFTEEN_DIGITS.fullmatch(text)
    return "NIK_PRECISION_LOST" if lost else code


def resident_id(values: Mapping[str, Any], key: str) -> UUID:
    """Return the id of an imported resident: by NIK, else by the row's key, else by content.

    The same person keeps the id from import to import as long as that identifier stays.
    """
    nik = values.get("nik")
    if nik is not None:
        return derived_id("jemput person nik", str(nik).encode())
    if key.strip():
        return derived_id("jemput person key", key.strip().encode())
    identity = [fold_name(str(values["name"])), *(values.get(name) for name in _IDENTITY)]
    return derived_id("jemput person identity", encode(identity))


def changed_columns(
    row: Mapping[str, Any], last: Mapping[str, Any], shown: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a row says anew: columns that differ from what the same source last said.

    `last` is what this source wrote before, `shown` what the record shows. A column that is
    as before is left alone, so that a correction made here since then stands; a new one that
    the record already shows is not written again.
    """
    return {
        name: value
        for name, value in row.items()
        if value != last.get(name) and not (name not in last and value == shown.get(name))
    }
