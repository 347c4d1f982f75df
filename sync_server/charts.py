"""Charts of figures over days, as lengths in a drawing: the page draws them, and shows the table.

Pure. The drawing is 720 by 260 units; its axis begins at nothing, so that no line lies about size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 58, 14, 36
_MOST_MARKS_X, _MARKS_Y = 4, 4
_NICE = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series as a path of steps: what is so on a day stays so until the next."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing: lines, bars (x, y, width, height), and a level that runs through.

    `days`: marks below, (x, day); `values`: marks at the side, (y, value).
    """

    lines: Sequence[Line]
    bars: Sequence[tuple[float, float, float, float]]
    level: float | None
    days: Sequence[tuple[float, date]]
    values: Sequence[tuple[float, int]]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def steps(days: Sequence[date], series: Mapping[str, Sequence[int]]) -> Chart:
    """Return series that change by steps, all on the same days in rising order."""
    top = _top(max((value for values in series.values() for value in values), default=0))
    places = [_x(day, days[0], days[-1]) for day in days]
    return Chart(
        lines=[Line(name=name, path=_path(places, values, top)) for name, values in series.items()],
        bars=(),
        level=None,
        days=_day_marks(days[0], days[-1]) if days else (),
        values=_value_marks(top),
    )


def bars(days: Sequence[date], values: Sequence[int], level: int | None = None) -> Chart:
    """Return a bar for each of some days that follow each other, and a level beside them."""
    top = _top(max([*values, level or 0]))
    wide = (WIDTH - _LEFT - _RIGHT) / max(len(days), 1)
    shown = [
        (
            round(_LEFT + at * wide + wide * 0.15, 1),
            _y(value, top),
            round(wide * 0.7, 1),
            round(HEIGHT - _BOTTOM - _y(value, top), 1),
        )
        for at, value in enumerate(values)
    ]
    every = max(-(-len(days) // _MOST_MARKS_X), 1)
    marks = [(round(_LEFT + (at + 0.5) * wide, 1), day) for at, day in enumerate(days)]
    return Chart(
        lines=(),
        bars=shown,
        level=None if level is None else _y(level, top),
        days=marks[::-1][::every][::-1],
        values=_value_marks(top),
    )


def _path(places: Sequence[float], values: Sequence[int], top: int) -> str:
    parts = [
        f"H{x}V{_y(value, top)}" if at else f"M{x} {_y(value, top)}"
        for at, (x, value) in enumerate(zip(places, values, strict=True))
    ]
    return "".join(parts)


def _x(day: date, first: date, last: date) -> float:
    whole = max((last - first).days, 1)
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / whole, 1)


def _y(value: float, top: int) -> float:
    share = max(0.0, min(value / top, 1.0))
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share, 1)


def _top(highest: int) -> int:
    """Return the end of the axis: a whole number of round steps, four at most."""
    step = _step(highest)
    return step * max(-(-highest // step), 1)


def _step(highest: int) -> int:
    wanted, tens = max(highest, 1) / _MARKS_Y, 1
    while True:
        for nice in _NICE:
            if nice * tens >= wanted:
                return nice * tens
        tens *= 10


def _value_marks(top: int) -> list[tuple[float, int]]:
    return [(_y(value, top), value) for value in range(0, top + 1, _step(top))]


def _day_marks(first: date, last: date) -> list[tuple[float, date]]:
    """Return the first day, the last, and one between them where it has room on a phone."""
    span = (last - first).days
    parts = 2 if span >= 4 else 1 if span else 0
    shares = [date.fromordinal(first.toordinal() + span * n // max(parts, 1)) for n in range(parts)]
    return [(_x(day, first, last), day) for day in (*shares, last)]
