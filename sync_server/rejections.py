"""Why a line of a register did not go in, in the words of whoever reads it."""

from collections.abc import Callable, Mapping
from typing import Any

from shared_schema import display
from shared_schema.records import FieldKind, value_problem
from sync_server.register_table import PERSON, Rejected

COLUMNS = ("line", "code", "field", "reason", "value", "resident")
_REASONS = {
    "NIK_UNKNOWN": "Nobody here has this NIK.",
    "ROW_REPEATED": "A line before this one says something else of the same resident.",
    "ROW_UNREADABLE": "A quotation mark in this line is never closed.",
    "ROW_SHIFTED": "This line has more cells than the header: a separator stands inside a cell.",
}


def reason(code: str, field: str | None, lang: str, texts: Callable[[str], str]) -> str:
    """Return what is wrong with a line; ``texts`` translates into ``lang``."""
    if code in _REASONS:
        return texts(_REASONS[code])
    return value_problem(PERSON, field or "", code).text.text(lang)


def document(one: Rejected) -> dict[str, Any]:
    """Return a rejected line as it is kept, without its reason."""
    return {
        "line": one.line,
        "code": one.code,
        "field": one.field,
        "value": one.value,
        "resident": str(one.resident) if one.resident else None,
    }


def explained(
    kept: Mapping[str, Any], lang: str, texts: Callable[[str], str], *, full: bool
) -> dict[str, Any]:
    """Return a line that was kept with its reason; ``full``: numbers of people unmasked."""
    said = reason(kept["code"], kept["field"], lang, texts)
    value = kept["value"] if full else _masked(kept["field"], kept["value"])
    return {**{name: kept.get(name) for name in COLUMNS}, "reason": said, "value": value}


def _masked(field: str | None, value: str) -> str:
    spec = PERSON.fields.get(field or "")
    is_number = spec is not None and spec.kind is FieldKind.DIGITS
    return display.masked(value) if is_number else value
