"""Records as text: labels for values and codes, aligned tables, numbers masked.

Pure; both programs show records the same way. A NIK or family card number is shown as its first
six and last two digits: enough to tell whose card lies on the table, too little to copy. People
read times in their office's zone, programs (JSON) in UTC.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import zip_longest
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


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    width: int | None = None,
    numbers_from: int | None = None,
) -> str:
    """Return ``rows`` under ``headers`` in columns as wide as they need to be.

    Where ``width`` letters do not hold them, the widest columns are narrowed and their cells
    run on below; a word, such as an id, is never cut. The columns from ``numbers_from`` on are
    numbers: their ends stand in line.
    """
    names = len(headers) if numbers_from is None else numbers_from
    lines = [list(headers), *(list(row) for row in rows)]
    widths = _fitted(list(zip(*lines, strict=True)), width)
    rule = _GAP.join("-" * each for each in widths)
    head, *body = [_row(line, widths, names) for line in lines]
    return "\n".join([head, rule, *body])


def _fitted(columns: Sequence[Sequence[str]], width: int | None) -> list[int]:
    """Return the widths of columns, narrowed as far as it takes and their words allow.

    Headers run on first, then whole columns, the widest first.
    """
    widths = [max(map(_width, column)) for column in columns]
    if width is None:
        return widths
    words = [max(_width(word) for cell in column for word in _words(cell)) for column in columns]
    bodies = [max(map(_width, column[1:]), default=0) for column in columns]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for least in (list(map(max, words, bodies)), words):
        for at in sorted(range(len(widths)), key=lambda at: -widths[at]):
            given = max(0, min(excess, widths[at] - least[at]))
            widths[at] -= given
            excess -= given
    folded = zip(columns, widths, strict=True)
    return [
        max(_width(line) for cell in column for line in _folded(cell, w)) for column, w in folded
    ]


def _row(cells: Sequence[str], widths: Sequence[int], names: int) -> str:
    """Return a row, over several lines where a cell is wider than its column.

    ``names``: how many columns, from the first, begin at their left.
    """
    stacked = [_folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return "\n".join(
        _GAP.join(
            _padded(cell, width, right=at >= names)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in zip_longest(*stacked, fillvalue="")
    )


def _folded(cell: str, width: int) -> list[str]:
    if _width(cell) <= width:
        return [cell]
    lines: list[str] = []
    indent = cell[: len(cell) - len(cell.lstrip())]
    for word in _words(cell):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(indent + word if lines else word)
    return lines


def _words(cell: str) -> list[str]:
    """Return the words of a cell, the first with the indent it stands at."""
    first, *rest = cell.split() or [""]
    return [cell[: len(cell) - len(cell.lstrip())] + first, *rest]


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


def _padded(cell: str, width: int, *, right: bool = False) -> str:
    room = " " * (width - _width(cell))
    return room + cell if right else cell + room
