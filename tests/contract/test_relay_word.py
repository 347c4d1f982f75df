"""What a relay holds of a laptop that was locked shows as held from the next unlock on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.opened import App
from field_client.sync.departure import depart, load_departure
from field_client.sync.errors import LineCut
from field_client.sync.relayed_locked import leave_locked
from field_client.vault.spool import open_spool
from tests.contract.test_relay_client import Via, leave, names
from tests.support.laptop import laptop, register, reopen, still
from tests.support.memory_server import NOW_MS
from tests.support.offices import code_of, found_office
from tests.support.relays import RelayBench, found_relay


@pytest.fixture
def relay(tmp_path: Path) -> RelayBench:
    """Give a relay of an office whose clock is the laptops'."""
    (tmp_path / "office").mkdir()
    bench = found_office(tmp_path / "office")
    bench.clock[0] = NOW_MS
    return found_relay(tmp_path / "relay", bench)


@pytest.fixture
def app(tmp_path: Path, relay: RelayBench) -> Iterator[App]:
    """Open a laptop that the office has not met."""
    with laptop(tmp_path / "laptop", code_of(relay.wire.bench.office)) as opened:
        yield opened


def sections(home: Path) -> int:
    """Count what a locked laptop has laid by."""
    with open_spool(home) as spool:
        return len(spool.heard.sections())


def test_what_a_relay_holds_of_a_locked_laptop_shows_at_the_unlock(
    app: App, relay: RelayBench
) -> None:
    """As held, and no more than that; many visits lay by one word."""
    register(app, names(9))
    depart(app)
    register(app, ["Warga Contoh Nanti"])
    home, keys = app.home, app.keys
    app.close()
    for _ in range(3):
        assert leave(home, relay).changes == 9
        assert sections(home) == 1
    with reopen(home, keys, clocks=still) as opened:
        assert len(opened.journal.held()) == 9
        assert opened.journal.counts()["waiting"] == 10
        assert [str(warning) for warning in opened.warnings] == []
    assert sections(home) == 0


def test_a_line_cut_after_the_relay_spoke_leaves_its_word(app: App, relay: RelayBench) -> None:
    """What it said is known; a later visit that hears less takes nothing of it away."""
    app.changes_a_batch = 3
    register(app, names(9))
    depart(app)
    home, keys = app.home, app.keys
    app.close()
    for frames in (3, 2):
        with open_spool(home) as spool, pytest.raises(LineCut):
            leave_locked(home, spool, load_departure(spool), Via(relay, frames))
        assert sections(home) == 1
    with reopen(home, keys, clocks=still) as opened:
        assert len(opened.journal.held()) == 3


def test_a_relays_word_that_was_altered_is_dropped_at_the_unlock(
    app: App, relay: RelayBench
) -> None:
    """With a warning; nothing is shown as held, and all of it waits."""
    register(app, names(2))
    depart(app)
    home, keys = app.home, app.keys
    app.close()
    leave(home, relay)
    with open_spool(home) as spool:
        (section,) = spool.heard.sections()
        first, second = spool.heard.frames(section)
        spool.heard.forget(section)
        for body in (first, second[:-1] + bytes([second[-1] ^ 1])):
            spool.heard.keep(section, body)
    with reopen(home, keys, clocks=still) as opened:
        assert opened.journal.held() == set()
        assert opened.journal.counts()["waiting"] == 2
        assert [warning.code for warning in opened.warnings] == ["HEARD_REFUSED"]
