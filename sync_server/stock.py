"""Blank cards: what an office asked for, was granted, received, used and spoiled, and what is left.

Pure arithmetic. Only received cards can be used: what is granted is a promise. A later count
(`opening`) is believed over the arithmetic, and the difference is shown as a part of its own, so
that what is left is always the sum of its parts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from shared_schema.i18n import Label
from sync_server.figures import Finding, label

FORECAST_DAYS = 30
CHART_DAYS = 60
_IN = ("opening", "received", "adjusted", "difference")
_OUT = ("used", "spoiled")
_KINDS = ("requested", "granted", "opening", "received", "adjusted", "used", "spoiled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement of blank cards; only an adjustment may be negative. `area`: its region."""

    record: str
    office: str
    kind: str
    quantity: int
    on: date
    document: str = ""
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The blank cards of one office, or of all. `difference`: what later counts found."""

    requested: int = 0
    granted: int = 0
    opening: int = 0
    received: int = 0
    adjusted: int = 0
    difference: int = 0
    used: int = 0
    spoiled: int = 0

    @property
    def remaining(self) -> int:
        """What is left."""
        here = sum(getattr(self, name) for name in _IN)
        gone = sum(getattr(self, name) for name in _OUT)
        return int(here - gone)

    @property
    def awaited(self) -> int:
        """How many are granted and have not come."""
        return max(self.granted - self.received, 0)

    @property
    def fill_rate(self) -> Fraction | None:
        """Return the share of the cards asked for that was granted; came, where none is noted."""
        given = self.granted or self.received
        return Fraction(given, self.requested) if self.requested else None

    def __add__(self, other: "Balance") -> "Balance":
        """Add the parts."""
        return Balance(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    def as_dict(self) -> dict[str, int]:
        """Return the parts and what is left."""
        parts = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**parts, "remaining": self.remaining}


def balance(movements: Iterable[Movement]) -> Balance:
    """Return the balance of one office's movements.

    An opening count begins it; one on a day after cards came or went is a count anew, of what was
    there before that day's movements.
    """
    days = [Balance(), *(whole for _, whole in _day_by_day(movements))]
    return days[-1]


def _day_by_day(movements: Iterable[Movement]) -> Iterator[tuple[date, Balance]]:
    """Yield each day on which one office's cards moved, and the balance in its evening."""
    parts = dict.fromkeys((*_KINDS, "difference"), 0)
    days: defaultdict[date, list[Movement]] = defaultdict(list)
    for movement in movements:
        days[movement.on].append(movement)
    for on, today in sorted(days.items()):
        counted = [one.quantity for one in today if one.kind == "opening"]
        if counted and any(parts[kind] for kind in (*_IN, *_OUT)):
            parts["difference"] += sum(counted) - Balance(**parts).remaining
        else:
            parts["opening"] += sum(counted)
        for one in today:
            if one.kind != "opening":
                parts[one.kind] += one.quantity
        yield on, Balance(**parts)


