"""Laptops, copies of laptops and a server under everything a bad line and bad luck can do.

Whatever the history, once all have synced: every person who was registered is at the server
exactly once, and every replica knows what the server knows.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from field_client.opened import App
from field_client.reduction import DETAILS_LOST, Withheld
from field_client.retention import KEPT_MS, tidy
from field_client.sync.engine import Outcome, synchronise
from field_client.sync.errors import LineCut
from field_client.sync.transport_file import read_reply, write_export
from field_client.verification import examine
from shared_schema.clock import DAY_MS
from shared_schema.errors import CustodyError, NetworkError
from shared_schema.fold import RecordState, state_to_json
from shared_schema.frames import FrameReader
from tests.support.laptop import clone, laptop, register, reopen, write
from tests.support.memory_server import MemoryServer

LAPTOPS = 2
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
MOST = 4


class Crash(BaseException):
    """The program is gone: nothing after this runs."""


@dataclass
class BadLine:
    """A way to the server that loses what comes after ``sent`` frames or ``heard`` bytes.

    ``twice``: the request arrives a second time, as a proxy may do.
    """

    server: MemoryServer
    sent: int = 1 << 30
    heard: int = 1 << 30
    twice: bool = False

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on what gets through, then cut the line."""
        request = b"".join(outgoing)
        frames = list(FrameReader().feed(request))
        arrived = b"".join(frame.to_bytes() for frame in frames[: max(self.sent, 1)])
        if self.twice:
            b"".join(self.server.answer(arrived))
        reply = b"".join(self.server.answer(arrived))
        if self.sent < len(frames):
            reply = reply[:-1]
        for at in range(0, min(len(reply), self.heard), 700):
            yield reply[at : min(at + 700, self.heard)]
        if self.sent < len(frames) or self.heard < len(reply):
            raise LineCut


def without(state: RecordState, hidden: Withheld) -> RecordState:
    """Return a state that lacks the heads whose values are withheld on a laptop."""
    fields = {
        name: replace(part, heads=tuple(h for h in part.heads if h.stamp not in hidden[name]))
        if name in hidden
        else part
        for name, part in state.fields.items()
    }
    return replace(state, fields=fields)


