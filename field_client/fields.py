"""One typed value for one field: what prompts and FIELD=VALUE words have in common."""

from collections.abc import Callable
from typing import Any

from shared_schema.records import FieldKind, FieldValueError, RecordType, normalise


def read_assignment(rtype: RecordType, name: str, typed: str, find: Callable[[str], str]) -> Any:
    """Return the JSON value of text typed for a field, None for blank text.

    ``find`` turns a part of a record's id into the whole. Raises FieldValueError.
    """
    spec = rtype.fields.get(name)
    if spec is None:
        raise FieldValueError("FIELD_UNKNOWN")
    is_reference = spec.kind is FieldKind.REFERENCE and typed.strip()
    return normalise(rtype, name, find(typed.strip()) if is_reference else typed)
