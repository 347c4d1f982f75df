"""One typed value for one field: what prompts and FIELD=VALUE words have in common."""

from collections.abc import Callable
from typing import Any

from shared_schema.records import FieldKind, FieldValueError, Origin, RecordType, normalise

Find = Callable[[FieldKind, str], str]


def read_assignment(rtype: RecordType, name: str, typed: str, find: Find) -> Any:
    """Return the JSON value of text typed for a field, None for blank text.

    ``find`` turns what was typed into the id or code meant. Raises FieldValueError.
    """
    spec = rtype.fields.get(name)
    if spec is None:
        raise FieldValueError("FIELD_UNKNOWN")
    if spec.origin is Origin.PROGRAM:
        raise FieldValueError("FIELD_NOT_TYPED")
    is_sought = spec.kind in (FieldKind.REFERENCE, FieldKind.REGION) and typed.strip()
    return normalise(rtype, name, find(spec.kind, typed.strip()) if is_sought else typed)
