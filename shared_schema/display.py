"""Records as text: labels for values and codes, aligned tables, numbers masked.

Pure; both programs show records the same way. A NIK or family card number is shown as its first
six and last two digits: enough to tell whose card lies on the table, too little to copy.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared_schema.clock import wall_of
from shared_schema.i18n import Label
from shared_schema.records import FieldKind, FieldSpec, RecordType
from shared_schema.regions import RegionTable

MASK = "*"
_GAP = "  "
_SHOWN_DIGITS = (6, 2)
_BOOLEANS = {True: Label(id="Ya", en="Yes"), False: Label(id="Tidak", en="No")}


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return ``rows`` under ``headers`` in columns as wide as they need to be."""
    lines = [list(headers), *(list(row) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return "\n".join(
        _GAP.join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in ruled
    )


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return label and value on a line each, the values aligned."""
    listed = list(rows)
    width = max((_width(label) for label, _ in listed), default=0)
    return "\n".join(f"{_padded(label, width)}{_GAP}{value}".rstrip() for label, value in listed)


def masked(number: str) -> str:
    """Return a NIK or family card number with its middle hidden."""
    head, tail = _SHOWN_DIGITS
    return number[:head] + MASK * max(len(number) - head - tail, 0) + number[-tail:]


def value_text(
    spec: FieldSpec,
    value: Any,
    *,
    lang: str,
    regions: RegionTable | None = None,
    full: bool = False,
) -> str:
    """Return a stored value as an officer reads it; ``full`` shows numbers unmasked."""
    if value is None:
        return "-"
    match spec.kind:
        case FieldKind.CODE if spec.codes is not None:
            return spec.codes.label(value).text(lang)
        case FieldKind.DIGITS if not full:
            return masked(str(value))
        case FieldKind.REGION:
            return _region_text(str(value), regions)
        case _:
            return _plain_text(value, lang)


def title(
    rtype: RecordType,
    values: Mapping[str, Any],
    *,
    lang: str,
    regions: RegionTable | None = None,
) -> str:
    """Return what names a record in a list; its type where the naming fields are empty."""
    named = [
        value_text(rtype.fields[name], values[name], lang=lang, regions=regions)
        for name in rtype.title
        if values.get(name) is not None
    ]
    return " · ".join(named) or rtype.label.text(lang)


def field_rows(
    rtype: RecordType,
    values: Mapping[str, Any],
    *,
    lang: str,
    regions: RegionTable | None = None,
    full: bool = False,
) -> list[tuple[str, str]]:
    """Return label and shown value of every field that is filled, in form order."""
    return [
        (
            spec.label.text(lang),
            value_text(spec, values[name], lang=lang, regions=regions, full=full),
        )
        for name, spec in rtype.fields.items()
        if values.get(name) is not None
    ]


def moment(hlc: int) -> str:
    """Return the wall time within a clock reading, in UTC to the minute."""
    return instant(wall_of(hlc))


def instant(unix_ms: int) -> str:
    """Return Unix milliseconds as text, in UTC to the minute; "?" beyond the calendar."""
    try:
        return datetime.fromtimestamp(unix_ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "?"


def _plain_text(value: Any, lang: str) -> str:
    match value:
        case bool():
            return _BOOLEANS[value].text(lang)
        case list():
            return ", ".join(map(str, value))
        case Mapping():
            return ", ".join(f"{name}={part}" for name, part in value.items())
        case _:
            return str(value)


def _region_text(code: str, regions: RegionTable | None) -> str:
    name = regions.name(code) if regions else code
    return code if name == code else f"{name} ({code})"


def _width(cell: str) -> int:
    return sum(_cells(char) for char in cell)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
