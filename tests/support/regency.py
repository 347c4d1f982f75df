"""A regency's office for the state machine: the real one, with everything that may befall it.

One folder and one engine serve all runs, so that a statement is compiled once; a run begins by
putting the disk back as it was. The office may die at a commit, come back from an old backup in
its next epoch, run an older program for a while, and hear what it has heard before.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from shared_schema import wire
from shared_schema.canonical import decode
from shared_schema.clock import DAY_MS, Evidence
from shared_schema.envelope import parse
from shared_schema.errors import CustodyError, JemputError, StorageError
from shared_schema.fold import RecordState, state_from_json
from shared_schema.frames import Frame
from shared_schema.links import Verdict
from shared_schema.records import RECORD_TYPES
from shared_schema.wire import CODECS, DEFAULT_CODEC
from sync_server import assessment, exchange, ingest, rebuilding, reconcile, release, verification
from sync_server.enrol import Invitation, invite
from sync_server.photos import read as read_photo
from sync_server.store import tables
from sync_server.store.queries import devices, facts, log, photos, quarantine, raw, rosters
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.rosters import Scope
from tests.support.disks import Image, image_of, put_back
from tests.support.fuses import Fuse, FusedStore
from tests.support.offices import found_office
from tests.support.raw_device import NOW_MS

EVERYWHERE, HERE = ("53.15",), ("53.15.05",)
VILLAGES = ("53.15.05.2001", "53.15.06.2001")
AREAS = ("53.15", "53.15.05", "53.15.05.2001")
MARKS = ("name", "phone")
YEARS_MS = 4000 * DAY_MS
_UNKNOWN_TO_THE_OLD = "visit"
_REQUESTS_KEPT = 8


class Unheard(Exception):
    """Nobody can be answered: the request ends within its hello."""


class Regency:
    """The office of all runs. ``clock``: its wall clock, Unix ms. ``requests``: what it heard."""

    def __init__(self, folder: Path) -> None:
        bench = found_office(folder)
        self.folder = folder
        self.clock = bench.clock
        self.store = FusedStore(bench.office.store.engine)
        self.office = replace(bench.office, store=self.store, photos=folder / "photos")
        self.codes: list[str] = []
        self.founded: Image = {}
        self.begin()

    # Runs

    def found(self, laptops: int) -> None:
        """Invite the laptops of every run. What is on the disk then is where runs begin.

        Of the regions' names, which every laptop is sent, most go: they would be most of the work.
        """
        with self.office.store.write() as connection:
            connection.execute(tables.regions.delete().where(tables.regions.c.code.not_in(AREAS)))
        self.codes = [self.invite(HERE if at == 1 else EVERYWHERE) for at in range(laptops)]
        self.founded = self.content()

    def begin(self) -> None:
        """Begin a run."""
        self.clock[0] = NOW_MS
        self.old = False
        self.store.fuses.clear()
        self.requests: list[list[Frame]] = []
        self.epoch = 1
        if self.founded:
            self._put_back(self.founded)
        self.backup = self.founded

    def content(self) -> Image:
        """Return the disk as it stands."""
        self.store.close()
        return image_of(self.folder)

    def _put_back(self, image: Image) -> None:
        self.store.close()
        put_back(self.folder, image)

    # What it does

    def converse(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Answer frame by frame. Raises Unheard, OfficeDown; any failure of its own is a fault."""
        troubles: list[JemputError] = []
        with self._program():
            try:
                opening = exchange.open_section(self.office, frames)
            except CustodyError as error:
                raise Unheard from error
            yield from exchange.converse(self.office, frames, opening, troubles)
        assert not [one for one in troubles if isinstance(one, StorageError)], troubles

    def answer(self, frames: list[Frame]) -> list[Frame]:
        """Answer a whole request; it may be heard again later."""
        self.requests = [*self.requests[1 - _REQUESTS_KEPT :], frames]
        return list(self.converse(iter(frames)))

    @contextmanager
    def _program(self) -> Iterator[None]:
        """Let the office know neither codec 2 nor visits, while its program is an old one."""
        if not self.old:
            yield
            return
        codecs = {DEFAULT_CODEC: CODECS[DEFAULT_CODEC]}
        types = {name: kind for name, kind in RECORD_TYPES.items() if name != _UNKNOWN_TO_THE_OLD}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wire, "CODECS", codecs)
            patch.setattr(exchange, "CODECS", codecs)
            patch.setattr(assessment, "RECORD_TYPES", MappingProxyType(types))
            yield

    def invite(self, scope: tuple[str, ...]) -> str:
        """Make a code for a laptop."""
        invitation = Invitation(
            label="Laptop Contoh", scope=scope, url="", valid_ms=YEARS_MS, until_ms=None
        )
        return invite(self.office, invitation)

    def revoke(self, device: bytes) -> None:
        """Revoke a device, and every copy of its store with it."""
        with self.office.store.write() as connection:
            devices.revoke(connection, device, self.clock[0])

    def release_everything(self) -> None:
        """Accept what is in quarantine, in whatever order it goes; the rest stays there."""
        moved = True
        while moved:
            with self.office.store.read() as connection:
                waiting = [one for one in quarantine.everything(connection) if not one.decision]
            moved = sum(self._release(one.id) for one in waiting) > 0

    def _release(self, number: int) -> bool:
        try:
            release.accept(self.office, number)
        except (
            release.QuarantineOutOfOrder,
            release.QuarantineCopyAlive,
            release.QuarantineNotFound,
            release.QuarantineUnreadable,
        ):
            return False
        return True

    def decide_some_pair(self, which: int, verdict: Verdict) -> None:
        """Decide one of the possible duplicates, where there are any."""
        with self._program(), self.office.store.write() as connection:
            pairs = reconcile.open_pairs(connection)
            if pairs:
                ends = pairs[which % len(pairs)]
                names = str(ends.a), str(ends.b)
                reconcile.decide_pair(connection, names, verdict, "contoh", "user:penyelia")

    def die_at(self, fuse: Fuse) -> None:
        """Let the program end at one of its next commits; it is started again at once."""
        self.store.fuses[:] = [fuse]

    def back_up(self) -> None:
        """Keep the disk as it stands."""
        self.backup = self.content()

    def restore(self, *, old: bool) -> None:
        """Lose the disk: go on from the backup in the next epoch, maybe by an old program."""
        self._put_back(self.backup)
        self.epoch += 1
        self.old = self.old or old
        with self.office.store.write() as connection:
            facts.put(connection, Fact.EPOCH, str(self.epoch))

    def update(self) -> None:
        """Bring the program up to date; a rebuild takes up what the old one could not read."""
        self.old = False
        self.rebuild()

    def rebuild(self) -> None:
        """Compute every projection from the log again."""
        with self._program():
            rebuilding.rebuild(self.office)

    def verify(self) -> None:
        """Check log, batches and receipts, and that a rebuild gives the projections there are."""
        with self.office.store.read() as connection:
            verification._Audit(self.office, connection).run()
        before = self._projections()
        self.rebuild()
        assert self._projections() == before

    def _projections(self) -> dict[str, list[dict[str, Any]]]:
        with self.office.store.read() as connection:
            return {table.name: list(raw.rows(connection, table)) for table in tables.PROJECTIONS}

    def version(self) -> tuple[int, int, int]:
        """Return what changes whenever there is something new to be pulled, or a wider area."""
        with self.office.store.read() as connection:
            scopes = connection.scalar(select(func.sum(tables.devices.c.scope_version)))
            return self.epoch, log.count(connection), int(scopes or 0)

    # What it holds

    def photos(self) -> set[str]:
        """Return the SHA-256 of every photo that is here whole, each of them read."""
        with self.office.store.read() as connection:
            kept = photos.everything(connection)
        for one in kept:
            read_photo(self.office, one)
        return {one.sha256 for one in kept}

    def states(self) -> dict[str, RecordState]:
        """Return every record by id."""
        found = tables.records.c
        with self.office.store.read() as connection:
            rows = connection.execute(tables.records.select()).mappings()
            return {
                str(row[found.record]): state_from_json(decode(row[found.state].encode()))
                for row in rows
            }

    def visible(self, device: bytes) -> set[str]:
        """Return the ids of the records that a device may see."""
        with self.office.store.read() as connection:
            known = devices.get(connection, device)
            ids = [UUID(one) for one in connection.scalars(select(tables.records.c.record))]
            scope = Scope(device=device.hex(), areas=known.scope if known else ())
            return {str(one) for one in rosters.visible(connection, scope, ids)}

    def marked(self) -> list[tuple[str, str]]:
        """Return each mark that any change in the log writes, with the record it is written to."""
        with self.office.store.read() as connection:
            changes = [entry.change for entry in log.after(connection)]
        return [(mark, str(one.record)) for one in changes for mark in marks_in(one.writes)]

    def marks(self) -> Counter[str]:
        """Count each mark that any change in the log writes."""
        return Counter(mark for mark, _ in self.marked())

    def set_aside(self, device: bytes) -> set[str]:
        """Return the marks of what is in quarantine of a device, as far as it can be read."""
        with self._program(), self.office.store.read() as connection:
            kept = quarantine.everything(connection)
            bodies = [parse(one.body) for one in kept if one.device == device.hex()]
            changes = (one for body in bodies for one in ingest.read(body, self.office)[0])
            return {mark for one in changes for mark in marks_in(one.writes)}

    def saves(self) -> Counter[Evidence]:
        """Count the records that each save of a laptop is in, by what its clocks read.

        Of one whose details had gone from a copy, the rest may be a change of its own.
        """
        with self.office.store.read() as connection:
            changes = [entry.change for entry in log.after(connection)]
        found = {(one.evidence, one.record) for one in changes if one.evidence.monotonic_ms}
        return Counter(evidence for evidence, _ in found)


def marks_in(writes: Mapping[str, Any]) -> list[str]:
    """Return the marks that a change writes: values that no other change ever has."""
    return [str(writes[name].value) for name in MARKS if name in writes]
