"""The record types: one file each, found by looking into this package.

A module here that has a `TYPE` is a record type; to add one is to add a file. Everything
that shows, checks, stores or sends records is derived from these types.
"""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from shared_schema.errors import InputError
from shared_schema.records.checking import (
    RecordVersionUnknown,
    area_of,
    check,
    check_change,
    normalise,
    upgrade,
    value_problem,
)
from shared_schema.records.problems import FieldValueError, Problem
from shared_schema.records.types import (
    CheckContext,
    Checked,
    CodeList,
    FieldKind,
    FieldSpec,
    MergePolicy,
    Origin,
    RecordType,
)

__all__ = [
    "RECORD_TYPES",
    "CheckContext",
    "Checked",
    "CodeList",
    "FieldKind",
    "FieldSpec",
    "FieldValueError",
    "MergePolicy",
    "Origin",
    "Problem",
    "RecordType",
    "RecordVersionUnknown",
    "UnknownRecordType",
    "area_of",
    "check",
    "check_change",
    "normalise",
    "record_type",
    "upgrade",
    "value_problem",
]


class UnknownRecordType(InputError):
    """There is no record type "{name}". Choose one of: {known}."""

    code = "TYPE_UNKNOWN"


def _discover() -> Mapping[str, RecordType]:
    found: dict[str, RecordType] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        declared = getattr(import_module(f"{__name__}.{module.name}"), "TYPE", None)
        if isinstance(declared, RecordType):
            found[declared.name] = declared
    return MappingProxyType(found)


RECORD_TYPES: Mapping[str, RecordType] = _discover()


def record_type(name: str) -> RecordType:
    """Return the record type called `name`. Raises UnknownRecordType."""
    try:
        return RECORD_TYPES[name]
    except KeyError:
        raise UnknownRecordType(name=name, known=", ".join(RECORD_TYPES)) from None
