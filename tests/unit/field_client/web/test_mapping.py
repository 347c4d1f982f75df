"""The map of visits: where things are drawn, and what stands behind it."""

import math
import re
from pathlib import Path

import pytest

from field_client.entries import Edit
from field_client.opened import App
from field_client.web.map_drawing import SIDE, Fix, drawn
from tests.support.laptop import reopen, write
from tests.unit.field_client.web.conftest import Browser

VILLAGE = "53.15.05.2001"
LAT, LON = -8.5, 119.9
_METRE = 1 / 110_574


def test_north_is_above_and_the_bar_is_true() -> None:
    """A hundred metres north and east are as far apart on the map as the bar says."""
    middle, north = Fix(lat=LAT, lon=LON), Fix(lat=LAT + 100 * _METRE, lon=LON)
    east = Fix(lat=LAT, lon=LON + 100 / (111_320 * math.cos(math.radians(LAT))), accuracy_m=50)
    drawing = drawn([middle, north, east])
    assert drawing is not None
    at = {spot.at: spot for spot in drawing.spots}
    metre = drawing.bar / drawing.bar_m
    assert at[0].y - at[1].y == pytest.approx(100 * metre, abs=0.3)
    assert at[1].x == at[0].x
    assert at[2].x - at[0].x == pytest.approx(100 * metre, abs=0.3)
    assert at[2].circle == pytest.approx(50 * metre, abs=0.3)
    assert (at[0].circle, at[1].circle) == (0, 0)
    assert drawing.bar_m in {50, 100, 200}
    assert all(0 < spot.x < SIDE and 0 < spot.y < SIDE for spot in drawing.spots)


def test_one_fix_far_off_does_not_shrink_the_rest() -> None:
    """A receiver that said 0, 0 is named, not drawn."""
    drawing = drawn([Fix(lat=LAT, lon=LON + at * _METRE) for at in range(9)] + [Fix(lat=0, lon=0)])
    assert drawing is not None
    assert list(drawing.beyond) == [9]
    assert len(drawing.spots) == 9
    assert drawing.bar_m <= 200


def test_nothing_is_drawn_of_nothing() -> None:
    """Neither of no fix, nor of two of which nobody knows which is right; one alone is drawn."""
    assert drawn([]) is None
    assert drawn([Fix(lat=0, lon=0), Fix(lat=LAT, lon=LON)]) is None
    alone = drawn([Fix(lat=LAT, lon=LON, accuracy_m=5)])
    assert alone is not None
    assert (alone.spots[0].x, alone.spots[0].y) == (SIDE / 2, SIDE / 2)


def visit(app: App, person: object, **values: object) -> None:
    """Note a visit."""
    wanted = {"person": str(person), **values}
    app.journal.write(
        [Edit(record=app.journal.new_record(), type="visit", version=1, values=wanted)]  # type: ignore[arg-type]
    )


def test_the_table_says_what_the_map_shows(browser: Browser, home: Path) -> None:
    """Each visit of this village: number, resident, outcome, accuracy; no other."""
    with reopen(home) as app, app.journal.transaction():
        near = write(app, app.journal.new_record(), name="Warga Dekat", village=VILLAGE)
        far = write(app, app.journal.new_record(), name="Warga Lain", village="53.15.05.2002")
        visit(app, near, outcome="recorded", lat=LAT, lon=LON, accuracy_m=12)
        visit(app, near, outcome="refused", lat=LAT + 50 * _METRE, lon=LON)
        visit(app, near, outcome="revisit", lat=0.0, lon=0.0, accuracy_m=2500)
        visit(app, near, outcome="not_at_home")
        visit(app, far, outcome="recorded", lat=LAT, lon=LON)
    browser.unlock()
    assert browser.get(f"/map/{VILLAGE}").status_code == 200
    text = " ".join(re.sub(r"<[^>]+>", " ", browser.page).split())
    assert text.count("Warga Dekat") == 3
    assert "Warga Lain" not in text
    assert "± 12 m" in text
    assert "± 2,5 km terlalu jauh, tidak digambar" in text
    assert "1 kunjungan di sini tanpa tempat." in text
    assert "Peta 2 kunjungan" in browser.page
    assert len(re.findall(r'<g class="(?:fine|mind)">', browser.page)) == 2
    assert "style=" not in browser.page


def test_a_village_without_places_says_how_to_note_them(browser: Browser) -> None:
    """And what is no village is no page."""
    browser.unlock()
    browser.get(f"/map/{VILLAGE}")
    assert "Ketuk “Catat tempat”" in browser.page
    assert "<figure" not in browser.page
    assert browser.get("/map/nowhere").status_code == 404


def test_a_visit_keeps_where_it_was(browser: Browser, home: Path) -> None:
    """As the browser said it, with how exact it is."""
    with reopen(home) as app:
        person = write(app, app.journal.new_record(), name="Warga Dekat", village=VILLAGE)
    browser.unlock()
    browser.get(f"/visit/{person}")
    place = {"lat": "-8.5", "lon": "119.9", "accuracy_m": "350"}
    browser.post(f"/visit/{person}", outcome="recorded", **place)
    browser.get(f"/visit/{person}")
    assert "tempat dicatat, ± 350 m" in browser.page