def over_time(
    movements: Iterable[Movement], upto: date, *, most: int = CHART_DAYS
) -> list[tuple[date, Balance]]:
    """Return the balance of all offices together in the evening of days on which cards moved.

    The oldest comes first, the day ``upto`` last; of more than ``most`` days some are left out, at
    even distances.
    """
    moved: defaultdict[date, dict[str, Balance]] = defaultdict(dict)
    for office, each in by_office(movements).items():
        for on, whole in _day_by_day(each):
            moved[on][office] = whole
    now: dict[str, Balance] = {}
    found = []
    for on in sorted({*moved, upto} if moved else ()):
        now |= moved.get(on, {})
        found.append((on, sum(now.values(), Balance())))
    every = -(-len(found) // most) or 1
    return found[::-1][::every][::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long the cards last, if as many go a day as did on average in `window_days`.

    `a_day`: that average, cards used and spoiled. `days_left` and `runs_out`: None where none went.
    """

    window_days: int
    a_day: Fraction
    days_left: int | None
    runs_out: date | None


def forecast(movements: Sequence[Movement], on: date, *, window: int = FORECAST_DAYS) -> Forecast:
    """Return how long the cards of these movements last from a day on.

    The window ends on that day and begins `window` days before, or at the first movement.
    """
    known = [one for one in movements if one.on <= on]
    first = min((one.on for one in known), default=on)
    days = max(min(window, (on - first).days + 1), 1)
    since = on - timedelta(days=days - 1)
    gone = sum(one.quantity for one in known if one.kind in _OUT and one.on >= since)
    left = sum((balance(each) for each in by_office(known).values()), Balance()).remaining
    a_day = Fraction(gone, days)
    days_left = int(max(left, 0) / a_day) if a_day else None
    return Forecast(
        window_days=days,
        a_day=a_day,
        days_left=days_left,
        runs_out=None if days_left is None else _later(on, days_left),
    )


def _later(on: date, days: int) -> date | None:
    try:
        return on + timedelta(days=days)
    except OverflowError:
        return None


def by_office(movements: Iterable[Movement]) -> dict[str, list[Movement]]:
    """Return the movements of each office, in order of its name; one name however it is written."""
    named: dict[str, str] = {}
    found: defaultdict[str, list[Movement]] = defaultdict(list)
    for one in movements:
        office = named.setdefault(" ".join(one.office.casefold().split()), one.office)
        found[office].append(one)
    return dict(sorted(found.items()))


def checks(movements: Sequence[Movement]) -> list[Finding]:
    """Return what does not fit in one office's movements, and the recap where they balance."""
    whole = balance(movements)
    return [
        *_below_nothing(movements),
        *_larger(whole, "granted", "requested"),
        *_larger(whole, "received", "granted"),
        *_counted_anew(whole),
        *_recap(whole),
    ]


def _below_nothing(movements: Sequence[Movement]) -> list[Finding]:
    """Say on which day more cards had gone than there were, the first one only."""
    for on in sorted({one.on for one in movements}):
        left = balance([one for one in movements if one.on <= on]).remaining
        if left < 0:
            text = label(
                "Pada {day} lebih banyak blangko terpakai daripada yang ada; kurang {missing}. "
                "Periksa penerimaan yang belum dicatat.",
                "On {day} more blank cards had been used than there were; {missing} are "
                "missing. Look for a delivery that was not noted.",
                day=on,
                missing=Decimal(-left),
            )
            return [_finding("STOCK_BELOW_NOTHING", text, -left, disagrees=True)]
    return []


def _larger(whole: Balance, part: str, of: str) -> list[Finding]:
    """Say that more cards are noted of a later step than of the one before, where that is noted."""
    inner, outer = getattr(whole, part), getattr(whole, of)
    if not outer or inner <= outer:
        return []
    words = _STEPS[part], _STEPS[of]
    text = Label(
        id=label(
            "{inner} blangko {part}, tetapi hanya {outer} {of}.",
            "",
            inner=Decimal(inner),
            outer=Decimal(outer),
            part=words[0].id,
            of=words[1].id,
        ).id,
        en=label(
            "",
            "{inner} blank cards {part}, but only {outer} {of}.",
            inner=Decimal(inner),
            outer=Decimal(outer),
            part=words[0].en,
            of=words[1].en,
        ).en,
    )
    return [_finding("STOCK_STEP_LARGER", text, inner - outer, disagrees=True)]


def _counted_anew(whole: Balance) -> list[Finding]:
    if not whole.difference:
        return []
    text = label(
        "Hitungan ulang berbeda {difference} keping dari catatan; hitungan yang dipakai.",
        "Counting anew gave {difference} cards against the notes; the count is believed.",
        difference=Decimal(whole.difference),
    )
    return [_finding("STOCK_COUNT_DIFFERS", text, whole.difference, disagrees=True)]


def _recap(whole: Balance) -> list[Finding]:
    came = whole.opening + whole.received + whole.adjusted + whole.difference
    if not came:
        return []
    text = label(
        "{came} diterima atau ada = {used} terpakai + {spoiled} rusak cetak + {left} sisa.",
        "{came} received or there = {used} used + {spoiled} spoiled + {left} remaining.",
        came=Decimal(came),
        used=Decimal(whole.used),
        spoiled=Decimal(whole.spoiled),
        left=Decimal(whole.remaining),
    )
    return [_finding("STOCK_RECAP", text, whole.remaining)]


def _finding(code: str, text: Label, computed: int, *, disagrees: bool = False) -> Finding:
    return Finding(code=code, text=text, computed=Decimal(computed), disagrees=disagrees)


_STEPS: Mapping[str, Label] = {
    "requested": Label(id="diminta", en="were asked for"),
    "granted": Label(id="disetujui", en="were granted"),
    "received": Label(id="diterima", en="were received"),
}
