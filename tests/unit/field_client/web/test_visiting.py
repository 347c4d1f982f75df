"""Tasks, visits, service points: what an officer does all day."""

import re
from uuid import UUID

import pytest

from field_client import tasks
from field_client.web.desk import Desk
from tests.support.laptop import write
from tests.unit.field_client.web.conftest import Browser
from tests.unit.field_client.web.test_forming import VILLAGE, begin, entry_of, follow, send, shown


@pytest.fixture(autouse=True)
def unlocked(browser: Browser) -> None:
    """Unlock the pages."""
    browser.unlock()
    browser.get("/")


@pytest.fixture
def people(desk: Desk) -> list[UUID]:
    """Register five residents of a village: two households of one hamlet, one of another."""
    places = (("A", "001", 1), ("A", "001", 1), ("A", "002", 2), ("B", "001", 3), ("B", "001", 3))
    with desk.use() as app:
        return [
            write(
                app,
                app.journal.new_record(),
                name=f"Warga Uji {at}",
                village=VILLAGE,
                birth_date=f"19{60 + at}-01-02",
                dusun=f"Dusun {hamlet}",
                rt=rt,
                kk_number=f"531505010108000{card}",
            )
            for at, (hamlet, rt, card) in enumerate(places)
        ]


def test_the_list_follows_the_visits(browser: Browser, people: list[UUID], desk: Desk) -> None:
    """Revisits on top, the recorded last and counted; a visit taken back counts no more."""
    follow(browser, f"/tasks/{VILLAGE}")
    said = shown(browser)
    assert "0 dari 5 sudah rekam" in said
    assert re.search(r"Dusun A · RT 001 Warga Uji 0 .* Dusun A · RT 002 .* Dusun B", said)
    at = send(browser, f"/visit/{people[4]}", outcome="revisit", **{"from": "tasks"})
    assert at == f"/tasks/{VILLAGE}"
    send(browser, f"/visit/{people[0]}", outcome="recorded", **{"from": "tasks"})
    said = shown(browser)
    assert "1 dari 5 sudah rekam" in said
    wanted = r"Kunjungi lagi \(1\) .*Uji 4 .*Belum dikunjungi \(3\) .*Sudah rekam di lapangan \(1\)"
    assert re.search(wanted, said)
    assert send(browser, "/undo") == f"/record/{people[0]}"
    follow(browser, f"/tasks/{VILLAGE}")
    assert "0 dari 5 sudah rekam" in shown(browser)
    follow(browser, f"/tasks/{VILLAGE}/print")
    assert "Warga Uji 4" in shown(browser)
    assert browser.get("/tasks/nowhere").status_code == 404


