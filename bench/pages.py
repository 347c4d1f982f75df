"""The officer's pages on a laptop that holds a regency's roster of 160,000 people.

Fills the store (minutes; kept where ``--folder`` names one), unlocks it as an officer does, and a
second later asks for every kind of page: the first view, the next one, and the one after another
resident and visit were saved (the middle of three). Milliseconds are of the processor, on this
machine at its present load; bytes are those of the page before any packing. Then names are typed
letter by letter over loopback: milliseconds by the clock from a letter to its whole answer, without
the 20 that the page waits for the next one. Prints one JSON line.
"""

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from flask.testing import FlaskClient

from bench.laptop import roster
from field_client import tasks
from field_client.app import read_clocks
from field_client.device import save_device
from field_client.entries import Edit, record_document
from field_client.opened import App
from field_client.tables import put
from field_client.web.desk import Desk
from field_client.web.pages import create_app
from field_client.web.serving import address, make_ready, prepare
from shared_schema.fold import join, state_from_json, state_to_json
from tests.support.laptop import OPERATOR, PASSPHRASE, laptop, write
from tests.support.pages import Browser
from tests.support.scenes import far_code

PEOPLE, VISITS, DRAFTS, NAMES = 160_000, 700, 30, 40
GOAL_MS, GOAL_BYTES = 100, 100_000
LOOKED_S = 1.0  # while the first page is looked at, the lists are read ahead
BASE = "http://127.0.0.1:8801"
SEE_OTHER = 303
OUTCOMES = ("recorded", "not_at_home", "refused", "revisit", "moved")
KEY = re.compile(r'name="form_key" value="([^"]+)"')
PATHS = (
    "/ /tasks /tasks/{village} /tasks/{village}/print /map /map/{village} /search /records/waiting"
    " /records/draft /records/received /outbox /new /new/person"
    " /new/person?family={resident} /new/visit /new/outage /record/{resident} /visit/{resident}"
    " /saved/{resident} /points /point/{session} /sync /sync/progress /day"
    " /outages /outage/new /outage/{outage} /record/{new} /record/{new}/slip /attention/{contested}"
    " /check/{draft} /form/person/{resident}/2 /form/person/{resident}/3 /form/person/{resident}/4"
    " /stock /attention /trash /help /device /backup /phones /pin/new"
).split()


def furnish(home: Path, people: int) -> None:
    """Make a laptop: a roster, and what a team adds to it in one village within some days."""
    rows, _ = roster.people(people, 0)
    villages = Counter(str(row["village"]) for row in rows)
    with laptop(home, far_code(), read_clocks) as app:
        roster.fill(app.db, roster.documents(rows))
        with app.journal.transaction():
            save_device(app.tables, replace(app.device, scope=("53.15",)))
            named = [[code, f"Desa {code}"] for code in sorted(villages)]
            app.tables.write_meta("regions", {"rows": named})
        ((village, _),) = villages.most_common(1)
        with app.journal.transaction():
            sweep(app, village)


def sweep(app: App, village: str) -> None:
    """Visit residents of a village, some at a service point, and begin others."""
    chance = random.Random(1)
    session = _saved(app, "session", place="Balai desa", date="2026-11-23", village=village)
    due = tasks.tasks_of(app.journal, village, date(2026, 11, 23)).new
    for at in range(VISITS):
        values = {"lat": -8.5 + chance.random() / 100, "lon": 119.9 + chance.random() / 100}
        met = {"session": str(session)} if at % 10 == 0 else {}
        person, outcome = str(due[at % len(due)].id), chance.choice(OUTCOMES)
        _saved(app, "visit", person=person, outcome=outcome, accuracy_m=9.0, **values, **met)
    for at in range(DRAFTS):
        app.journal.save_draft(app.journal.new_record(), "person", 1, {"name": f"Warga Uji {at}"})


def _saved(app: App, kind: str, **values: Any) -> UUID:
    record = app.journal.new_record()
    app.journal.write([Edit(record=record, type=kind, version=1, values=values)])
    return record


def odd_ones(app: App) -> dict[str, UUID]:
    """Make what is rare: an outage with a repair, a conflict, a draft that looks unusual."""
    began = {"started": "2026-11-01", "started_precision": "day"}
    outage = _saved(app, "outage", component="camera", place="Balai desa", **began)
    _saved(app, "repair_attempt", outage=str(outage), by="Teknisi", result="failed")
    born = {"sex": "P", "birth_date": "1990-02-23", "birth_date_precision": "day"}
    values = {"name": "Warga Uji Baru", "village": tasks_village(app), **born}
    new, draft = _saved(app, "person", **values), app.journal.new_record()
    app.journal.save_draft(draft, "person", 1, {**values, "nik": "5315056302900001"})
    row = {"name": "Warga Uji Dua", "kk_number": "", "birth_date": "", "mother_name": "Ibu Satu"}
    contested = _saved(app, "person", name=row["name"], mother_name="Ibu Dua")
    theirs = replace(roster.state_of_person(row, 1), record=contested)
    known = app.tables.records.get(doc_id=str(contested))
    state, base = join(theirs, state_from_json(known["mine"])), state_to_json(theirs)
    laid = record_document(base, known["mine"], state, 1, known["last"])
    with app.journal.transaction():
        put(app.tables.records, str(contested), laid)
    return {"outage": outage, "new": new, "draft": draft, "contested": contested}


