"""Records as text: labels for values and codes, aligned tables, numbers masked.

Pure; both programs show records the same way. A NIK or family card number is shown as its first
six and last two digits: enough to tell whose card lies on the table, too little to copy. People
read times in their office's zone, programs (JSON) in UTC.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared_schema.clock import wall_of
from shared_schema.i18n import Label
from shared_schema.records import FieldKind, FieldSpec, RecordType
from shared_schema.regions import RegionTable

MASK = "*"
_GAP = "  "
_SHOWN_DIGITS = (6, 2)
_INDONESIAN_ZONES = frozenset({"WIB", "WITA", "WIT"})
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


def time_zone(name: str) -> tzinfo | None:
    """Return the zone called ``name``; None, this machine's own, where there is none such."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def moment(hlc: int, zone: tzinfo | None) -> str:
    """Return the wall time within a clock reading, as ``instant`` does."""
    return instant(wall_of(hlc), zone)


def instant(unix_ms: int, zone: tzinfo | None) -> str:
    """Return Unix milliseconds as date, minute and zone; "?" beyond the calendar.

    ``zone`` None is the zone of this machine.
    """
    try:
        return _local_text(datetime.fromtimestamp(unix_ms / 1000, tz=UTC), zone)
    except (ValueError, OverflowError, OSError):
        return "?"


def local_time(iso: str | None, zone: tzinfo | None) -> str:
    """Return what ``iso_time`` gave as ``instant`` shows it."""
    try:
        return _local_text(datetime.fromisoformat(iso), zone) if iso else "?"
    except OverflowError:
        return "?"


def iso_time(unix_ms: int | None) -> str | None:
    """Return Unix milliseconds as ISO 8601 in UTC to the second, None beyond the calendar."""
    try:
        known = None if unix_ms is None else datetime.fromtimestamp(unix_ms / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return known.isoformat(timespec="seconds").replace("+00:00", "Z") if known else None


def _local_text(when: datetime, zone: tzinfo | None) -> str:
    local = when.astimezone(zone)
    name = local.tzname()
    offset = local.isoformat()[-6:]
    shown = name if name in _INDONESIAN_ZONES else f"UTC{offset}".removesuffix("+00:00")
    return f"{local:%Y-%m-%d %H:%M} {shown}"


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