def test_several_villages_show_how_far_each_is(
    browser: Browser, people: list[UUID], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the village's own page says it; one whose list is not whole says that."""
    rows = [[VILLAGE, "Desa Satu"], ["53.15.05.2099", "Desa Kosong"]]
    with desk.use() as app, app.journal.transaction():
        app.tables.write_meta("regions", {"rows": rows})
    send(browser, f"/visit/{people[0]}", outcome="recorded")
    follow(browser, "/tasks")
    assert re.search(
        "Desa Satu 1 dari 5 sudah rekam .*Desa Kosong tidak ada sasaran", shown(browser)
    )
    follow(browser, f"/tasks/{VILLAGE}")
    assert "1 dari 5 sudah rekam" in shown(browser)
    monkeypatch.setattr(tasks, "MOST", 4)
    write_one_more(desk)
    for path in (f"/tasks/{VILLAGE}", f"/tasks/{VILLAGE}/print"):
        follow(browser, path)
        assert "Hanya 4 yang tercantum" in shown(browser)
        assert "sekitar 2 warga lagi" in shown(browser)


def write_one_more(desk: Desk) -> None:
    """Register somebody else."""
    with desk.use() as app:
        record = app.journal.new_record()
        write(app, record, name="Warga Muda", village=VILLAGE, birth_date="1999-01-02")


def test_a_visit_keeps_what_was_tapped(browser: Browser, people: list[UUID], desk: Desk) -> None:
    """Outcome, reason, note and place; without an outcome nothing is saved."""
    path = f"/visit/{people[0]}"
    follow(browser, path)
    assert browser.post(path, note="x").status_code == 400
    assert "Ketuk hasilnya" in browser.page
    place = {"lat": "-8.61", "lon": "120.08", "accuracy_m": "12"}
    answers = {"outcome": "refused", "reason": "too_far", "note": "Pagi", **place}
    assert send(browser, path, **answers) == f"/record/{people[0]}"
    assert "Menolak" in shown(browser)
    with desk.use() as app:
        (visit,) = app.journal.entries(type="visit")
    kept = {"person": str(people[0]), **answers, "lat": -8.61, "lon": 120.08, "accuracy_m": 12}
    assert visit.values == kept
    assert browser.get(f"/visit/{visit.id}").status_code == 400


def test_a_visit_to_a_draft_waits_for_it(browser: Browser, desk: Desk) -> None:
    """The office hears of neither before the resident is final."""
    path = begin(browser)
    browser.post(path, name="Agnes Uji", go="next")
    person = path.split("/")[3]
    follow(browser, f"/visit/{person}")
    send(browser, f"/visit/{person}", outcome="recorded")
    with desk.use() as app:
        assert app.journal.counts()["waiting"] == 2
    answers = {"sex": "P", "birth_date": "1970", "village": VILLAGE, "go": "save"}
    send(browser, path, **answers)
    with desk.use() as app:
        assert app.journal.counts() == {"draft": 0, "waiting": 4, "received": 0, "attention": 0}


def open_point(browser: Browser) -> str:
    """Note a session, and return the address of what was saved."""
    answers = {"place": "Balai", "date": "2026-11-23", "village": VILLAGE}
    return send(browser, begin(browser, "session"), **answers, go="save")


def test_a_queue_of_forty_loses_none(browser: Browser, desk: Desk) -> None:
    """Whoever cannot be saved at once stays a draft, and the tally counts everybody."""
    at = open_point(browser)
    session = entry_of(desk, at).id
    point = f"/point/{session}"
    follow(browser, point)
    send(browser, f"{point}/count", tally="invited", by="10")
    words = ("Maria", "Agnes", "Petrus", "Siti", "Rosa", "Lukas", "Dorotea", "Silvester")
    for at_place in range(40):
        name = f"{words[at_place % 8]} {words[at_place // 8]} Uji"
        answers = {"name": name, "sex": "" if at_place == 7 else "L", "recorded": "yes"}
        send(browser, f"{point}/register", birth_date=f"{1940 + at_place}", **answers)
    assert browser.post(f"{point}/register", name=" ").status_code == 400
    follow(browser, point)
    said = shown(browser)
    assert "Diundang 10" in said
    assert "Hadir 40" in said
    assert "Sudah rekam 40" in said
    assert "Dilayani di sini (40)" in said
    with desk.use() as app:
        named = {str(one.values["name"]) for one in app.journal.entries(type="person")}
        assert len({name for name in named if name.endswith("Uji")}) == 40
        unclear = [one for one in app.journal.entries(type="person") if str(one.state) == "draft"]
    assert unclear
    assert f"({len(unclear)})" in said
    send(browser, f"{point}/save")
    tally = entry_of(desk, point).values
    assert (tally["invited"], tally["attended"], tally["recorded"]) == (10, 40, 40)
    assert browser.post(f"{point}/count", tally="place", by="1").status_code == 404


def test_the_last_of_the_queue_is_taken_back(browser: Browser, desk: Desk) -> None:
    """Resident and visit together."""
    session = open_point(browser).removeprefix("/saved/")
    follow(browser, f"/point/{session}")
    send(
        browser,
        f"/point/{session}/register",
        name="Rosa Uji",
        sex="P",
        birth_date="1970",
        recorded="yes",
    )
    assert send(browser, "/undo").startswith("/form/person/")
    with desk.use() as app:
        standing = [one for one in app.journal.entries(type="visit") if one.void is None]
    assert standing == []


def test_a_registration_in_the_queue_stands_on_the_map(browser: Browser) -> None:
    """Where the browser may say the place, its visit keeps it."""
    session = open_point(browser).removeprefix("/saved/")
    follow(browser, f"/point/{session}")
    place = {"lat": "-8.5", "lon": "119.9", "accuracy_m": "8"}
    who = {"name": "Rosa Uji", "sex": "P", "birth_date": "1970", "recorded": "yes"}
    send(browser, f"/point/{session}/register", **who, **place)
    follow(browser, f"/map/{VILLAGE}")
    assert "Rosa Uji Sudah rekam" in shown(browser)
    assert "± 8 m" in shown(browser)


def test_a_list_says_who_is_recorded(browser: Browser, people: list[UUID], desk: Desk) -> None:
    """By the ministry's list, or in the field only; as it is typed, and as a whole page."""
    with desk.use() as app:
        write(app, people[1], central_status="CARD_PRINTED")
    follow(browser, f"/visit/{people[0]}")
    send(browser, f"/visit/{people[0]}", outcome="recorded")
    browser.post("/search", q="warga uji")
    follow(browser, "/search")
    said = shown(browser)
    assert "Warga Uji 0 Sudah rekam di lapangan Menunggu dikirim" in said
    assert "Warga Uji 1 Sudah rekam Menunggu dikirim" in said
    assert "Warga Uji 2 Menunggu dikirim" in said
