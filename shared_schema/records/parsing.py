"""One value at a time: from JSON or typed text to the stored form, by kind of field.

Invariant: the stored form of a stored form is itself. Every failure is a FieldValueError
whose code is in `shared_schema.records.problems`.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from shared_schema.records.problems import FieldValueError
from shared_schema.records.types import FieldKind, FieldSpec
from shared_schema.regions import Level, RegionInvalid, level, parse_region

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2})?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_WRITTEN_NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SIXTEEN_DIGITS = re.compile(r"[0-9]{16}")
_SPREADSHEET_NUMBER = re.compile(r"[0-9][.,]?[0-9]*[eE][+]?[0-9]+|[0-9]{15,16}[.,]0+")
_DIGIT_SEPARATORS = str.maketrans("", "", " .-\u00a0")
_YES = frozenset({"ya", "y", "yes", "true", "1", "benar"})
_NO = frozenset({"tidak", "t", "no", "n", "false", "0", "bukan"})
_SAFE_INTEGER = 2**53 - 1
_LIST_LENGTH = 100
_NUMBER_LENGTH = 16


def from_json(spec: FieldSpec, value: object) -> Any:
    """Return the stored form of a JSON value. Raises FieldValueError."""
    return _FROM_JSON[spec.kind](spec, value)


def from_text(spec: FieldSpec, raw: str) -> Any:
    """Return the JSON value of text typed at a prompt or in a cell; None for blank text.

    A date that has a precision may stay partial ("1970", "1970-05"): the check of the
    whole record completes it. Raises FieldValueError.
    """
    if not raw.strip():
        return None
    parse = _FROM_TEXT.get(spec.kind)
    return parse(spec, raw.strip()) if parse else from_json(spec, raw.strip())


def is_stored(spec: FieldSpec, value: object) -> bool:
    """Tell whether a value is surely in stored form; where this says no, `from_json` judges."""
    if type(value) is str:
        judge = _STORED_TEXT.get(spec.kind)
        return judge is not None and judge(spec, value)
    if type(value) is float:
        low, high = spec.minimum, spec.maximum
        bounded = low is not None and high is not None and low <= value <= high
        return bounded and spec.kind is FieldKind.NUMBER and value % 1 != 0
    return spec.kind is FieldKind.CODE and type(value) is int and value in _codes(spec)


def _codes(spec: FieldSpec) -> Mapping[str | int, object]:
    return spec.codes.labels if spec.codes else {}


def _plain_text(spec: FieldSpec, value: str) -> bool:
    return (
        value.isascii()
        and value.isprintable()
        and value == value.strip() != ""
        and "  " not in value
        and (spec.maximum is None or len(value) <= spec.maximum)
    )


def _plain_digits(_spec: FieldSpec, value: str) -> bool:
    return len(value) == _NUMBER_LENGTH and value.isascii() and value.isdigit()


@lru_cache(maxsize=32768)
def _is_date(value: str) -> bool:
    try:
        return bool(_ISO_DATE.fullmatch(value)) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _region_level(value: str) -> Level | None:
    try:
        return level(value) if parse_region(value) == value else None
    except RegionInvalid:
        return None


def _plain_region(spec: FieldSpec, value: str) -> bool:
    found = _region_level(value)
    return found is not None and spec.region_level in (None, found)


def is_partial_date(value: object) -> bool:
    """Tell whether `value` is a year, or a year and a month, without a day."""
    return isinstance(value, str) and _PARTIAL_DATE.fullmatch(value.strip()) is not None


def _text(spec: FieldSpec, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and spec.widget == "number-text":
        value = str(value)
    if not isinstance(value, str):
        raise FieldValueError("TEXT_INVALID")
    text = unicodedata.normalize("NFC", value)
    if spec.widget == "textarea":
        text = "\n".join(text.splitlines()).strip()
    else:
        text = " ".join(text.split())
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise FieldValueError("TEXT_INVALID")
    if spec.maximum is not None and len(text) > spec.maximum:
        raise FieldValueError("TEXT_TOO_LONG")
    if not text:
        raise FieldValueError("REQUIRED")
    return text


def _digits(spec: FieldSpec, value: object) -> str:
    format_code = "KK_FORMAT" if spec.name == "kk_number" else "NIK_FORMAT"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FieldValueError(format_code)
    if not isinstance(value, str):
        lost = isinstance(value, float) or (value >= 10**15 and value % 10 == 0)
        raise FieldValueError("NIK_PRECISION_LOST" if lost else format_code)
    text = value.strip()
    if _SPREADSHEET_NUMBER.fullmatch(text):
        raise FieldValueError("NIK_PRECISION_LOST")
    if not _SIXTEEN_DIGITS.fullmatch(text):
        raise FieldValueError(format_code)
    return text


def _digits_from_text(spec: FieldSpec, raw: str) -> str:
    bare = raw.translate(_DIGIT_SEPARATORS)
    return _digits(spec, bare if _SIXTEEN_DIGITS.fullmatch(bare) else raw)


def _date(_spec: FieldSpec, value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not _ISO_DATE.fullmatch(text):
        raise FieldValueError("DATE_INVALID")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise FieldValueError("DATE_INVALID") from error


def _date_from_text(spec: FieldSpec, raw: str) -> str:
    if spec.precision_field and is_partial_date(raw):
        completed = raw + "-01" * (2 - raw.count("-"))
        return _date(spec, completed)[: len(raw)]
    day_first = _DAY_FIRST.fullmatch(raw)
    if day_first:
        day, month, year = day_first.groups()
        return _date(spec, f"{year}-{month:0>2}-{day:0>2}")
    return _date(spec, raw)


def _code(spec: FieldSpec, value: object) -> str | int:
    if spec.codes is None:
        raise FieldValueError("CODE_UNKNOWN")
    return spec.codes.from_json(value)


def _code_from_text(spec: FieldSpec, raw: str) -> str | int:
    return _code(spec, raw) if spec.codes is None else spec.codes.from_text(raw)


def _number(spec: FieldSpec, value: object) -> int | float:
    if isinstance(value, str) and _WRITTEN_NUMBER.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldValueError("NUMBER_INVALID")
    low = -_SAFE_INTEGER if spec.minimum is None else spec.minimum
    high = _SAFE_INTEGER if spec.maximum is None else spec.maximum
    if not low <= value <= high:
        raise FieldValueError("NUMBER_INVALID")
    return int(value) if value == int(value) else value


def _integer(spec: FieldSpec, value: object) -> int:
    number = _number(spec, value)
    if not isinstance(number, int):
        raise FieldValueError("NUMBER_INVALID")
    return number


def _integer_from_text(spec: FieldSpec, raw: str) -> int:
    grouped = re.fullmatch(r"[0-9]{1,3}([.][0-9]{3})+", raw)
    return _integer(spec, raw.replace(".", "") if grouped else raw)


def _number_from_text(spec: FieldSpec, raw: str) -> int | float:
    return _number(spec, raw.replace(",", ".", 1))


def _boolean(_spec: FieldSpec, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return value == 1
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise FieldValueError("BOOLEAN_INVALID")


def _region(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str):
        raise FieldValueError("REGION_INVALID")
    try:
        code = parse_region(value)
    except RegionInvalid as error:
        raise FieldValueError("REGION_INVALID") from error
    if spec.region_level is not None and level(code) is not spec.region_level:
        raise FieldValueError("REGION_INVALID")
    return code


def _reference(_spec: FieldSpec, value: object) -> str:
    try:
        return str(UUID(value.strip() if isinstance(value, str) else None))
    except (ValueError, TypeError) as error:
        raise FieldValueError("REFERENCE_INVALID") from error


def _list(spec: FieldSpec, value: object) -> list[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not 0 < len(items) <= _LIST_LENGTH:
        raise FieldValueError("LIST_INVALID")
    return [_text(spec, item) for item in items]


def _list_from_text(spec: FieldSpec, raw: str) -> list[str]:
    return _list(spec, [item for item in re.split(r"[,;]", raw) if item.strip()])


def _object(spec: FieldSpec, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= set(spec.parts):
        raise FieldValueError("OBJECT_INVALID")
    filled = {name: part for name, part in value.items() if part is not None}
    missing = [name for name, part in spec.parts.items() if part.required and name not in filled]
    if missing or not filled:
        raise FieldValueError("OBJECT_INVALID")
    return {
        name: from_json(part, filled[name]) for name, part in spec.parts.items() if name in filled
    }


def _object_from_text(spec: FieldSpec, raw: str) -> dict[str, Any]:
    """Read JSON, or `part=value` pairs separated by commas."""
    if raw.startswith("{"):
        try:
            return _object(spec, json.loads(raw))
        except ValueError as error:
            code = error.code if isinstance(error, FieldValueError) else "OBJECT_INVALID"
            raise FieldValueError(code) from error
    parts: dict[str, Any] = {}
    for pair in re.split(r"[,;]", raw):
        name, equals, text = pair.partition("=")
        if not equals or name.strip() not in spec.parts:
            raise FieldValueError("OBJECT_INVALID")
        parts[name.strip()] = from_text(spec.parts[name.strip()], text)
    return _object(spec, parts)


_STORED_TEXT: Mapping[FieldKind, Callable[[FieldSpec, str], bool]] = MappingProxyType(
    {
        FieldKind.TEXT: _plain_text,
        FieldKind.DIGITS: _plain_digits,
        FieldKind.DATE: lambda _spec, value: _is_date(value),
        FieldKind.CODE: lambda spec, value: value in _codes(spec),
        FieldKind.REGION: _plain_region,
        FieldKind.REFERENCE: lambda _spec, value: _ID.fullmatch(value) is not None,
    }
)
_FROM_JSON: Mapping[FieldKind, Callable[[FieldSpec, object], Any]] = MappingProxyType(
    {
        FieldKind.TEXT: _text,
        FieldKind.DIGITS: _digits,
        FieldKind.DATE: _date,
        FieldKind.CODE: _code,
        FieldKind.INTEGER: _integer,
        FieldKind.NUMBER: _number,
        FieldKind.BOOLEAN: _boolean,
        FieldKind.REGION: _region,
        FieldKind.REFERENCE: _reference,
        FieldKind.LIST: _list,
        FieldKind.OBJECT: _object,
    }
)
_FROM_TEXT: Mapping[FieldKind, Callable[[FieldSpec, str], Any]] = MappingProxyType(
    {
        FieldKind.DIGITS: _digits_from_text,
        FieldKind.DATE: _date_from_text,
        FieldKind.CODE: _code_from_text,
        FieldKind.INTEGER: _integer_from_text,
        FieldKind.NUMBER: _number_from_text,
        FieldKind.LIST: _list_from_text,
        FieldKind.OBJECT: _object_from_text,
    }
)