def tasks_village(app: App) -> str:
    """Give the village in which the team is."""
    return str(next(iter(app.journal.entries(type="session"))).values["village"])


def walked(desk: Desk) -> dict[str, dict[str, float]]:
    """Ask for each page; give its milliseconds and bytes."""
    app = create_app(desk, "id", routed=lambda: False)
    make_ready(app)
    client = app.test_client()
    key = KEY.search(client.get("/unlock", base_url=BASE).text)
    assert key is not None
    given = {"form_key": key[1], "operator": OPERATOR, "passphrase": PASSPHRASE}
    client.post("/unlock", base_url=BASE, data=given)
    time.sleep(LOOKED_S)
    with desk.use() as store:
        visit = next(iter(store.journal.entries(type="visit")))
        session = next(iter(store.journal.entries(type="session")))
    places = {
        "village": session.values["village"],
        "session": session.id,
        "resident": visit.values["person"],
    }
    with desk.use() as store:
        places |= odd_ones(store)
    return {path: _measured(client, desk, path.format(**places), places) for path in PATHS}


def _measured(
    client: FlaskClient, desk: Desk, path: str, places: dict[str, Any]
) -> dict[str, float]:
    first, size = _asked(client, path)
    again, _ = _asked(client, path)
    after = []
    for _ in range(3):
        with desk.use() as app:
            write(app, app.journal.new_record(), name="Warga Baru", village=places["village"])
            _saved(app, "visit", person=places["resident"], outcome="not_at_home")
        after.append(_asked(client, path)[0])
    shown = {"first_ms": first, "again_ms": again, "after_save_ms": median(after)}
    return {**{name: round(value, 1) for name, value in shown.items()}, "bytes": size}


def _asked(client: FlaskClient, path: str) -> tuple[float, int]:
    """Give the processor's milliseconds and the bytes of a page, behind what leads on to it."""
    started_s = time.process_time()
    answer = client.get(path, base_url=BASE)
    if answer.status_code == SEE_OTHER:
        return _asked(client, answer.location)
    assert answer.status_code == 200, (path, answer.status_code)
    return 1000 * (time.process_time() - started_s), len(answer.data)


def typed(desk: Desk) -> dict[str, float]:
    """Type residents' names; give the milliseconds from a letter to what it finds."""
    with desk.use() as app:
        due = tasks.tasks_of(app.journal, tasks_village(app), date(2026, 11, 23)).new
    names = random.Random(1).sample([str(one.values["name"]) for one in due], NAMES)
    server = prepare(desk, 0, "id")
    Thread(target=server.serve, daemon=True).start()
    browser = Browser(url=address(server))
    browser.unlock()
    line = HTTPConnection(urlsplit(browser.url).netloc)
    took = [
        _keystroke(line, browser, name[:end]) for name in names for end in range(1, len(name) + 1)
    ]
    line.close()
    server.stop()
    took.sort()
    shown = {"p50": median(took), "p95": took[len(took) * 95 // 100], "worst": took[-1]}
    return {**{name: round(value, 1) for name, value in shown.items()}, "letters": len(took)}


def _keystroke(line: HTTPConnection, browser: Browser, wanted: str) -> float:
    """Send what htmx sends for a letter; give milliseconds by the clock."""
    key = KEY.search(browser.page)
    assert key is not None
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
        "HX-Request": "true",
    }
    body = urlencode({"form_key": key[1], "q": wanted})
    started_s = time.perf_counter()
    line.request("POST", "/search", body, headers)
    answer = line.getresponse()
    answer.read()
    took_ms = 1000 * (time.perf_counter() - started_s)
    assert answer.status == 200, answer.status
    return took_ms


def worst(pages: dict[str, dict[str, float]], figure: str) -> Sequence[Any]:
    """Give the page with the largest figure, and the figure."""
    name = max(pages, key=lambda path: pages[path][figure])
    return name, pages[name][figure]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = (wanted.folder or Path(name)) / "laptop"
        if not home.exists():
            furnish(home, wanted.people)
        desk = Desk(home=home)
        pages, keystroke_ms = walked(desk), typed(desk)
        desk.end()
    print(
        json.dumps(
            {
                "bench": "pages",
                "people": wanted.people,
                "load": round(os.getloadavg()[0], 1),
                "goal_ms": GOAL_MS,
                "goal_bytes": GOAL_BYTES,
                "worst": {
                    figure: worst(pages, figure)
                    for figure in ("first_ms", "again_ms", "after_save_ms", "bytes")
                },
                "keystroke_ms": keystroke_ms,
                "pages": pages,
            }
        )
    )


if __name__ == "__main__":
    main()
