"""The NIK: 6 digits of region at first registration, DDMMYY of birth, 4 serial.

The day of birth is written plus 40 for women. A NIK never changes, even where domicile or
date of birth is corrected, and keeps the region code of its time: whatever it disagrees
with is a warning, never a rejection. Only its shape, 16 digits, can be wrong.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared_schema.regions import RegionTable, district_of, regency_of

_SHAPE = re.compile(r"[0-9]{16}")
_FEMALE_DAY = 40
ESTIMATE_TOLERANCE_YEARS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NikParts:
    """What a NIK says: `region` as a dotted district code, `sex` as L or P."""

    region: str
    birth_date: date
    sex: str
    serial: str


def is_nik(text: str) -> bool:
    """Tell whether `text` has the shape of a NIK: exactly 16 digits."""
    return _SHAPE.fullmatch(text) is not None


def decode_nik(text: str, *, today: date) -> NikParts | None:
    """Return what a NIK says, None for another shape or an impossible date of birth.

    Of the centuries the two-digit year allows, the latest that does not lie after `today`
    is taken: people over 100 come out a century too young.
    """
    if not is_nik(text):
        return None
    day, month, year = int(text[6:8]), int(text[8:10]), int(text[10:12])
    sex = "P" if day > _FEMALE_DAY else "L"
    born = _latest(year, month, day - _FEMALE_DAY if sex == "P" else day, today)
    if born is None:
        return None
    return NikParts(region=_region(text), birth_date=born, sex=sex, serial=text[12:])


def _region(nik: str) -> str:
    return f"{nik[:2]}.{nik[2:4]}.{nik[4:6]}"


def _latest(year: int, month: int, day: int, today: date) -> date | None:
    century = today.year // 100 * 100
    for start in (century, century - 100):
        try:
            born = date(start + year, month, day)
        except ValueError:
            continue
        if born <= today:
            return born
    return None


def nik_warnings(
    nik: str,
    *,
    sex: str | None,
    birth_date: str | None,
    precision: str,
    village: str | None,
    regions: RegionTable | None,
    today: date,
) -> tuple[str, ...]:
    """Return the codes of what a well-shaped NIK disagrees with.

    Only what is known of the birth date is compared: year and month, or the year. An
    estimated year disagrees when it is more than 5 years off; an unknown one never does.
    """
    parts = decode_nik(nik, today=today)
    found = list(_region_warnings(_region(nik), village, regions))
    if parts is None:
        return ("NIK_DATE_IMPOSSIBLE", *found)
    if sex is not None and sex != parts.sex:
        found.insert(0, "NIK_SEX_MISMATCH")
    if birth_date is not None and not _birth_agrees(parts.birth_date, birth_date, precision):
        found.insert(0, "NIK_BIRTH_DATE_MISMATCH")
    return tuple(found)


def _birth_agrees(decoded: date, birth_date: str, precision: str) -> bool:
    """Compare by the two-digit year the NIK has, so that people over 100 agree."""
    stated = date.fromisoformat(birth_date)
    same_year = decoded.year % 100 == stated.year % 100
    match precision:
        case "unknown":
            return True
        case "estimated":
            apart = (decoded.year - stated.year) % 100
            return min(apart, 100 - apart) <= ESTIMATE_TOLERANCE_YEARS
        case "year":
            return same_year
        case "month":
            return same_year and decoded.month == stated.month
    return same_year and (decoded.month, decoded.day) == (stated.month, stated.day)


def _region_warnings(
    issued_in: str, village: str | None, regions: RegionTable | None
) -> Iterator[str]:
    if regions is not None and regency_of(issued_in) in regions and issued_in not in regions:
        yield "NIK_REGION_UNKNOWN"
    elif village is not None and district_of(village) != issued_in:
        yield "NIK_REGION_MISMATCH"
