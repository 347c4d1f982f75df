"""Whom to summon to a recording: the residents not recorded, by neighbourhood (RW and RT).

Pure. RT and RW are written in many ways (3, 03, RT 003); one number is one neighbourhood. Nobody is
summoned whom a visit said to be dead or gone: a letter to them helps nobody, and hurts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOT_SUMMONED = frozenset({"deceased", "moved"})
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody to be summoned, without any number. `at_home`: they need the service at home."""

    record: str
    name: str
    sex: str
    birth_year: str
    address: str
    at_home: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """One RT, and who of it is summoned, by name. "" where nobody wrote which."""

    rw: str
    rt: str
    residents: Sequence[Resident]

    @property
    def key(self) -> str:
        """What names it in an address."""
        return f"{self.rw}-{self.rt}"


def neighbourhoods(residents: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Neighbourhood]:
    """Return the residents (id and values) by RW and RT; those whose is not known come last."""
    found: defaultdict[tuple[str, str], list[Resident]] = defaultdict(list)
    for record, values in residents:
        place = numbered(values.get("rw")), numbered(values.get("rt"))
        found[place].append(_resident(record, values))
    ordered = sorted(found, key=lambda place: (not any(place), place))
    return [
        Neighbourhood(rw=rw, rt=rt, residents=sorted(found[rw, rt], key=_by_name))
        for rw, rt in ordered
    ]


def numbered(text: object) -> str:
    """Return the number of an RT or RW with three digits; what has none as it was written."""
    written = " ".join(str(text or "").split())
    digits = _DIGITS.search(written)
    return f"{int(digits[0]):03d}" if digits and int(digits[0]) else "" if digits else written


def _resident(record: str, values: Mapping[str, Any]) -> Resident:
    born = str(values.get("birth_date") or "")
    known = values.get("birth_date_precision") != "unknown"
    lies = (values.get("address"), values.get("dusun"))
    return Resident(
        record=record,
        name=str(values.get("name", "")),
        sex=str(values.get("sex", "")),
        birth_year=born[:4] if known else "",
        address=", ".join(str(part) for part in lies if part),
        at_home=bool(values.get("needs_home_service")),
    )


def _by_name(one: Resident) -> tuple[str, str]:
    return one.name.casefold(), one.record
