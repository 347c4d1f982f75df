"""An office on which every page of the supervisors has something to show, and where each page is.

The pages are those of the program's own routes: one that is added is walked as well, or the walk
says that it does not know how.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from cheroot.wsgi import Server
from flask import Flask

from shared_schema.links import Verdict
from sync_server import example, exporting, ingest, reconcile, second_looks, suket
from sync_server.accounts import Actor, Role
from sync_server.assigning import Assignment, assign
from sync_server.campaigns import add_campaign
from sync_server.importing import Imports
from sync_server.ingest import Edit
from sync_server.noting import note
from sync_server.registry import Source
from sync_server.store.queries import devices
from tests.support.office_pages import web_of
from tests.support.offices import Bench
from tests.support.raw_device import RawDevice, person

USER = "user:u-supervisor"
OTHER = Actor(name="u-other", role=Role.SUPERVISOR)
GOLO, VILLAGE = "53.15.05", "53.15.05.2001"
_NIK = "5315055705{}00{:02}"
NIK = _NIK.format(62, 2)
_NAMES = (
    *("Agnes", "Bernadus", "Cornelia", "Dionisius", "Elisabet", "Fransiskus", "Gaudensia"),
    *("Hendrikus", "Imelda", "Yohanes", "Katarina", "Laurensius", "Margareta", "Nikolaus"),
    *("Oktaviana", "Petrus", "Rosalia", "Stefanus", "Theresia", "Urbanus", "Veronika"),
    *("Wilhelmus", "Xaveria", "Zakarias"),
)
_STATUSES = ("PRINT_READY_RECORD", "SENT_FOR_ENROLLMENT", "CARD_ISSUED", "PRINT_READY_RECORD")
_SAID = ("recorded", "refused", "moved", "deceased", "revisit", "already_recorded")
# What is a file, or leads on at once.
NO_SCREENS = frozenset(
    {
        *("pages.static", "pages.after_reveal", "pages.after_reveal_case", "pages.recap_file"),
        *("pages.stock_table", "pages.service_text", "pages.outage_letter", "pages.suket_paper"),
        *("pages.rejected_lines",),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """Ids of what is there, by what they are there for."""

    person: str
    case: str
    outage: str
    campaign: str
    upload: str


def furnish(bench: Bench, folder: Path) -> Furnished:
    """Let two laptops, a register and a supervisor bring something of everything."""
    one, two = bench.device((GOLO, "53.15.06")), bench.device((GOLO,))
    people = _people(bench, one, two)
    with bench.office.store.write() as connection:
        example.load(bench.office, connection, USER)
        _supplies(bench, connection)
        ends = (str(people[6].record), str(people[7].record))
        made = reconcile.decide_pair(connection, ends, Verdict.DIFFERENT, "saudara", USER)
        second_looks.ask(connection, made, OTHER.name, bench.clock[0])
        suket.issue(bench.office, connection, people[0].record, USER)
    outage = next(iter(_records(bench, "outage")))
    plan = {"name": "Jemput bola", "area": GOLO, "starts_on": "2023-11-01",
            "policy": {"deadline": "2023-12-31"}}  # fmt: skip
    campaign, _ = add_campaign(bench.office, plan, USER, "id")
    given = Assignment(villages=[VILLAGE], team="Tim 7", device=one.id.hex())
    with bench.office.store.write() as connection:
        assign(bench.office, connection, OTHER, str(campaign), given)
        devices.revoke(connection, two.id, bench.clock[0])
    bench.exchange(two, two.batch(two.people(1)))
    exporting.request(bench.office, OTHER, "residents", "csv", "", "kirim ke pusat")
    return Furnished(
        person=str(people[0].record),
        case=str(people[4].record),
        outage=outage,
        campaign=str(campaign),
        upload=_upload(bench, folder),
    )


def _people(bench: Bench, one: RawDevice, two: RawDevice) -> list[Any]:
    """Have residents registered twice, visited with all outcomes, and one told two names."""
    people = [
        one.change(
            person(f"{name} Uji {at}", marital_status=2, rt=f"{at % 4:03}", rw="002")
            | _numbered(at)
        )
        for at, name in enumerate(_NAMES)
    ]
    visits = [_visit(one, people[at], _SAID[at % len(_SAID)]) for at in range(12)]
    absent = [_visit(one, who, "not_at_home") for who in people[12:22]]
    bench.exchange(one, one.batch([*people, *visits, *absent]))
    again = [two.change(person(f"Lain Sekali {at}") | _numbered(at)) for at in (4, 5)]
    named = [two.change({"name": name}, record=people[1].record) for name in ("Warga Lain",)]
    bench.exchange(two, two.batch([*again, *named]))
    listed = [
        Edit(record=people[at].record, type="person",
             values={"central_status": _STATUSES[at % 4], "recorded_on": f"2023-09-{at + 1:02}"})
        for at in range(8, 20)
    ]  # fmt: skip
    with bench.office.store.write() as connection:
        ingest.write_own(connection, listed, USER, wall_ms=bench.clock[0])
    return people


def _numbered(at: int) -> dict[str, str]:
    born = f"19{60 + at}-05-17"
    return {"nik": _NIK.format(60 + at, at), "birth_date": born, "birth_date_precision": "day"}


def _visit(device: RawDevice, who: Any, outcome: str) -> Any:
    said = {"person": str(who.record), "outcome": outcome, "lat": -8.5, "lon": 119.9}
    return device.change(said, type="visit")


def _supplies(bench: Bench, connection: Any) -> None:
    for kind, quantity, day in (("received", 9, "2023-11-01"), ("used", 4, "2023-11-10")):
        moved = {"office": "53.15", "kind": kind, "quantity": quantity, "date": day}
        note(bench.office, connection, "stock_movement", moved, USER, "id")


def _records(bench: Bench, kind: str) -> list[str]:
    with bench.office.store.read() as connection:
        found = connection.exec_driver_sql("SELECT record FROM records WHERE type = ?", (kind,))
        return [str(record) for (record,) in found]


def _upload(bench: Bench, folder: Path) -> str:
    table = folder / "warga.csv"
    table.write_text("NIK;Nama;JK;Desa\n1;Warga Uji;P;53.15.05.2001\n", encoding="utf-8")
    actor = Actor(name="u-administrator", role=Role.ADMINISTRATOR)
    made = Imports(bench.office).add(
        actor, Source.REGISTER, table.name, lambda path: path.write_bytes(table.read_bytes())
    )
    return str(made.id)


def screens(app: Flask, made: Furnished) -> list[tuple[str, str]]:
    """Give name and address of every page that can be asked for."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("pages.") and "GET" in (rule.methods or ()):
            name = rule.endpoint.removeprefix("pages.")
            if rule.endpoint not in NO_SCREENS | {"pages.door"}:
                found.append((name, rule.rule))
    more = [
        ("outage_queue", "/duplicates?kind=outage"),
        ("area", f"/areas?region={GOLO}"),
        ("summoned", f"/campaigns/{made.campaign}/summons?region={VILLAGE}&rt=002-001"),
    ]
    return [(name, _filled(name, path, made)) for name, path in sorted([*found, *more])]


def _filled(name: str, path: str, made: Furnished) -> str:
    """Put an id where an address has a place for one."""
    places = {
        "<uuid:upload>": made.upload,
        "<record>": {
            "case": made.case,
            "outage_page": made.outage,
            "campaign": made.campaign,
            "summons": made.campaign,
        }.get(name, made.person),
    }
    for place, value in places.items():
        path = path.replace(place, value)
    assert "<" not in path, f"nobody knows how to look at {path}"
    return path


@contextmanager
def served(bench: Bench) -> Iterator[tuple[Flask, str]]:
    """Serve the pages of an office in this process; give the program and its address."""
    app = web_of(bench)
    server = Server(("127.0.0.1", 0), app, numthreads=4)
    server.prepare()
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield app, f"http://127.0.0.1:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()
