"""A laptop on which every screen of the officer's pages has something to show, and where each is.

The screens are those of the program's own routes: one that is added is walked as well, or the
walk says that it does not know how.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from werkzeug.routing import Rule

from field_client import drafting, trash
from field_client.app import read_clocks
from field_client.attaching import attach
from field_client.capture import assess
from field_client.commands.unlocking import check_context
from field_client.device import save_device
from field_client.entries import Edit
from field_client.opened import App
from field_client.photos import reduce_photo
from field_client.records import PHOTO
from field_client.sync.engine import synchronise
from field_client.web.desk import Desk
from field_client.web.pages import create_app
from field_client.web.sections import sections
from shared_schema.records import record_type
from shared_schema.regions import RegionTable
from tests.support.laptop import laptop, write
from tests.support.memory_server import MemoryServer
from tests.support.officers import VILLAGE
from tests.support.pictures import photo

OTHER = "53.15.05.2002"
_REGIONS = {"53.15.05": "Kecamatan Contoh", VILLAGE: "Desa Contoh", OTHER: "Desa Lain"}
_MOTHER = {"one": "Ibu Satu", "other": "Ibu Dua"}
# What is no screen of its own: a script, a style, a picture, a page that leads on at once.
NO_SCREENS = frozenset(
    {
        "static",
        "door.shell",
        "reading.photo",
        "outages.photo",
        "outages.chosen",
        "forming.begin",
        "phones.listed",
        "door.updating",
    }
)
LOCKED = frozenset({"door.unlock", "door.asleep"})
# Walked by hand: a shift has to be paused, a laptop to have no store.
BY_HAND = frozenset({"door.resume", "beginning.begin"})
# There for a phone alone, which `test_phones` is.
ON_PHONES = "pairing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen: its name, and where it is."""

    name: str
    path: str


@dataclass(slots=True, kw_only=True)
class Furnished:
    """Ids of what is on the laptop, by what they are there for."""

    person: UUID
    refused: UUID
    contested: UUID
    draft: UUID
    unusual: UUID
    empty: UUID
    outage: UUID
    session: UUID


