"""Undo in every room that saves: outages, cards, the queue, a visit, a choice of two values."""

import re
import time
from pathlib import Path

import pytest

from field_client.web.desk import Desk
from tests.support.memory_server import MemoryServer
from tests.unit.field_client.web.conftest import Browser
from tests.unit.field_client.web.test_forming import begin, entry_of, follow, leave, send, shown
from tests.unit.field_client.web.test_rooms import choices, contested
from tests.unit.field_client.web.test_short_forms import DAY, MOVED, REPORT, all_of, point


@pytest.fixture
def server() -> MemoryServer:
    """Return a server at the time of the laptop."""
    return MemoryServer(now_ms=time.time_ns() // 1_000_000)


@pytest.fixture(autouse=True)
def unlocked(browser: Browser) -> None:
    """Unlock the pages."""
    browser.unlock()
    browser.get("/")


def test_a_report_is_taken_back_into_the_form(browser: Browser, desk: Desk) -> None:
    """With who said so, which waits for it again."""
    follow(browser, "/outage/new")
    send(browser, "/outage/new", **REPORT, **DAY, told_by="Camat")
    assert "Batalkan" in shown(browser)
    at = send(browser, "/undo")
    assert at.startswith("/form/outage/")
    (outage,), (told,) = all_of(desk, "outage"), all_of(desk, "outage_statement")
    assert (str(outage.state), str(told.state)) == ("draft", "draft")
    send(browser, at, go="save")
    (outage,), (told,) = all_of(desk, "outage"), all_of(desk, "outage_statement")
    assert (str(outage.state), str(told.state)) == ("waiting", "waiting")
    assert told.values["outage"] == str(outage.id)


def test_a_repair_and_that_it_works_again_are_taken_back(browser: Browser, desk: Desk) -> None:
    """What was typed is a draft again; what was one tap is gone."""
    follow(browser, "/outage/new")
    outage = send(browser, "/outage/new", **REPORT, **DAY)
    tried = {"by": "Teknisi", "result": "failed", "date": "02-11-2026"}
    assert send(browser, f"{outage}/repair", **tried) == outage
    assert send(browser, "/undo").startswith("/form/repair_attempt/")
    assert [str(one.state) for one in all_of(desk, "repair_attempt")] == ["draft"]
    follow(browser, outage)
    send(browser, f"{outage}/restored")
    assert "Pulih" in shown(browser)
    assert send(browser, "/undo") == outage
    assert all_of(desk, "outage_statement") == []
    assert "Rusak" in shown(browser)


def test_a_movement_of_cards_is_taken_back(browser: Browser, desk: Desk) -> None:
    """It counts no more, and can be typed again."""
    follow(browser, "/stock")
    send(browser, "/stock", **MOVED)
    assert "Batalkan" in shown(browser)
    assert send(browser, "/undo").startswith("/form/stock_movement/")
    assert [str(one.state) for one in all_of(desk, "stock_movement")] == ["draft"]


def test_a_visit_to_a_draft_is_taken_back(browser: Browser, desk: Desk) -> None:
    """The resident's draft stays."""
    path = begin(browser)
    leave(browser, path, name="Agnes Uji")
    person = path.split("/")[3]
    follow(browser, f"/visit/{person}")
    send(browser, f"/visit/{person}", outcome="recorded")
    assert send(browser, "/undo") == f"/record/{person}"
    assert all_of(desk, "visit") == []
    assert entry_of(desk, person).values["name"] == "Agnes Uji"


@pytest.mark.parametrize("recorded", ["yes", ""])
@pytest.mark.parametrize("sex", ["P", ""])
def test_the_tally_goes_back_with_the_last_of_the_queue(
    browser: Browser, desk: Desk, recorded: str, sex: str
) -> None:
    """Saved or kept as a draft, recorded or not: nobody stays counted, and nobody is lost."""
    at = point(browser)
    follow(browser, at)
    who = {"name": "Rosa Uji", "sex": sex, "birth_date": "1970", "recorded": recorded}
    send(browser, f"{at}/register", **who)
    assert "Hadir 1" in shown(browser)
    assert "Batalkan" in shown(browser)
    assert send(browser, "/undo").startswith("/form/person/")
    assert 'value="Rosa Uji"' in browser.page
    follow(browser, at)
    assert "Hadir 0" in shown(browser)
    assert "Sudah rekam 0" in shown(browser)
    assert all_of(desk, "visit") == []
    (kept,) = [one for one in all_of(desk, "person") if one.values["name"] == "Rosa Uji"]
    assert str(kept.state) == "draft"


def test_a_choice_is_taken_back(
    browser: Browser, desk: Desk, server: MemoryServer, tmp_path: Path
) -> None:
    """Both values stand against each other again, and the one that showed shows."""
    record = contested(desk, server, tmp_path / "b")
    with desk.use() as app:
        entry = app.journal.entry(record)
        assert entry
    follow(browser, f"/attention/{record}")
    asked = choices(browser)
    seen = dict(_seen(browser))
    other = {"Perempuan": "P", "Laki-laki": "L"}
    chosen = next(word for word, sex in other.items() if sex != entry.values["sex"])
    path = f"/attention/{record}"
    send(browser, path, **seen, **{"choice.sex": asked["sex"][chosen]})
    assert entry_of(desk, path).values["sex"] == other[chosen]
    assert "Batalkan" in shown(browser)
    assert send(browser, "/undo") == path
    again = entry_of(desk, path)
    assert "sex" in again.conflicts
    assert again.values["sex"] == entry.values["sex"]
    assert set(other) <= set(choices(browser)["sex"])


def _seen(browser: Browser) -> list[tuple[str, str]]:
    return re.findall(r'name="(seen[.]\w+)" value="([^"]*)"', browser.page)
