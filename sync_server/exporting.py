"""Exports of people: asked for by one, agreed to by another, made in the background, then taken.

The file lies beside the photos under a name of its own, readable by the server alone, and goes a
day after it was made. Only who asked may take it. Every step stands in the access log.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.clock import DAY_MS
from shared_schema.errors import AccessError, InputError, JemputError
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import contains
from sync_server import auditing, proposal, tallies
from sync_server.accounts import RIGHTS, Actor, Right, Role, require
from sync_server.export import exported
from sync_server.export_files import WRITERS, Rows
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports import print_report
from sync_server.reports.unconfirmed_report import COLUMNS, Wanted, unconfirmed_rows
from sync_server.store.access_tables import exports
from sync_server.store.driver import ask
from sync_server.store.queries import users

KEPT_MS = DAY_MS
LAYOUTS: Mapping[str, Sequence[str]] = {
    "residents": ("xlsx", "csv"),
    "visits": ("geojson", "csv"),
    "unconfirmed": ("xlsx", "csv"),
    "proposal": ("xlsx", "csv"),
    "print_queue": ("xlsx", "csv"),
}
_PERSON = RECORD_TYPES["person"]
_AGREED = (
    "SELECT DISTINCT region FROM exports"
    " WHERE asked_by = ? AND kind = ? AND approved AND decided_ms >= ?"
)
_VISITS = (
    "SELECT visit, person, village, outcome, reason, day, operator, lat, lon FROM tally_visits"
    " ORDER BY day, visit"
)
_VISIT_COLUMNS = (
    "visit",
    "person",
    "village",
    "outcome",
    "reason",
    "day",
    "operator",
    "lat",
    "lon",
)


class ExportUnknown(InputError):
    """There is no such export, or it is not yours to take. Look at the list of exports."""

    code = "EXPORT_UNKNOWN"
    http_status = 404


class ExportOwn(AccessError):
    """You asked for this export yourself. Another supervisor has to agree to it."""

    code = "EXPORT_OWN"


class ExportInvalid(InputError):
    """Nothing was asked for. Choose what to export, as which file, and write why it is needed."""

    code = "EXPORT_INVALID"


class ExportNotAgreed(AccessError):
    """A second person has to agree to this first. Ask on the page Exports, then try again."""

    code = "EXPORT_NOT_AGREED"


class ExportGone(InputError):
    """The file is not kept any longer, or not made yet. Wait, or ask for the export again."""

    code = "EXPORT_GONE"
    http_status = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export as the table has it. ``approved`` None while nobody has decided.

    ``region``: codes with commas between them; "" for the whole regency.
    """

    id: int
    kind: str
    layout: str
    region: str
    reason: str
    asked_by: str
    asked_ms: int
    decided_by: str | None
    decided_ms: int | None
    approved: bool | None
    taken_ms: int | None


def request(office: Office, actor: Actor, kind: str, layout: str, region: str, reason: str) -> int:
    """Ask for an export, of the user's areas where no region is named; return its number.

    Raises RightMissing, ExportInvalid.
    """
    require(actor, Right.REVEAL)
    why, region = " ".join(reason.split()), region or _own(actor)
    inside = _covers(actor, region)
    if layout not in LAYOUTS.get(kind, ()) or not why or not inside:
        raise ExportInvalid
    row = {
        "kind": kind,
        "layout": layout,
        "region": region,
        "reason": why,
        "asked_by": actor.name,
        "asked_ms": office.now_ms(),
    }
    with office.store.write() as connection:
        made = connection.execute(insert(exports).values(row)).inserted_primary_key
        number = int(made[0]) if made else 0
        told = {"kind": kind, "region": region, "reason": why}
        auditing.note(office, connection, actor, "export-ask", str(number), told)
    return number


def agreed(office: Office, actor: Actor, kind: str) -> set[str]:
    """Return for which regions a second person agreed, within a day, to what this user asked for.

    "" stands for the whole regency. Nobody without the right to reveal has any.
    """
    if not actor.may(Right.REVEAL):
        return set()
    since_ms = office.now_ms() - KEPT_MS
    with office.store.read() as connection:
        found = ask(connection, _AGREED, actor.name, kind, since_ms)
    return {one for (region,) in found for one in region.split(",") if _covers(actor, one)}


def is_agreed(office: Office, actor: Actor, kind: str, region: str = "") -> bool:
    """Tell whether somebody agreed to an export of a region, or of one around it.

    Of the user's areas where no region is named.
    """
    given = agreed(office, actor, kind)
    wanted = (region or _own(actor)).split(",")
    return all(any(_inside(one, part) for one in given) for part in wanted)


def require_agreed(office: Office, actor: Actor, kind: str, region: str = "") -> None:
    """Raise ExportNotAgreed where nobody agreed to an export of a region."""
    if not is_agreed(office, actor, kind, region):
        raise ExportNotAgreed


def could_agree(connection: Connection, actor: Actor) -> list[str]:
    """Return who else could agree to an export of the whole regency."""
    return [
        one.name
        for one in users.everyone(connection)
        if one.name != actor.name
        and one.disabled_ms is None
        and not one.area
        and Right.REVEAL in RIGHTS[Role(one.role)]
    ]


