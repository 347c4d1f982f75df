"""Checks: of a whole record before it is final, of one change wherever it arrives.

`check_change` looks at nothing but the change, so every replica judges it alike whatever
the order of arrival. What needs other fields or today's date belongs to `check`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared_schema.changes import SYSTEM_FIELDS
from shared_schema.errors import InputError
from shared_schema.records import parsing
from shared_schema.records.problems import WARNINGS, FieldValueError, Problem, problem
from shared_schema.records.types import (
    CheckContext,
    Checked,
    FieldKind,
    FieldSpec,
    Origin,
    RecordType,
)
from shared_schema.regions import RegionInvalid, parse_region

_SYSTEM_PREFIX = "_"
_SYSTEM_LENGTH = 10_000
_COARSER = {"day": 0, "month": 1, "year": 2}


class RecordVersionUnknown(InputError):
    """A {type} of version {version} is newer than this program. Update the program."""

    code = "TYPE_VERSION_UNKNOWN"


def check(rtype: RecordType, values: Mapping[str, Any], context: CheckContext) -> Checked:
    """Check a whole record: each field, required fields, rules between fields, warnings.

    Empty values count as absent. `values` of the answer holds what passed, in stored form;
    checking it again changes nothing.
    """
    filled = {name: value for name, value in values.items() if not _is_blank(value)}
    system = {name: filled.pop(name) for name in list(filled) if name.startswith(_SYSTEM_PREFIX)}
    valid, found = _load(rtype, _complete_dates(rtype, filled))
    found += _system_problems(system)
    found += _date_problems(rtype, valid, context)
    found += _missing_dates(rtype, filled)
    found += _village_problems(rtype, valid, context)
    for rule in rtype.rules:
        found += rule(valid, context)
    if not filled:
        found.append(problem("EMPTY"))
    return Checked(
        values={**valid, **system},
        errors=tuple(one for one in found if one.code not in WARNINGS),
        warnings=tuple(one for one in found if one.code in WARNINGS),
    )


def check_change(
    rtype: RecordType, writes: Mapping[str, Any], *, by_server: bool
) -> tuple[Problem, ...]:
    """Return what is wrong with the values one change writes, seen by itself.

    Values must be in stored form, as `check` returns them. None clears an optional field.
    """
    found: list[Problem] = []
    for name, value in writes.items():
        spec = rtype.fields.get(name)
        if (
            spec is not None
            and (by_server or spec.origin is not Origin.SERVER)
            and parsing.is_stored(spec, value)
        ):
            continue
        if name.startswith(_SYSTEM_PREFIX):
            found += _system_problems({name: value})
        elif spec is None:
            found.append(problem("FIELD_UNKNOWN", name))
        elif spec.origin is Origin.SERVER and not by_server:
            found.append(_field_problem("FIELD_NOT_YOURS", spec))
        else:
            found += _write_problems(spec, value)
    return tuple(found)


def normalise(rtype: RecordType, name: str, raw: str) -> Any:
    """Return the JSON value of text typed for a field; None for blank text.

    Raises FieldValueError, with FIELD_UNKNOWN for a name the type does not have.
    """
    spec = rtype.fields.get(name)
    if spec is None:
        raise FieldValueError("FIELD_UNKNOWN")
    return parsing.from_text(spec, raw)


def value_problem(rtype: RecordType, name: str, code: str) -> Problem:
    """Return the sentences for a code that `normalise` raised about a field."""
    spec = rtype.fields.get(name)
    return problem(code, name) if spec is None else _field_problem(code, spec)


def area_of(rtype: RecordType, values: Mapping[str, Any]) -> str | None:
    """Return the region a record names itself: its first filled area field that is a code."""
    for name in rtype.area:
        value = values.get(name)
        if isinstance(value, str):
            try:
                return parse_region(value)
            except RegionInvalid:
                continue
    return None


def upgrade(rtype: RecordType, version: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values`, written at `version`, as the current version has them.

    Raises RecordVersionUnknown for a version newer than the type.
    """
    if version > rtype.version:
        raise RecordVersionUnknown(type=rtype.name, version=version)
    upgraded = dict(values)
    for step in range(version, rtype.version):
        upgraded = rtype.upgrades[step](upgraded)
    return upgraded


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], {})


