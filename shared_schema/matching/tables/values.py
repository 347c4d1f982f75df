"""What stands in a cell, in the form in which it is compared; None where nothing does."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_NOTHING = frozenset({"", "nan", "none", "null", "na", "n a", "unknown", "missing"})
_YEAR = re.compile(r"(1[5-9]|20|21)[0-9]{2}")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january|feb pebruari februari february|mar maret march|apr april"
            "|may mei|jun june juni|jul july juli|aug agu agt agustus august|sep sept september"
            "|oct okt october oktober|nov nopember november|dec des december desember"
        ).split("|"),
        1,
    )
    for name in names.split()
}


class Kind(StrEnum):
    """What a column holds."""

    NAME = "name"
    TEXT = "text"
    DATE = "date"
    CODE = "code"
    IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Which column holds a row's id, and which ones are compared as what."""

    id_column: str
    columns: Mapping[str, Kind]


def spec_from(document: Mapping[str, object]) -> Spec:
    """Return the spec of `{"id": COLUMN, "columns": {COLUMN: KIND}}`; ValueError, KeyError else."""
    columns = document["columns"]
    if not isinstance(columns, Mapping) or not columns:
        raise ValueError("columns")
    return Spec(
        id_column=str(document["id"]), columns={str(c): Kind(k) for c, k in columns.items()}
    )


Row = tuple[str | None, ...]


def row_of(cells: Mapping[str, object], spec: Spec) -> Row:
    """Return the cells to compare, in the order of the spec; a missing column is empty."""
    return tuple(value_of(cells.get(column), kind) for column, kind in spec.columns.items())


def rows_of(table: Sequence[Mapping[str, object]], spec: Spec) -> list[Row]:
    """Return every row of a table as `row_of` gives it."""
    return [row_of(cells, spec) for cells in table]


def value_of(cell: object, kind: Kind) -> str | None:
    """Return one cell as its kind is compared."""
    words = _words("" if cell is None else str(cell))
    text = " ".join(words)
    if text in _NOTHING:
        return None
    if kind is Kind.DATE:
        return _date(str(cell), words)
    if kind is Kind.IDENTIFIER or kind is Kind.CODE:
        return _whole("".join(words), str(cell))
    return text


def _whole(text: str, cell: str) -> str | None:
    """Undo what a spreadsheet does to numbers: 4011.0 is 4011; all zeros are nothing."""
    if re.fullmatch(r"\s*[0-9]+\.0+\s*", cell):
        text = cell.strip().split(".")[0]
    return text.lstrip("0") or None if text.isdigit() else text


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.replace("'", "").casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in letters).split()


def _date(cell: str, words: list[str]) -> str | None:
    """Return YYYYMMDD as far as the order of the parts can be told, else the digits there are."""
    words = [str(_MONTHS[w]) if w in _MONTHS else w for w in words]
    if len(words) >= 3 and all(word.isdigit() for word in words[:3]):
        return _parts(words[:3])
    digits = "".join(
        c for c in cell.split("T", maxsplit=1)[0].split(".", maxsplit=1)[0] if c.isdigit()
    )
    if len(digits) == 8 and not _YEAR.match(digits) and _YEAR.match(digits[4:]):
        return digits[4:] + digits[2:4] + digits[:2]
    return (digits.strip("0") and digits) or None


def _parts(words: list[str]) -> str:
    first, second, third = words
    if len(third) == 4:
        first, third = third, first
    year = first if len(first) == 4 else f"{1900 + int(first) if len(first) <= 2 else first}"
    if int(second) > 12 >= int(third):
        second, third = third, second
    return f"{year}{second:0>2}{third:0>2}"
