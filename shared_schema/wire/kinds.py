"""The kinds of columns of codec 2: how the values of one field become numbers and lines of text.

The encoder takes the kind from the field's declaration; the payload names it, so that a reader
needs no record types, and a batch stays readable when a type changes. A value that does not fit
the kind of its column stands beside it as JSON.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from operator import add, sub
from typing import Any

from shared_schema.canonical import LARGEST_INTEGER, Json
from shared_schema.ids import IdInvalid, parse_id
from shared_schema.records import RECORD_TYPES, FieldKind, FieldSpec
from shared_schema.wire.integers import put_integers, put_unsigned
from shared_schema.wire.sheet import Row, Sheet, is_line, next_line

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VILLAGE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_SIXTEEN_DIGITS = re.compile(r"[0-9]{16}")
_EPOCH = date(1970, 1, 1).toordinal()
_DISTRICT, _DAY, _MONTH, _YEAR = 10**10, 10**8, 10**6, 10**4
_FEMALE_DAY = 40
_DECIMALS = 9
_DECIMAL_LIMIT = 10**6


class Kind(ABC):
    """One kind of column. ``at`` names the row of each value."""

    @abstractmethod
    def fit(self, value: Json) -> Any:
        """Return ``value`` as this kind holds it, None where it does not fit."""

    @abstractmethod
    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:
        """Append values that `fit` has returned."""

    @abstractmethod
    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return as many values as ``at`` has rows. Raises ValueError, OverflowError."""


class Whole(Kind):
    """Whole numbers; other kinds that come down to one number a value build on it."""

    def fit(self, value: Json) -> Any:
        """Take integers that every reader holds exactly."""
        return value if type(value) is int and abs(value) <= LARGEST_INTEGER else None

    def value(self, number: int) -> Json:
        """Return the value that ``number`` stands for. Raises ValueError."""
        if abs(number) > LARGEST_INTEGER:
            raise ValueError("a number is too large")
        return number

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:  # noqa: ARG002
        """Append the numbers."""
        put_integers(sheet.out, fitted)

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return the values of numbers."""
        return list(map(self.value, sheet.source.integers(len(at))))


class Truth(Whole):
    """False and true, as 0 and 1."""

    def fit(self, value: Json) -> Any:
        """Take nothing but booleans."""
        return int(value) if isinstance(value, bool) else None

    def value(self, number: int) -> Json:
        """Return the boolean."""
        if number not in {0, 1}:
            raise ValueError("neither true nor false")
        return bool(number)


class Day(Whole):
    """Dates, as days since 1970-01-01."""

    def fit(self, value: Json) -> Any:
        """Take dates that exist, as YYYY-MM-DD."""
        born = _date(value)
        return None if born is None else born.toordinal() - _EPOCH

    def value(self, number: int) -> Json:
        """Return the date."""
        return date.fromordinal(number + _EPOCH).isoformat()


class Village(Whole):
    """Villages, as the number that their ten digits make."""

    def fit(self, value: Json) -> Any:
        """Take dotted codes of four parts."""
        if not isinstance(value, str) or not _VILLAGE.fullmatch(value):
            return None
        return int(value.replace(".", ""))

    def value(self, number: int) -> Json:
        """Return the dotted code."""
        if not 0 <= number < 10**10:
            raise ValueError("not a village")
        digits = f"{number:010}"
        return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"


class Digits(Whole):
    """Sixteen digits, less the district in front, which the row's ``village`` lets expect."""

    def fit(self, value: Json) -> Any:
        """Take text of sixteen digits."""
        fits = isinstance(value, str) and _SIXTEEN_DIGITS.fullmatch(value)
        return int(value) if fits else None  # type: ignore[arg-type]

    def value(self, number: int) -> Json:
        """Return the digits."""
        if not 0 <= number < 10**16:
            raise ValueError("not sixteen digits")
        return f"{number:016}"

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:
        """Append numbers less what was to be expected."""
        foreseen = [self.foreseen(sheet.rows[row]) for row in at]
        put_integers(sheet.out, list(map(sub, fitted, foreseen)))

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return the digits, with what was to be expected."""
        foreseen = [self.foreseen(sheet.rows[row]) for row in at]
        return list(map(self.value, map(add, sheet.source.integers(len(at)), foreseen)))

    def foreseen(self, row: Row) -> int:
        """Return the district's digits in their place, 0 for none."""
        village = row.get("village")
        if not isinstance(village, str) or not _VILLAGE.fullmatch(village):
            return 0
        return int(village[:8].replace(".", "")) * _DISTRICT


class Nik(Digits):
    """A NIK, less the district and the birth date that the row's other fields let expect."""

    def foreseen(self, row: Row) -> int:
        """Return district, day (plus 40 for women), month and year in their places."""
        district, born = super().foreseen(row), _date(row.get("birth_date"))
        if born is None:
            return district
        day = born.day + (_FEMALE_DAY if row.get("sex") == "P" else 0)
        return district + day * _DAY + born.month * _MONTH + born.year % 100 * _YEAR


