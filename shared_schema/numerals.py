"""Numbers as Indonesian texts write them, read without guessing and written back.

Thousands are grouped by points and decimals follow a comma; "12 ribu", "20 sampai 25 ribu"
and "maksimal 6.000" are numbers too. A text that is no number of the language is malformed
and stays as it is. Numbers are exact (Decimal).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

_SCALES = {"ribu": 1_000, "rb": 1_000, "juta": 1_000_000, "jt": 1_000_000}
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?")
_TERM = re.compile(r"(?P<number>[0-9][0-9.,]*)\s*(?P<scale>ribu|rb|juta|jt)?\b")
_UNITS = re.compile(r"\s*(%|persen|keping|orang|jiwa|lembar|warga|unit)\s*$")
_BETWEEN = re.compile(r"\s*(?:sampai dengan|sampai|hingga|s/d|s\.d\.|-|\u2013)\s*")
_BOUNDS = {
    "maksimal": (False, True),
    "paling banyak": (False, True),
    "kurang dari": (False, True),
    "minimal": (True, False),
    "paling sedikit": (True, False),
    "lebih dari": (True, False),
}
_ABOUT = ("sekitar", "kira-kira", "kurang lebih", "hampir", "\u00b1")
_AMBIGUOUS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a raw text says: from `low` to `high`, either None where it gives no such bound.

    Both are None for a malformed text. `approximate` is what the text itself says.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    approximate: bool = False

    @property
    def value(self) -> Decimal | None:
        """The number, where the text says exactly one."""
        return self.low if self.low == self.high else None

    @property
    def malformed(self) -> bool:
        """Whether the text is no number as Indonesian writes them."""
        return self.low is None and self.high is None


def read_number(raw: str) -> Reading:
    """Return what `raw` says; thousands are grouped by points, decimals follow a comma.

    `164,199` may be meant as English thousands or as a decimal and counts as malformed.
    """
    text = " ".join(raw.strip().lower().split())
    text, about = _strip_prefix(text, _ABOUT)
    text, bound = _strip_prefix(text, tuple(_BOUNDS))
    text = _UNITS.sub("", text)
    ends = _BETWEEN.split(text)
    scale = _SCALES.get(ends[-1].split()[-1]) if ends[-1].split() else None
    numbers = [_read_term(end, scale or 1) for end in ends]
    approximate = bool(about) or scale is not None
    if len(numbers) > 2 or (bound and len(numbers) != 1):
        return Reading()
    low, high = numbers[0], numbers[-1]
    if low is None or high is None or low > high:
        return Reading()
    keep_low, keep_high = _BOUNDS.get(bound, (True, True))
    return Reading(
        low=low if keep_low else None, high=high if keep_high else None, approximate=approximate
    )


def _strip_prefix(text: str, prefixes: tuple[str, ...]) -> tuple[str, str]:
    for prefix in prefixes:
        if text.startswith(prefix):
            return text[len(prefix) :].strip(), prefix
    return text, ""


def _read_term(text: str, scale: int) -> Decimal | None:
    found = _TERM.fullmatch(text)
    if found is None or _AMBIGUOUS.fullmatch(found["number"]):
        return None
    if _NUMBER.fullmatch(found["number"]) is None:
        return None
    number = Decimal(found["number"].replace(".", "").replace(",", "."))
    return number * (_SCALES[found["scale"]] if found["scale"] else scale)


def shown(number: Decimal | int, lang: str) -> str:
    """Write a number as the language does: 164.199 and 16,88, or 164,199 and 16.88."""
    written = f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    if lang == "en":
        return written
    return written.translate(str.maketrans(",.", ".,"))
