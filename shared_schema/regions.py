"""Region codes of the Ministry of Home Affairs, and the table of those a regency knows.

A code is `53.15.05.2001`: province, regency, district, village. Inside the system a code
is always this dotted text. Codes outlive neither mergers nor splits of regions, so a
table is data that an office loads, and a code missing from it is not by itself wrong.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from io import StringIO
from types import MappingProxyType
from typing import Self

from shared_schema.errors import InputError

_DOTTED = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")
_WIDTHS = (2, 2, 2, 4)


class Level(IntEnum):
    """How deep a region lies; the value is the number of parts in its code."""

    PROVINCE = 1
    REGENCY = 2
    DISTRICT = 3
    VILLAGE = 4


class RegionInvalid(InputError, ValueError):
    """The region code {text} is not valid. Write it as 53.15.05.2001."""

    code = "REGION_INVALID"


class RegionTableInvalid(InputError, ValueError):
    """Line {line} of the region table is not a code and a name. Correct the file."""

    code = "REGION_TABLE_INVALID"


@lru_cache(maxsize=4_096)
def parse_region(text: str) -> str:
    """Return the dotted code in `text`, which may be written without dots.

    Raises RegionInvalid.
    """
    code = text.strip()
    if code.isascii() and code.isdigit():
        code = _dotted(code)
    if _DOTTED.fullmatch(code) is None:
        raise RegionInvalid(text=text)
    return code


def _dotted(digits: str) -> str:
    parts, start = [], 0
    for width in _WIDTHS:
        if start < len(digits):
            parts.append(digits[start : start + width])
            start += width
    return ".".join([*parts, digits[start:]] if digits[start:] else parts)


def level(code: str) -> Level:
    """Return the level of a dotted code."""
    return Level(code.count(".") + 1)


def contains(scope: str, code: str) -> bool:
    """Tell whether region `scope` is `code` itself or an area around it."""
    return code == scope or code.startswith(scope + ".")


def parent_of(code: str) -> str | None:
    """Return the code one level up, None for a province."""
    return code.rpartition(".")[0] or None


def regency_of(code: str) -> str | None:
    """Return the regency that `code` is or lies in, None for a province."""
    return _ancestor(code, Level.REGENCY)


def district_of(code: str) -> str | None:
    """Return the district that `code` is or lies in, None above district level."""
    return _ancestor(code, Level.DISTRICT)


def _ancestor(code: str, wanted: Level) -> str | None:
    parts = code.split(".")
    return ".".join(parts[:wanted]) if len(parts) >= wanted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTable:
    """Names by dotted code, in code order."""

    names: Mapping[str, str]

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str]]) -> Self:
        """Build a table from pairs of code (dotted or not) and name.

        Raises RegionInvalid for a code that is none.
        """
        names = {parse_region(code): name.strip() for code, name in rows}
        return cls(names=MappingProxyType(dict(sorted(names.items()))))

    @classmethod
    def from_csv(cls, text: str) -> Self:
        """Build a table from CSV text of code and name, with or without a header line.

        Raises RegionTableInvalid naming the first line that does not fit.
        """
        rows: dict[str, str] = {}
        reader = csv.reader(StringIO(text.removeprefix("\ufeff")))
        for cells in reader:
            if not cells or [cell.strip().lower() for cell in cells[:2]] == ["code", "name"]:
                continue
            try:
                code, name = parse_region(cells[0]), cells[1].strip()
            except (RegionInvalid, IndexError) as error:
                raise RegionTableInvalid(line=reader.line_num) from error
            if not name:
                raise RegionTableInvalid(line=reader.line_num)
            rows[code] = name
        return cls.from_rows(rows.items())

    def to_rows(self) -> list[tuple[str, str]]:
        """Return pairs of code and name in code order."""
        return list(self.names.items())

    def __contains__(self, code: object) -> bool:
        """Tell whether the table holds `code`."""
        return code in self.names

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.names)

    def name(self, code: str) -> str:
        """Return the name of a region, or the code itself where the table has none."""
        return self.names.get(code, code)

    def village_called(self, name: str) -> str | None:
        """Return the code of the one village that is called so, whatever the letters' case."""
        wanted = " ".join(name.casefold().split())
        found = [code for code in self.villages() if self.names[code].casefold() == wanted]
        return found[0] if len(found) == 1 else None

    def districts(self, within: str | None = None) -> tuple[str, ...]:
        """Return the codes of all districts, or of those in region `within`."""
        return self._at(Level.DISTRICT, within)

    def villages(self, within: str | None = None) -> tuple[str, ...]:
        """Return the codes of all villages, or of those in region `within`."""
        return self._at(Level.VILLAGE, within)

    def _at(self, wanted: Level, within: str | None) -> tuple[str, ...]:
        return tuple(
            code
            for code in self.names
            if level(code) is wanted and (within is None or contains(within, code))
        )
