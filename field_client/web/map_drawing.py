"""Where visits were, as a drawing: metres about their middle, north above, to one scale.

No tiles and no projection of a whole country: within twenty kilometres a degree of latitude is
110.57 km and one of longitude 111.32 km by the cosine of the latitude, true to a few metres. A fix
farther off than that from the middle is a mistake of the receiver, and would shrink all others
to a dot; it is named, not drawn. Pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SIDE = 360.0
FAR_M = 20_000.0
_MARGIN = 30.0
_LEAST_SPAN_M = 200.0
_LONGEST_BAR = 110.0
_LEAST_CIRCLE = 10.0
_LAT_M, _LON_M = 110_574.0, 111_320.0
_HALF_TURN, _TURN = 180.0, 360.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A position in degrees. ``accuracy_m``: None where it is not known."""

    lat: float
    lon: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where one fix is drawn. ``at``: its place in what was given; ``circle``: 0 for none."""

    at: int
    x: float
    y: float
    circle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A square of `SIDE`. ``beyond``: the fixes that are too far off, by their place.

    ``bar``: the length of ``bar_m`` metres; ``lines``: where a grid of that width runs.
    """

    spots: Sequence[Spot]
    beyond: Sequence[int]
    bar: float
    bar_m: float
    lines: Sequence[float]


def drawn(fixes: Sequence[Fix]) -> Drawing | None:
    """Return the drawing of these fixes; None where none lies near another, or none is given."""
    if not fixes:
        return None
    points = _metres(fixes)
    near = [at for at, point in enumerate(points) if math.hypot(*point) <= FAR_M]
    if not near:
        return None
    xs, ys = [points[at][0] for at in near], [points[at][1] for at in near]
    span = max(_LEAST_SPAN_M, _width(xs), _width(ys))
    scale = (SIDE - 2 * _MARGIN) / span
    middle = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    bar_m = _round_below(_LONGEST_BAR / scale)
    return Drawing(
        spots=[_spot(at, fixes[at], points[at], middle, scale) for at in near],
        beyond=[at for at in range(len(fixes)) if at not in set(near)],
        bar=round(bar_m * scale, 1),
        bar_m=bar_m,
        lines=_grid(bar_m * scale),
    )


def _metres(fixes: Sequence[Fix]) -> list[tuple[float, float]]:
    """Return east and north of each fix from the middle one, in metres."""
    lat, lon = median(fix.lat for fix in fixes), median(fix.lon for fix in fixes)
    east = _LON_M * math.cos(math.radians(lat))
    return [(_turned(fix.lon - lon) * east, (fix.lat - lat) * _LAT_M) for fix in fixes]


def _turned(degrees: float) -> float:
    """Return a difference of longitudes the short way round."""
    return (degrees + _HALF_TURN) % _TURN - _HALF_TURN


def _width(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _spot(
    at: int, fix: Fix, point: tuple[float, float], middle: tuple[float, float], scale: float
) -> Spot:
    circle = min(SIDE, (fix.accuracy_m or 0.0) * scale)
    return Spot(
        at=at,
        x=round(SIDE / 2 + (point[0] - middle[0]) * scale, 1),
        y=round(SIDE / 2 - (point[1] - middle[1]) * scale, 1),
        circle=round(circle, 1) if circle > _LEAST_CIRCLE else 0.0,
    )


def _round_below(metres: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= metres)


def _grid(step: float) -> list[float]:
    """Return where the lines of a grid run that has the middle on one of them."""
    half = int(SIDE / 2 / step)
    return [round(SIDE / 2 + at * step, 1) for at in range(-half, half + 1)]
