"""The map of a village's visits: drawn by the program itself, with a table behind it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request

from field_client.opened import App
from field_client.visited_places import LOOKED_THROUGH, VisitedPlace, VisitedPlaces
from field_client.web import map_drawing, memo, task_pages
from field_client.web.assigned import zone_of
from field_client.web.desk import Desk
from field_client.web.form_fields import villages_of
from field_client.web.map_drawing import Drawing, Fix
from field_client.web.showing import Page, page, to
from field_client.web.visiting import MARKS
from field_client.web.visitors import Visitors
from field_client.web.words import clock_text, length_text, local, text

PAGE = 60
TONES = ("fine", "later", "mind", "calm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One visit in the table, numbered as on the map. ``tone``: its shape and colour.

    ``beyond``: too far off to be drawn.
    """

    number: int
    person: str
    name: str
    outcome: str
    at: str
    accuracy: str
    tone: str
    beyond: bool


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the maps."""
    room = Blueprint("mapping", __name__)

    @room.get("/map")
    def villages() -> Page:
        with desk.use() as app:
            held = villages_of(app)
            if len(held) == 1:
                return to("mapping.village", code=held[0])
            return page(desk, app, "map_villages.html", villages=_named(app, held))

    @room.get("/map/<region:code>")
    def village(code: str) -> Page:
        with desk.use() as app:
            return page(desk, app, "map.html", **_shown(app, code))

    return room


def _shown(app: App, code: str) -> dict[str, Any]:
    places = memo.made_once(app, VisitedPlaces)
    known = memo.remembered(app, ("places", code), lambda: places.of(code))
    placed = [one for one in known if one.is_placed]
    pages = max(1, -(-len(placed) // PAGE))
    number = min(pages, max(1, request.args.get("page", 1, type=int)))
    held = placed[(number - 1) * PAGE : number * PAGE]
    drawing = map_drawing.drawn([_fix(one) for one in held])
    return {
        "code": code,
        "name": memo.region_name(app, code),
        "several": len(villages_of(app)) > 1,
        "drawing": drawing,
        "side": map_drawing.SIDE,
        "bar_text": length_text(drawing.bar_m) if drawing else "",
        "lines": _lines(app, held, drawing, (number - 1) * PAGE),
        "tones": _tones(held),
        "placeless": len(known) - len(placed),
        "looked_through": LOOKED_THROUGH,
        "pages": pages,
        "number": number,
    }


def _fix(one: VisitedPlace) -> Fix:
    accuracy = one.values.get("accuracy_m")
    return Fix(
        lat=float(one.values["lat"]),
        lon=float(one.values["lon"]),
        accuracy_m=float(accuracy) if accuracy is not None else None,
    )


def _lines(
    app: App, held: Sequence[VisitedPlace], drawing: Drawing | None, first: int
) -> list[Line]:
    zone, now_ms = zone_of(app), app.clocks().wall_ms
    drawn = {spot.at for spot in drawing.spots} if drawing else set()
    return [
        Line(
            number=first + at + 1,
            person=str(one.person),
            name=one.name,
            outcome=task_pages.word("outcome", str(one.values["outcome"])),
            at=clock_text(local(one.wall_ms, zone), local(now_ms, zone)),
            accuracy=_accuracy(one),
            tone=_tone(one),
            beyond=at not in drawn,
        )
        for at, one in enumerate(held)
    ]


def _tone(one: VisitedPlace) -> str:
    return MARKS.get(str(one.values["outcome"]), ("visit", "calm"))[1]


def _accuracy(one: VisitedPlace) -> str:
    metres = one.values.get("accuracy_m")
    return f"± {length_text(float(metres))}" if metres is not None else text()("not known")


def _tones(held: Sequence[VisitedPlace]) -> list[tuple[str, str, int]]:
    """Return the kinds of outcome that are on the map: tone, word, how many."""
    counts = Counter(_tone(one) for one in held)
    words = {
        "fine": text()("Recorded or handed over"),
        "later": text()("Visit again"),
        "mind": task_pages.word("outcome", "refused"),
        "calm": text()("Another outcome"),
    }
    return [(tone, words[tone], counts[tone]) for tone in TONES if counts[tone]]


def _named(app: App, villages: Sequence[str]) -> list[tuple[str, str]]:
    return [(code, memo.region_name(app, code)) for code in villages]
