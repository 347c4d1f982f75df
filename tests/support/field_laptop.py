"""One laptop of the state machine: a real store that is copied, rolled back, killed and started.

Its clock is set by anybody, its program may be an old one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from field_client import app as wiring
from field_client import receiving, trash
from field_client.entries import shown
from field_client.opened import App
from field_client.reduction import logged
from field_client.retention import KEPT_MS, tidy
from field_client.sync.departure import depart, load_departure
from field_client.sync.engine import Transport, synchronise
from field_client.sync.fallback import Pace
from field_client.sync.locked import synchronise_locked
from field_client.sync.outcome import Outcome
from field_client.sync.patience import PATIENCE_S, Patience
from field_client.sync.relayed import synchronise_via
from field_client.vault.attachments import RECEIVED, WAITING
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import open_spool
from shared_schema.clock import DAY_MS, Evidence
from shared_schema.wire import DEFAULT_CODEC
from tests.support.disks import Image, image_of, put_back
from tests.support.laptop import clone, reopen
from tests.support.raw_device import NOW_MS
from tests.support.regency import MARKS, marks_in

SLOW_S = 6.0


@dataclass(slots=True)
class Watch:
    """A laptop's wall clock, wherever somebody has set it, and how long it has been running."""

    wall_ms: int = NOW_MS
    monotonic_ms: int = 0

    def __call__(self) -> Evidence:
        """Read the clocks."""
        self.monotonic_ms += 1
        return Evidence(wall_ms=self.wall_ms, monotonic_ms=self.monotonic_ms)


@dataclass(slots=True)
class Stopwatch:
    """The clock of one sync: it moves by waiting, and at each look where the line is ``slow``.

    On a slow line that is silent while we send, a sync takes it that a proxy stands in between.
    """

    slow: bool
    now_s: float = 0.0

    def __call__(self) -> float:
        """Read it."""
        self.now_s += SLOW_S * self.slow
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.now_s += seconds

    def patience(self) -> Patience:
        """Return the patience of one sync."""
        pace = Pace(clock=self)
        return Patience(seconds=PATIENCE_S, pace=pace, now=self, sleep=self.sleep, draw=lambda: 1.0)


class FieldLaptop:
    """A laptop; ``old``: its program knows no codec but the first. ``images``: kept of its disk."""

    def __init__(self, home: Path, keys: VaultKeys, watch: Watch, app: App | None = None) -> None:
        self.home = home
        self.keys = keys
        self.watch = watch
        self.old = False
        self.image: Image | None = None
        self.app = app or reopen(home, keys, clocks=watch)

    @property
    def device(self) -> bytes:
        """The device's id, which copies share."""
        return self.app.device_keys.device

    def restart(self) -> None:
        """Start the program again, after it was killed or closed."""
        self.app.close()
        self.app = reopen(self.home, self.keys, clocks=self.watch)

    def copied(self, home: Path, *, told_apart: bool, running_ms: int) -> "FieldLaptop":
        """Copy the folder; both go on. Not told apart, the copy takes itself for the original."""
        self.app.close()
        watch = Watch(self.watch.wall_ms, running_ms)
        twin = clone(self.app, home, told_apart=told_apart, clocks=watch)
        self.restart()
        return FieldLaptop(home, self.keys, watch, twin)

    def keep_image(self) -> None:
        """Keep the disk as it stands now."""
        self.app.close()
        self.image = image_of(self.home)
        self.restart()

    def roll_back(self, image: Image) -> None:
        """Put the whole disk back; nothing on it tells that this was done."""
        self.app.close()
        put_back(self.home, image)
        self.app = reopen(self.home, self.keys, clocks=self.watch)

    # Its program

    @contextmanager
    def _program(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            if self.old:
                patch.setattr(receiving, "best_codec", lambda _: DEFAULT_CODEC)
            yield

    def does(self, work: Callable[[App], Any]) -> None:
        """Do something by the program that is installed."""
        with self._program():
            work(self.app)

    def sync(self, line: Transport, patience: Patience | None = None) -> Outcome:
        """Sync over a line, the store being open."""
        with self._program():
            return synchronise(self.app, line, patience=patience)

    def visit(self, line: Transport) -> None:
        """Sync by way of a relay."""
        with self._program():
            synchronise_via(self.app, line)

    def sync_locked(self, line: Transport, patience: Patience | None = None) -> None:
        """Lock, sync from the spool alone, unlock again."""
        with self._program():
            depart(self.app)
        self.app.close()
        try:
            with open_spool(self.home) as spool:
                departure = load_departure(spool)
                synchronise_locked(self.home, spool, departure, line, patience=patience)
        finally:
            self.restart()

    def enrol_again(self, code: str) -> None:
        """Take up a new code for the device that this is."""
        wiring._invite(self.app, code)

    def let_a_month_pass(self) -> None:
        """Let the details of what was received go; the office is not heard since."""
        journal = self.app.journal
        heard = journal.server_ms()
        if heard is not None:
            for later_ms in (heard + KEPT_MS + DAY_MS, heard):
                journal.tables.write_meta("server", {"server_ms": later_ms})
                tidy(journal)

    # Its drafts

    def throw_draft(self, pick: int) -> None:
        """Throw a draft away."""
        drafts = list(self.app.journal.drafts())
        if drafts:
            trash.discard(self.app.journal, drafts[pick % len(drafts)].record)

    def bring_back(self, pick: int) -> None:
        """Bring a draft back that was thrown away."""
        thrown = trash.discarded(self.app.journal)
        if thrown:
            trash.bring_back(self.app.journal, str(thrown[pick % len(thrown)].draft.record))

    # What it holds

    def photos(self) -> set[str]:
        """Return the SHA-256 of every photo that it keeps."""
        return {row["sha256"] for state in (WAITING, RECEIVED) for row in self._kept(state)}

    def _kept(self, state: str) -> list[Any]:
        return self.app.attachments.in_state(state)

    def marks(self) -> set[str]:
        """Return the marks of what was written in this store, as far as it can still send them."""
        tables = self.app.tables
        found = {
            mark
            for document in tables.changes
            if not document.get("reduced")
            for mark in marks_in(logged(document).change.writes)
        }
        own = (shown(document) for document in tables.records if document["own"])
        return found | {str(values["name"]) for values in own if values.get(MARKS[0])}