class Exports:
    """The exports of one office, and those that are being made."""

    def __init__(self, office: Office) -> None:
        """Begin with what lies in the folder."""
        self._office, self._lock = office, Lock()
        self._folder = office.photos.with_name("exports")
        self._live: dict[int, int] = {}

    def listed(self, actor: Actor) -> list[Export]:
        """Return the exports of the last weeks that a user may see, the newest first."""
        self._sweep()
        with self._office.store.read() as connection:
            rows = connection.execute(select(exports).order_by(exports.c.id.desc()).limit(50))
            found = [_export(row) for row in rows]
        return [one for one in found if _covers(actor, one.region)]

    def decide(self, actor: Actor, number: int, *, approved: bool) -> None:
        """Agree to an export, which is then made, or refuse it.

        Raises RightMissing, ExportUnknown, ExportOwn.
        """
        require(actor, Right.REVEAL)
        with self._office.store.write() as connection:
            found = self._one(connection, number)
            if found.approved is not None or not _covers(actor, found.region):
                raise ExportUnknown
            if found.asked_by == actor.name:
                raise ExportOwn
            connection.execute(
                update(exports)
                .where(exports.c.id == number)
                .values(decided_by=actor.name, decided_ms=self._office.now_ms(), approved=approved)
            )
            action = "export-approve" if approved else "export-refuse"
            auditing.note(self._office, connection, actor, action, str(number), {})
        if approved:
            self._live[number] = 0
            Thread(target=self._make, args=(found,), daemon=True).start()

    def rows_made(self, number: int) -> int | None:
        """Return how many rows of an export are written; None where it is not being made."""
        return self._live.get(number)

    def is_ready(self, one: Export) -> bool:
        """Tell whether the file of an export is there to be taken."""
        return one.id not in self._live and self._file(one).is_file()

    def take(self, actor: Actor, number: int) -> tuple[str, Path]:
        """Return the name and place of an export's file, for whoever asked for it.

        Raises RightMissing, ExportUnknown, ExportGone.
        """
        require(actor, Right.REVEAL)
        with self._office.store.write() as connection:
            found = self._one(connection, number)
            if found.asked_by != actor.name or not found.approved:
                raise ExportUnknown
            if not self.is_ready(found):
                raise ExportGone
            connection.execute(
                update(exports).where(exports.c.id == number).values(taken_ms=self._office.now_ms())
            )
            auditing.note(self._office, connection, actor, "export-take", str(number), {})
        return f"{found.kind}-{number}.{found.layout}", self._file(found)

    def _one(self, connection: Connection, number: int) -> Export:
        row = connection.execute(select(exports).where(exports.c.id == number)).one_or_none()
        if row is None:
            raise ExportUnknown
        return _export(row)

    def _file(self, one: Export) -> Path:
        return self._folder / f"{one.id}.{one.layout}"

    def _make(self, one: Export) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self._file(one).with_suffix(".part")
        try:
            tallies.finish(self._office)
            with made.open("wb") as target:
                made.chmod(0o600)
                for count in self._write(one, target):
                    self._live[one.id] = count
            made.replace(self._file(one))
        except (JemputError, OSError):
            made.unlink(missing_ok=True)
        finally:
            del self._live[one.id]

    def _write(self, one: Export, target: IO[bytes]) -> Iterator[int]:
        with self._office.store.read() as connection:
            headers, rows = _TABLES[one.kind](self._office, connection, one.region)
            yield from WRITERS[one.layout](target, one.kind, headers, rows)

    def _sweep(self) -> None:
        """Let go of files that were made over a day ago."""
        oldest_s = (self._office.now_ms() - KEPT_MS) / 1000
        for file in self._folder.glob("*"):
            if file.stat().st_mtime < oldest_s:
                file.unlink(missing_ok=True)


Table = tuple[Sequence[str], Rows]


def _residents(_office: Office, connection: Connection, region: str) -> Table:
    rows = (
        [one["id"], one["cluster"], *(one["values"].get(name) for name in _PERSON.fields)]
        for one in exported(connection, _PERSON.name)
        if not one["void"] and _inside(region, one["values"].get("village"))
    )
    return ("id", "cluster", *_PERSON.fields), rows


def _visits(_office: Office, connection: Connection, region: str) -> Table:
    found = (row for row in connection.exec_driver_sql(_VISITS) if _inside(region, row[2]))
    return _VISIT_COLUMNS, found


def _unconfirmed(office: Office, connection: Connection, region: str) -> Table:
    today = context_of(office, connection).today
    people = unconfirmed_rows(connection, today, Wanted(areas=_areas(region)))
    return COLUMNS, ([one[name] for name in COLUMNS] for one in people)


def _proposal(_office: Office, connection: Connection, region: str) -> Table:
    found = proposal.claims(connection, lambda area: _inside(region, area))
    claims = proposal.opened(connection, found)
    return proposal.COLUMNS, ([one[name] for name in proposal.COLUMNS] for one in claims)


def _print_queue(office: Office, connection: Connection, region: str) -> Table:
    today = context_of(office, connection).today
    found = print_report.wanted(connection, today, lambda area: _inside(region, area))
    return print_report.COLUMNS, print_report.rows(connection, found)


def _inside(region: str, village: Any) -> bool:
    """Tell whether a village, or a region, lies in one of the regions."""
    return not region or any(contains(one, str(village or "")) for one in _areas(region))


def _areas(region: str) -> tuple[str, ...]:
    return tuple(region.split(",")) if region else ()


def _own(actor: Actor) -> str:
    """Return the regions that are a user's; "" for the whole regency."""
    return ",".join(sorted(actor.area))


def _covers(actor: Actor, region: str) -> bool:
    """Tell whether all of the regions are a user's."""
    return not actor.area or all(actor.covers(one) for one in _areas(region) or (None,))


_TABLES: Mapping[str, Callable[[Office, Connection, str], Table]] = {
    "residents": _residents,
    "visits": _visits,
    "unconfirmed": _unconfirmed,
    "proposal": _proposal,
    "print_queue": _print_queue,
}


def _export(row: Row[tuple[object, ...]]) -> Export:
    return Export(**row._mapping)  # noqa: SLF001 (public in SQLAlchemy)