def _load(rtype: RecordType, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the filled fields in stored form, and what is wrong, field by field.

    What the type's marshmallow schema says when it loads the same values; of a whole register
    it would take four times as long.
    """
    stored: dict[str, Any] = {}
    found = []
    for name, spec in rtype.fields.items():
        if name not in raw:
            if spec.required:
                found.append(value_problem(rtype, name, "REQUIRED"))
            continue
        value = raw[name]
        try:
            whole = parsing.is_stored(spec, value)
            stored[name] = value if whole else parsing.from_json(spec, value)
        except FieldValueError as error:
            found.append(value_problem(rtype, name, error.code))
    unknown = (name for name in raw if name not in rtype.fields)
    return stored, [*found, *(value_problem(rtype, name, "FIELD_UNKNOWN") for name in unknown)]


def _field_problem(code: str, spec: FieldSpec) -> Problem:
    codes = ", ".join(str(value) for value in spec.codes.labels) if spec.codes else ""
    return problem(
        code,
        spec.name,
        spec.label,
        codes=codes,
        minimum=_shown(spec.minimum),
        maximum=_shown(spec.maximum),
    )


def _shown(bound: float | None) -> str:
    return "-" if bound is None else f"{bound:g}" if bound % 1 else f"{int(bound)}"


def _write_problems(spec: FieldSpec, value: object) -> list[Problem]:
    if value is None:
        return [_field_problem("REQUIRED", spec)] if spec.required else []
    if parsing.is_stored(spec, value):
        return []
    try:
        stored = parsing.from_json(spec, value)
    except FieldValueError as error:
        return [_field_problem(error.code, spec)]
    same = stored == value and isinstance(stored, bool) == isinstance(value, bool)
    return [] if same else [_field_problem("NOT_NORMAL", spec)]


def _system_problems(system: Mapping[str, object]) -> list[Problem]:
    return [
        problem("OBJECT_INVALID" if name in SYSTEM_FIELDS else "FIELD_UNKNOWN", name)
        for name, value in system.items()
        if name not in SYSTEM_FIELDS
        or not (value is None or (isinstance(value, Mapping) and _all_text(value)))
    ]


def _all_text(value: Mapping[object, object]) -> bool:
    texts = [part for pair in value.items() for part in pair if isinstance(part, str)]
    return len(texts) == 2 * len(value) and sum(map(len, texts)) <= _SYSTEM_LENGTH


def _complete_dates(rtype: RecordType, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give partial dates their first day, and dates without a precision the one they show."""
    completed = dict(raw)
    for spec in rtype.fields.values():
        value = raw.get(spec.name)
        if spec.precision_field is None or not isinstance(value, str):
            continue
        stated = completed.get(spec.precision_field)
        if not parsing.is_partial_date(value):
            completed.setdefault(spec.precision_field, "day")
            continue
        missing = 2 - value.strip().count("-")
        completed[spec.name] = value.strip() + "-01" * missing
        if stated is None or str(stated).strip().lower() in _COARSER:
            completed[spec.precision_field] = "year" if missing == 2 else "month"
    return completed


def _date_problems(
    rtype: RecordType, values: Mapping[str, Any], context: CheckContext
) -> Iterable[Problem]:
    for spec in rtype.fields.values():
        if spec.kind is not FieldKind.DATE or spec.name not in values:
            continue
        stored = values[spec.name]
        if spec.past and date.fromisoformat(stored) > context.today:
            yield _field_problem("DATE_IN_FUTURE", spec)
        precision = values.get(spec.precision_field or "")
        known = {"month": stored[:7] + "-01", "year": stored[:4] + "-01-01"}
        if known.get(str(precision), stored) != stored:
            yield _field_problem("DATE_PRECISION_MISMATCH", spec)


def _missing_dates(rtype: RecordType, raw: Mapping[str, Any]) -> Iterable[Problem]:
    """Ask for the date where a precision says that something of it is known."""
    for spec in rtype.fields.values():
        stated = raw.get(spec.precision_field) if spec.precision_field else None
        known = str(stated).strip().lower() in _COARSER
        if known and not spec.required and spec.name not in raw:
            yield _field_problem("REQUIRED", spec)


def _village_problems(
    rtype: RecordType, values: Mapping[str, Any], context: CheckContext
) -> Iterable[Problem]:
    for spec in rtype.fields.values():
        known = context.regions
        is_region = spec.kind is FieldKind.REGION and spec.name in values
        if is_region and known is not None and values[spec.name] not in known:
            yield _field_problem("VILLAGE_UNKNOWN", spec)
