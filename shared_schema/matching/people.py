"""What of a resident is compared, in the form in which it is compared.

The form is small, so that it can be kept beside the blocking keys: scoring never decodes a
record. It is made of what a record *shows*; names are in the spelling under which all
spellings meet (`names.name_key`), numbers keep their digits only.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from shared_schema.names import name_key

_FIELD = "\x1f"
_FIELD_BYTES = _FIELD.encode()
_DAY = "day"
_NIK_DIGITS = 16
_REMEMBERED = 10_000
_LETTER_OF = {"day": "d", "month": "m", "year": "y", "estimated": "e", "unknown": "u"}


class Comparable(NamedTuple):
    """One resident, ready to compare; an empty value is one that is not known.

    `birth` is YYYYMMDD and `precision` the first letter of its precision: d(ay), m(onth),
    y(ear), e(stimated), u(nknown). A tuple and not a dataclass: millions are unpacked.
    """

    name: tuple[str, ...]
    sex: str
    birth: str
    precision: str
    village: str
    nik: str
    card: str
    mother: tuple[str, ...]
    father: tuple[str, ...]
    birth_place: tuple[str, ...]


def comparable(values: Mapping[str, Any]) -> Comparable:
    """Return the comparable form of the values that a person record shows."""
    sex = _text(values, "sex")
    birth = _text(values, "birth_date").replace("-", "")
    precision = _LETTER_OF.get(_text(values, "birth_date_precision") or _DAY, "u")
    return Comparable(
        name=_words(values, "name", sex),
        sex=sex,
        birth=birth if precision != "u" else "",
        precision=precision if birth else "u",
        village=_text(values, "village"),
        nik=_digits(values, "nik"),
        card=_digits(values, "kk_number"),
        mother=_words(values, "mother_name", "P"),
        father=_words(values, "father_name", "L"),
        birth_place=_words(values, "birth_place", ""),
    )


def pack(person: Comparable) -> bytes:
    """Return the bytes to keep for `unpack`; the same person packs to the same bytes."""
    return _FIELD.join([p if isinstance(p, str) else " ".join(p) for p in person]).encode()


def unpack(packed: bytes) -> Comparable:
    """Return what `pack` was given. Raises ValueError for other bytes."""
    name, sex, birth, precision, village, nik, card, mother, father, place = packed.decode().split(
        _FIELD
    )
    return Comparable(
        tuple(name.split()),
        sex,
        birth,
        precision,
        village,
        nik,
        card,
        tuple(mother.split()),
        tuple(father.split()),
        tuple(place.split()),
    )


def name_of(packed: bytes) -> list[str]:
    """Return the words of the name alone of what `pack` gave."""
    return packed.partition(_FIELD_BYTES)[0].decode().split()


def _text(values: Mapping[str, Any], field: str) -> str:
    return str(values.get(field) or "").replace(_FIELD, " ").strip()


def _words(values: Mapping[str, Any], field: str, sex: str) -> tuple[str, ...]:
    return _keys(_text(values, field), sex)


@lru_cache(_REMEMBERED)
def _keys(name: str, sex: str) -> tuple[str, ...]:
    return tuple(name_key(name, sex).split())


def _digits(values: Mapping[str, Any], field: str) -> str:
    """Return a number of 16 digits, "" for what cannot be one, or is one digit repeated."""
    text = _text(values, field)
    digits = text if text.isdigit() else "".join([c for c in text if c.isdigit()])
    return digits if len(digits) == _NIK_DIGITS and len(set(digits)) > 1 else ""