class Syncing(RuleBasedStateMachine):
    """``homes`` belong to laptops that are all equally real, copies included."""

    templates: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jemput-"))
        self.server = _SERVER.saved()
        self.backup = self.server.saved()
        self.apps: list[App] = []
        self.people = 0
        self.corrections = 0
        self.exports: list[bytes] = []
        self.answers: list[tuple[int, bytes]] = []

    @initialize()
    def start(self) -> None:
        """Take the laptops out of the box; they have not enrolled yet."""
        for at in range(LAPTOPS):
            home = self.folder / str(at)
            shutil.copytree(_BOX[at].home, home)
            self.apps.append(reopen(home, _BOX[at].keys, clocks=_BOX[at].clocks))

    def teardown(self) -> None:
        """Let everybody sync until nothing moves, then compare."""
        try:
            if self.apps:
                self._converge()
        finally:
            for app in self.apps:
                app.close()
            shutil.rmtree(self.folder)

    def _converge(self) -> None:
        for _ in range(3):
            for app in self.apps:
                synchronise(app, BadLine(self.server))
        at_server = self.server.records()
        shown = sorted(str(state.shown("name")) for state in at_server.values())
        assert shown == sorted(f"Warga Contoh {at}" for at in range(self.people))
        for app in self.apps:
            counts = app.journal.counts()
            assert counts["waiting"] == 0
            troubled = app.journal.entries(state="attention")
            assert {note.code for entry in troubled for note in entry.remarks} <= {DETAILS_LOST}
            for record, state in at_server.items():
                here = app.journal.state(record)
                assert here is not None
                expected = without(state, app.journal.withheld(record))
                assert state_to_json(here) == state_to_json(expected)
            assert examine(app).faults == ()
            assert len(list(app.journal.entries())) == len(at_server)

    def _app(self, which: int) -> App:
        return self.apps[which % len(self.apps)]

    @rule(which=st.integers(0, MOST), count=st.sampled_from([1, 2, 9]))
    def register(self, which: int, count: int) -> None:
        """Somebody registers people."""
        register(self._app(which), (f"Warga Contoh {self.people + at}" for at in range(count)))
        self.people += count

    @precondition(lambda self: self.people)
    @rule(which=st.integers(0, MOST), data=st.data())
    def correct(self, which: int, data: Any) -> None:
        """Somebody corrects a person who was registered on that laptop or came from the server."""
        known = list(self._app(which).journal.entries())
        if known:
            entry = known[data.draw(st.integers(0, len(known) - 1))]
            self.corrections += 1
            write(self._app(which), entry.id, phone=f"08{self.corrections:010d}")

    @rule(
        which=st.integers(0, MOST),
        sent=st.integers(1, 6),
        heard=st.integers(0, 9000),
        twice=st.booleans(),
    )
    def sync_over_a_bad_line(self, which: int, sent: int, heard: int, twice: bool) -> None:
        """Sync over a line that may be cut either way, or doubles the request."""
        line = BadLine(self.server, sent=sent, heard=heard, twice=twice)
        with suppress(NetworkError, CustodyError):
            synchronise(self._app(which), line)

    @rule(which=st.integers(0, MOST))
    def sync(self, which: int) -> None:
        """Sync over a good line; a second time sends no batch."""
        synchronise(self._app(which), BadLine(self.server))
        assert synchronise(self._app(which), BadLine(self.server)).sent == 0

    @rule(which=st.integers(0, MOST), steps=st.integers(0, 40))
    def crash_while_syncing(self, which: int, steps: int) -> None:
        """Kill the program after some step, and start it again."""
        app = self._app(which)
        left = iter(range(steps))

        def die(_outcome: Outcome) -> None:
            if next(left, None) is None:
                app.close()
                raise Crash

        try:
            synchronise(app, BadLine(self.server), die)
        except Crash:
            self.apps[self.apps.index(app)] = reopen(app.home, app.keys, clocks=app.clocks)

    @rule(which=st.integers(0, MOST))
    def a_month_passes(self, which: int) -> None:
        """Let the details of what was received go; the server is not heard since."""
        journal = self._app(which).journal
        heard = journal.server_ms()
        if heard is not None:
            for later_ms in (heard + KEPT_MS + DAY_MS, heard):
                journal.tables.write_meta("server", {"server_ms": later_ms})
                tidy(journal)

    @rule(which=st.integers(0, MOST), told_apart=st.booleans())
    @precondition(lambda self: len(self.apps) < MOST)
    def copy_the_folder(self, which: int, told_apart: bool) -> None:
        """Somebody copies a laptop's folder; both go on working."""
        app = self._app(which)
        app.close()
        self.apps[self.apps.index(app)] = reopen(app.home, app.keys, clocks=app.clocks)
        home = self.folder / f"copy{len(self.apps)}"
        self.apps.append(clone(app, home, told_apart=told_apart))

    @rule(which=st.integers(0, MOST))
    def export(self, which: int) -> None:
        """Write a stick and have the server answer it."""
        path = self.folder / "keluar"
        path.unlink(missing_ok=True)
        write_export(self._app(which), path)
        self.exports.append(path.read_bytes())
        answer = b"".join(self.server.answer(self.exports[-1]))
        self.answers.append((which % len(self.apps), answer))

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def import_some_answer(self, data: Any) -> None:
        """Import any answer there ever was, to the laptop it is for or to a copy of it."""
        which, answer = data.draw(st.sampled_from(self.answers))
        path = self.folder / "masuk"
        path.write_bytes(answer)
        with suppress(CustodyError):
            read_reply(self._app(which), path)

    @precondition(lambda self: self.exports)
    @rule(data=st.data())
    def replay_some_export(self, data: Any) -> None:
        """Give the server an export it has had before."""
        before = len(self.server.log)
        b"".join(self.server.answer(data.draw(st.sampled_from(self.exports))))
        assert len({(c.stream, c.sequence) for c in self.server.log}) == len(self.server.log)
        assert len(self.server.log) >= before

    @rule()
    def back_up(self) -> None:
        """Make a backup at the office."""
        self.backup = self.server.saved()

    @rule()
    def restore(self) -> None:
        """Lose the office's disk; it goes on from its backup, in a new epoch."""
        epoch, devices = self.server.epoch, self.server.devices
        self.server = self.backup.restored()
        self.server.epoch, self.server.devices = epoch + 1, devices
        self.backup = self.server.saved()


_SERVER = MemoryServer()
_BOX = [
    laptop(Path(tempfile.mkdtemp(prefix="jemput-box-")) / "home", _SERVER.code())
    for _ in range(LAPTOPS)
]
for _app in _BOX:
    _app.close()

TestSyncing = Syncing.TestCase
TestSyncing.settings = settings(max_examples=settings().max_examples // 2, phases=PHASES)
