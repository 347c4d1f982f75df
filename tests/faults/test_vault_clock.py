"""The laptop's clock leaps ten years, both ways, again and again, while people are registered.

Everything is saved in the order it was typed, every change has its own later reading, and the
office receives all of it once.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

from field_client.app import open_unlocked
from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import ClockOff
from field_client.verification import examine
from shared_schema.clock import DAY_MS, Evidence
from tests.faults.vault_writer import handed
from tests.support import effort
from tests.support.device_work import Day, register
from tests.support.effort import Effort
from tests.support.laptop import laptop, names_of, reopen, still
from tests.support.memory_server import NOW_MS, MemoryServer
from tests.support.nursery import Nursery
from tests.support.othertime import changing, needs_faketime

LEAPS = Effort("test_vault_clock.py::test_leaps_between_saves", ci=100, soak=2000)
EFFORTS = (LEAPS,)
TEN_YEARS_MS = 3653 * DAY_MS
REAL_LEAPS = 12
WRITER = "tests.faults.vault_writer:pages"


def leaping() -> Callable[[], Evidence]:
    """Return a clock that leaps ten years back, forth, or to where it was, at each reading."""
    dice = random.Random(53)

    def read() -> Evidence:
        away = dice.choice((-TEN_YEARS_MS, 0, TEN_YEARS_MS))
        return Evidence(wall_ms=NOW_MS + away, monotonic_ms=1)

    return read


def readings(app: App) -> list[int]:
    """Return the clock's reading of each own change, in the order of their numbers."""
    return [one.hlc for one in app.journal.own_changes(app.journal.branches.current())]


@effort.in_both
def test_leaps_between_saves(tmp_path: Path, scale: str) -> None:
    """Numbers and readings rise; the office gets everybody once, from a clock that is off."""
    server = MemoryServer()
    tries = LEAPS.tries(scale)
    names = [f"Warga Contoh {number}" for number in range(tries)]
    with laptop(tmp_path / "home", server.code()) as made:
        keys = made.keys
    with reopen(tmp_path / "home", keys, clocks=leaping()) as app:
        for name in names:
            register(app, name)
        assert readings(app) == sorted(set(readings(app)))
        assert len(readings(app)) == tries
    with reopen(tmp_path / "home", keys, clocks=still) as app:
        synchronise(app, server)
        assert names_of(server) == sorted(names)
        assert app.journal.counts()["waiting"] == 0
        assert examine(app).faults == ()
    effort.report(leaps=tries)
    assert scale == "soak" or tries == LEAPS.ci


def test_the_office_is_told_by_a_clock_ten_years_off(tmp_path: Path) -> None:
    """Whatever the clock says at the sync itself, receipts count; the officer is told."""
    server = MemoryServer()
    with laptop(tmp_path / "home", server.code()) as made:
        keys = made.keys
    for turn, away in enumerate((TEN_YEARS_MS, -TEN_YEARS_MS)):
        clock = Evidence(wall_ms=NOW_MS + away, monotonic_ms=1)
        with reopen(tmp_path / "home", keys, clocks=lambda clock=clock: clock) as app:
            register(app, f"Warga Contoh {turn}")
            try:
                synchronise(app, server)
            except ClockOff:
                assert app.journal.counts()["waiting"] == 0
            else:
                raise AssertionError("nobody was told")
    assert names_of(server) == ["Warga Contoh 0", "Warga Contoh 1"]


@needs_faketime
def test_leaps_within_a_running_program(tmp_path: Path) -> None:
    """The system's clock is set while a program saves: it goes on, and nothing is missing."""
    home, file, out = tmp_path / "home", tmp_path / "offset", tmp_path / "said"
    keys = Day.prepare(home)
    file.write_text("+0")
    dice = random.Random(53)
    with Nursery(env=changing(file)) as nursery:
        nursery.start(WRITER, str(home), handed(keys), "a", out=out)
        for _ in range(REAL_LEAPS):
            before = len(out.read_text())
            file.write_text(dice.choice(("+10y", "-10y", "+0")))
            deadline = time.monotonic() + 20
            while len(out.read_text()) <= before + 40:
                assert time.monotonic() < deadline, "the program stands still"
                time.sleep(0.01)
    told = out.read_text().split("\n")[:-1]
    with open_unlocked(home, keys) as app:
        names = [str(entry.values["name"]) for entry in app.journal.entries()]
        assert names[: len(told)] == told
        assert len(names) <= len(told) + 1
        changes = app.journal.own_changes(app.journal.branches.current())
        years = {one.evidence.wall_ms // (365 * DAY_MS) for one in changes}
        assert len(years) > 1, "the clock did leap"
        assert examine(app).faults == ()