def furnish(home: Path) -> Furnished:
    """Make the laptop: everything that may wait, be refused, be drafted, be down."""
    server = MemoryServer(now_ms=time.time_ns() // 1_000_000)
    with laptop(home, server.code(), read_clocks) as app:
        synchronise(app, server)
        _settle(app)
        contested = _contest(app, server, home.with_name("other"))
        refused = _refused(app, server)
        people = _people(app)
        found = Furnished(
            person=people[0],
            contested=contested,
            refused=refused,
            outage=_outages(app),
            session=_session(app, people),
            draft=_draft(
                app, name="Warga Contoh 1", sex="P", village=VILLAGE, birth_date="1961-05-17"
            ),
            unusual=_draft(app, **_UNUSUAL),
            empty=_draft(app, name="Warga Separuh", nik="53"),
        )
        _visits(app, people)
        _stock(app)
        trash.discard(app.journal, _draft(app, name="Warga Buang"))
    return found


_UNUSUAL = {
    "name": "Warga Contoh 2",
    "sex": "L",
    "village": VILLAGE,
    "birth_date": "1962-05-17",
    "nik": "5315056302900001",
}


def _settle(app: App) -> None:
    """Give the laptop a district of two villages."""
    with app.journal.transaction():
        save_device(app.tables, replace(app.device, label="Tim Contoh", scope=("53.15.05",)))
        rows = RegionTable.from_rows(_REGIONS.items()).to_rows()
        app.tables.write_meta("regions", {"rows": [list(row) for row in rows]})


def _contest(app: App, server: MemoryServer, elsewhere: Path) -> UUID:
    """Let two laptops say different things of one resident."""
    record = write(app, app.journal.new_record(), name="Warga Berbeda", village=VILLAGE)
    synchronise(app, server)
    with laptop(elsewhere, server.code(), read_clocks) as other:
        synchronise(other, server)
        write(other, record, mother_name=_MOTHER["other"], rt="002")
        synchronise(other, server)
    write(app, record, mother_name=_MOTHER["one"], rt="001")
    synchronise(app, server)
    return record


def _refused(app: App, server: MemoryServer) -> UUID:
    """Register somebody whom the office takes in, and somebody of whom it remarks something."""
    write(app, app.journal.new_record(), name="Warga Diterima", village=VILLAGE)
    server.remarks = {"phone": "TEXT_TOO_LONG"}
    values = {"name": "Warga Ditolak", "phone": "0" * 30, "village": VILLAGE}
    record = write(app, app.journal.new_record(), **values)
    synchronise(app, server)
    return record


def _people(app: App) -> list[UUID]:
    """Register residents of three hamlets, two households each."""
    return [
        write(
            app,
            app.journal.new_record(),
            name=f"Warga Contoh {at}",
            sex="LP"[at % 2],
            village=VILLAGE,
            birth_date=f"19{60 + at}-05-17",
            dusun=f"Dusun {at // 4}",
            rt=f"00{at // 2 % 2 + 1}",
            kk_number=f"53150501010800{at // 2:02d}",
        )
        for at in range(12)
    ]


def _put(app: App, type_name: str, **values: Any) -> UUID:
    """Save a record of any type."""
    record, rtype = app.journal.new_record(), record_type(type_name)
    edit = Edit(record=record, type=rtype.name, version=rtype.version, values=values)
    app.journal.write([edit])
    return record


def _draft(app: App, **values: Any) -> UUID:
    record, context = app.journal.new_record(), check_context(app)
    drafting.keep(app.journal, record_type("person"), record, values, context)
    return record


def _outages(app: App) -> UUID:
    """Report two outages; people are sent from one to the other."""
    began = {"started_precision": "day", "started": "2026-11-01"}
    _put(app, "outage", component="server", place="Kelapa Lima", status="reported", **began)
    outage = _put(
        app, "outage", component="camera", place="Balai desa", status="broken",
        redirect_to=["Kelapa Lima"], symptom="Tidak menyala", **began,
    )  # fmt: skip
    said = {"outage": str(outage), "told_on": "2026-11-02"}
    _put(app, "outage_statement", told_by="Kepala desa", status="in_repair", **said)
    tried = {"outage": str(outage), "date": "2026-11-03", "date_precision": "day"}
    _put(app, "repair_attempt", by="Teknisi", result="failed", **tried)
    picture = reduce_photo(photo(size=(320, 240)))
    values = {"record": str(outage), **picture.values()}
    attach(app, picture.content, assess(record_type(PHOTO), values, check_context(app)))
    return outage


def _session(app: App, people: Sequence[UUID]) -> UUID:
    """Hold a service point; somebody in its queue is unclear."""
    session = _put(
        app, "session", place="Balai desa", date="2026-11-23", village=VILLAGE,
        invited=40, attended=2, recorded=2,
    )  # fmt: skip
    unclear = _draft(app, name="Warga Contoh 3", sex="L", village=VILLAGE)
    for person in (*people[6:8], unclear):
        _put(app, "visit", person=str(person), outcome="recorded", session=str(session))
    return session


def _visits(app: App, people: Sequence[UUID]) -> None:
    for person, outcome in zip(people, ("revisit", "refused", "recorded", "moved"), strict=False):
        place = {"lat": -8.495667, "lon": 119.8775, "accuracy_m": 12}
        _put(app, "visit", person=str(person), outcome=outcome, **place)


def _stock(app: App) -> None:
    for kind, quantity in (("received", 500), ("used", 120), ("spoiled", 3)):
        _put(app, "stock_movement", office="Kecamatan Contoh", kind=kind, quantity=quantity,
             date="2026-11-20")  # fmt: skip


# Where the screens are


def screens(made: Furnished, *, locked: bool = False) -> list[Screen]:
    """Return every screen but those `BY_HAND`; ``locked``: those that need no passphrase."""
    rules = [rule for rule in _rules() if (rule.endpoint in LOCKED) == locked]
    return [screen for rule in rules for screen in _screens(rule, made)]


def _rules() -> Iterator[Rule]:
    app = create_app(Desk(home=Path("nowhere")), "id")
    for rule in sorted(app.url_map.iter_rules(), key=str):
        left_out = rule.endpoint in NO_SCREENS | BY_HAND or rule.endpoint.startswith(ON_PHONES)
        if "GET" in (rule.methods or ()) and not left_out:
            yield rule


def _screens(rule: Rule, made: Furnished) -> Iterator[Screen]:
    named = rule.endpoint.replace(".", "-").rstrip("_")
    if not rule.arguments - set(rule.defaults or {}):
        yield Screen(name=named, path=str(rule))
    for tail, values in _values(made).get(rule.endpoint, {}).items():
        if not rule.defaults and rule.arguments <= set(values):
            built = rule.build(values, append_unknown=True)
            assert built is not None, rule
            yield Screen(name=f"{named}-{tail}", path=built[1])


def _values(made: Furnished) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Give, for each route that names something, what to look at: a name, and what to fill in."""
    forms = {
        f"person-{page.number}": _form("person", made.draft, page.number)
        for page in sections(record_type("person"))
    }
    return {
        "reading.records": {state: {"state": state} for state in _STATES},
        "reading.show": {
            "person": {"record": made.person},
            "draft": {"record": made.draft},
            "contested": {"record": made.contested},
            "outage": {"record": made.outage},
        },
        "sending.outbox": {stage: {"stage": stage} for stage in ("refused", "ready")},
        "attention.mend": {"contested": {"record": made.contested}},
        "outages.outage": {"camera": {"record": made.outage}},
        "slip.slip": {"person": {"record": made.person}},
        "forming.fill": forms
        | {
            "errors": {**_form("person", made.empty, 1), "check": 1},
            "mended": _form("person", made.refused, 3),
            "session": _form("session", made.session, 1),
            "outage": _form("outage", made.outage, 1),
        },
        "forming.check": {"twins": {"record": made.draft}, "unusual": {"record": made.unusual}},
        "forming.saved": {"person": {"record": made.person}},
        "assigned.village": {"village": {"code": VILLAGE}, "nobody": {"code": OTHER}},
        "mapping.village": {"village": {"code": VILLAGE}},
        "assigned.paper": {"village": {"code": VILLAGE}},
        "visiting.visit": {"person": {"person": made.person}},
        "points.point": {"session": {"session": made.session}},
    }


_STATES = ("draft", "received")


def _form(type_name: str, record: UUID, number: int) -> dict[str, Any]:
    return {"type_name": type_name, "record": record, "number": number}


def unseen(made: Furnished) -> list[str]:
    """Name the routes that no screen stands for."""
    walked = {rule.endpoint for rule in _rules() if list(_screens(rule, made))}
    return sorted({rule.endpoint for rule in _rules()} - walked)
