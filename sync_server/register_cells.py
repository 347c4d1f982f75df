"""Cells as spreadsheets and other offices' systems leave them, told apart from what they mean.

Pure, and a function of one cell: what a program did to the text on its way is undone (Excel's
days, lost zeros, formula quotes, a wrong encoding), what a person wrote is left to the checks.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from shared_schema.records import FieldKind
from sync_server.register_table import PERSON

_EXCEL_START = date(1899, 12, 30)
_LATEST_YEAR = 2100
_DIGITS = 16
_EXCEL_DAYS = range(_LATEST_YEAR + 1, 80_000)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
_BLANK = frozenset({"-", "--", "NULL", "\\N", "N/A", "#N/A", "NAN"})
_AS_TEXT = re.compile(r'="(.*)"')
_WHOLE_NUMBER = re.compile(r"([0-9]{1,5})([.,]0+)?")
_DAY = re.compile(r"(.*[0-9]{4}.*?)[T ]+[0-9]{1,2}[:.][0-9]{2}.*")
_YEAR_FIRST = re.compile(r"([0-9]{4})[/. ]([0-9]{1,2})[/. ]([0-9]{1,2})")
_NAMED_MONTH = re.compile(r"([0-9]{1,2})[-/., ]+([A-Za-z]{3,9})[-/., ]+([0-9]{4})")
_WRONGLY_READ = re.compile("[ÂÃâ][\u0080-\u00bf\u2010-\u2122\u0152-\u017e\u0192\u02c6\u02dc]")
_MONTHS = {
    name: month
    for month, names in enumerate(
        "jan|feb peb|mar|apr|mei may|jun|jul|agu ags aug agt|sep|okt oct|nov nop|des dec".split(
            "|"
        ),
        1,
    )
    for name in names.split()
}
_VILLAGE_WORD = re.compile(r"^(desa|kelurahan|kel\.|ds\.)\s+", re.IGNORECASE)
_MOBILE = re.compile(r"8[0-9]{8,11}")
_SPELLINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sex": {
            "1": "L", "2": "P", "LK": "L", "PR": "P", "PRIA": "L", "WANITA": "P",
            "LAKI - LAKI": "L", "LAKI LAKI": "L", "LAKILAKI": "L",
        },
        "religion": {
            "KATOLIK": "3", "PROTESTAN": "2", "KRISTEN PROTESTAN": "2", "BUDDHA": "5",
            "KONGHUCU": "6", "KEPERCAYAAN TERHADAP TUHAN YME": "7",
        },
        "marital_status": {
            "KAWIN TERCATAT": "2", "KAWIN BELUM TERCATAT": "2", "CERAI HIDUP TERCATAT": "3",
            "CERAI HIDUP BELUM TERCATAT": "3", "BELUM MENIKAH": "1", "MENIKAH": "2",
        },
        "central_status": {"SFE": "SENT_FOR_ENROLLMENT", "PRR": "PRINT_READY_RECORD"},
    }
)  # fmt: skip


def tidied(name: str, raw: str) -> str:
    """Return the cell of field `name` as it was before programs changed it; "" for nothing."""
    text = raw if raw.isascii() else _read_again(raw).translate(_INVISIBLE)
    text = text.strip()
    wrapped = _AS_TEXT.fullmatch(text)
    text = wrapped[1].strip() if wrapped else text
    if text.upper() in _BLANK:
        return ""
    mend = _OF_FIELD.get(name)
    return mend(text) if mend and text else text


def _read_again(text: str) -> str:
    """Undo UTF-8 that was taken for Windows-1252: "MarÃ­a" is "María"."""
    if not _WRONGLY_READ.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _day(text: str) -> str:
    """Return a date without its time, with the month's number, from Excel's days where bare."""
    number = _WHOLE_NUMBER.fullmatch(text)
    if number and int(number[1]) in _EXCEL_DAYS:
        return (_EXCEL_START + timedelta(days=int(number[1]))).isoformat()
    timed = _DAY.fullmatch(text)
    text = timed[1] if timed else text
    if year_first := _YEAR_FIRST.fullmatch(text):
        year, month, day = year_first.groups()
        return f"{year}-{month:0>2}-{day:0>2}"
    named = _NAMED_MONTH.fullmatch(text)
    if named and (number_of := _MONTHS.get(named[2][:3].lower())):
        return f"{named[3]}-{number_of:02}-{named[1]:0>2}"
    return text


def _sixteen(text: str) -> str:
    """Return a number of 16 digits; "" for what forms are filled with that must not be empty."""
    bare = text.removeprefix("'").strip()
    filler = set(bare) == {"0"} or (len(bare) == _DIGITS and len(set(bare)) == 1)
    return "" if filler else bare


def _ward(text: str) -> str:
    """Return RT or RW with the zeros that a numeric cell has lost."""
    number = _WHOLE_NUMBER.fullmatch(text.removeprefix("'"))
    return number[1].zfill(3) if number else text


def _phone(text: str) -> str:
    bare = text.removeprefix("'").removesuffix(".0")
    return f"0{bare}" if _MOBILE.fullmatch(bare) else bare


def _village(text: str) -> str:
    return _VILLAGE_WORD.sub("", text.removesuffix(".0"))


def _spelled(name: str) -> Callable[[str], str]:
    known = _SPELLINGS[name]
    return lambda text: known.get(" ".join(text.upper().split()), text)


_OF_FIELD: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        **{name: _day for name, spec in PERSON.fields.items() if spec.kind is FieldKind.DATE},
        **{name: _sixteen for name, spec in PERSON.fields.items() if spec.kind is FieldKind.DIGITS},
        **{name: _spelled(name) for name in _SPELLINGS},
        "rt": _ward,
        "rw": _ward,
        "phone": _phone,
        "village": _village,
    }
)