class Decimal(Kind):
    """Numbers with few decimals, as whole numbers of the smallest decimal any of them has."""

    def fit(self, value: Json) -> Any:
        """Take numbers below a million with at most nine decimals; return digits and decimals."""
        if type(value) not in {int, float} or not -_DECIMAL_LIMIT < value < _DECIMAL_LIMIT:  # type: ignore[operator]
            return None
        whole, _, part = repr(value).partition(".")
        part = part.rstrip("0")
        if not (whole.lstrip("-") + part).isdigit() or len(part) > _DECIMALS:
            return None
        return int(whole + part), len(part)

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:  # noqa: ARG002
        """Append the decimals, then the numbers."""
        decimals = max((places for _, places in fitted), default=0)
        sheet.out.append(decimals)
        put_integers(sheet.out, [digits * 10 ** (decimals - places) for digits, places in fitted])

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return numbers; one without a fraction is whole."""
        decimals = sheet.source.take(1)[0]
        numbers = sheet.source.integers(len(at))
        if decimals > _DECIMALS or any(abs(number) > LARGEST_INTEGER for number in numbers):
            raise ValueError("too many decimals")
        unit = 10**decimals
        return [number / unit if number % unit else number // unit for number in numbers]


class Text(Kind):
    """Text of one line."""

    def fit(self, value: Json) -> Any:
        """Take text without a line feed that UTF-8 can carry."""
        return value if isinstance(value, str) and is_line(value) else None

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:  # noqa: ARG002
        """Append a line a value."""
        sheet.texts.extend(fitted)

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return the next lines."""
        return [next_line(sheet.lines) for _ in at]


class Word(Text):
    """Text of few different values: each once, then which of them it is."""

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:  # noqa: ARG002
        """Append how many words, the words, and their indices."""
        words = {word: place for place, word in enumerate(sorted(set(fitted)))}
        put_unsigned(sheet.out, len(words))
        sheet.texts.extend(words)
        put_integers(sheet.out, [words[word] for word in fitted])

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return the words."""
        count = sheet.source.unsigned()
        if count > len(at):
            raise ValueError("more words than rows")
        words = [next_line(sheet.lines) for _ in range(count)]
        places = sheet.source.integers(len(at))
        if any(not 0 <= place < count for place in places):
            raise ValueError("a word is not there")
        return [words[place] for place in places]


class Reference(Kind):
    """Ids of records: of our own stream by number less the row's own, others from the table."""

    def fit(self, value: Json) -> Any:
        """Take ids in the form in which the programs write them."""
        try:
            parsed = parse_id(value) if isinstance(value, str) else None
        except IdInvalid:
            return None
        return parsed if str(parsed) == value else None

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:
        """Append records."""
        sheet.ids.put(sheet.out, fitted, [sheet.numbers[row] for row in at])

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:
        """Return ids."""
        return list(map(str, sheet.ids.read(sheet.source, [sheet.numbers[row] for row in at])))


class Odd(Kind):
    """Nothing fits: every value of the column is JSON."""

    def fit(self, value: Json) -> Any:  # noqa: ARG002
        """Take nothing."""
        return None

    def put(self, sheet: Sheet, fitted: Sequence[Any], at: Sequence[int]) -> None:
        """Append nothing."""

    def read(self, sheet: Sheet, at: Sequence[int]) -> Sequence[Json]:  # noqa: ARG002
        """Return nothing; raises ValueError where something is asked for."""
        if at:
            raise ValueError("nothing fits this kind")
        return []


ODD, TEXT, WORD, WHOLE, TRUTH, DAY, VILLAGE, DIGITS, NIK, DECIMAL, REFERENCE = range(11)
KINDS: Mapping[int, Kind] = {
    ODD: Odd(),
    TEXT: Text(),
    WORD: Word(),
    WHOLE: Whole(),
    TRUTH: Truth(),
    DAY: Day(),
    VILLAGE: Village(),
    DIGITS: Digits(),
    NIK: Nik(),
    DECIMAL: Decimal(),
    REFERENCE: Reference(),
}
_BY_FIELD = {
    FieldKind.TEXT: TEXT,
    FieldKind.DIGITS: DIGITS,
    FieldKind.DATE: DAY,
    FieldKind.INTEGER: WHOLE,
    FieldKind.NUMBER: DECIMAL,
    FieldKind.BOOLEAN: TRUTH,
    FieldKind.REGION: VILLAGE,
    FieldKind.REFERENCE: REFERENCE,
}


def kind_of(type_name: str, name: str) -> int:
    """Return the number of the kind that fits a field best; ODD for what is not declared."""
    rtype = RECORD_TYPES.get(type_name)
    spec = rtype.fields.get(name) if rtype else None
    if spec is None:
        return ODD
    if spec.kind is FieldKind.CODE:
        return _of_code(spec)
    return NIK if name == "nik" else _BY_FIELD.get(spec.kind, ODD)


def _of_code(spec: FieldSpec) -> int:
    named = any(isinstance(code, str) for code in (spec.codes.labels if spec.codes else ()))
    return WORD if named else WHOLE


def _date(value: Json) -> date | None:
    """Return the date that YYYY-MM-DD is, None for another text or a day that does not exist."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
