"""A real laptop and a relay: what is shown as held, what the office's late answers do."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from field_client.attaching import attach
from field_client.capture import assess
from field_client.entries import Standing
from field_client.opened import App
from field_client.records import PHOTO
from field_client.sync.departure import depart, load_departure
from field_client.sync.engine import Exchange, synchronise
from field_client.sync.errors import LineCut, RelayAnswered, RelayExpired, RelayUntrusted
from field_client.sync.photos_out import PhotosOut, counts, line_up
from field_client.sync.relayed import Left, synchronise_via
from field_client.sync.relayed_locked import leave_locked
from field_client.sync.trust import Trust
from field_client.vault.spool import open_spool
from field_client.web.desk import Desk
from field_client.web.runner import Runner
from shared_schema.chunks import read_chunk
from shared_schema.enrolment import DeviceRevoked
from shared_schema.frames import Kind, read_frames
from shared_schema.records import CheckContext, record_type
from sync_server.relay.relay import Limits
from sync_server.store.queries import devices, facts
from sync_server.store.queries.facts import Fact
from tests.support.laptop import OPERATOR, PASSPHRASE, laptop, register, reopen, still
from tests.support.memory_server import NOW_MS
from tests.support.offices import Bench, code_of, found_office
from tests.support.relays import RelayBench, found_relay
from tests.support.synthetic import TODAY


@dataclass(slots=True)
class Via:
    """A laptop's way to a relay or an office; ``frames``: how many of the answer arrive."""

    place: RelayBench | Bench
    frames: int = 1 << 30

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Answer a whole section, and cut the line where it is to be cut."""
        for count, frame in enumerate(self.place.answer(b"".join(outgoing))):
            if count >= self.frames:
                raise LineCut
            yield frame.to_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give an office whose clock is the laptops'."""
    folder = tmp_path / "office"
    folder.mkdir()
    found = found_office(folder)
    found.clock[0] = NOW_MS
    return found


@pytest.fixture
def relay(tmp_path: Path, bench: Bench) -> RelayBench:
    """Give a relay that the office has enrolled."""
    return found_relay(tmp_path / "relay", bench)


@pytest.fixture
def app(tmp_path: Path, bench: Bench) -> Iterator[App]:
    """Open a laptop that the office has not met."""
    with laptop(tmp_path / "laptop", code_of(bench.office)) as opened:
        yield opened


def names(count: int) -> list[str]:
    """Name some people."""
    return [f"Warga Contoh {at}" for at in range(count)]


def via(app: App, relay: RelayBench) -> Left:
    """Visit the relay."""
    return synchronise_via(app, Via(relay))


def test_enrolment_and_records_travel_by_the_relay(
    app: App, bench: Bench, relay: RelayBench
) -> None:
    """Held, then received; and the next hello fetches what is new."""
    register(app, names(9))
    left = via(app, relay)
    assert (left.relay, left.batches, left.changes, left.enrolment) == (
        "Kecamatan Contoh", 3, 9, True,
    )  # fmt: skip
    assert len(app.journal.held()) == 9
    assert app.journal.counts()["waiting"] == 9
    relay.pass_on()
    left = via(app, relay)
    assert (left.outcome.enrolled, left.outcome.changes) == (True, 9)
    assert app.journal.counts()["received"] == 9
    assert app.journal.held() == set()
    assert len(bench.projections()["records"]) == 9


def test_only_what_is_wholly_held_is_shown_as_held(app: App, relay: RelayBench) -> None:
    """A record written behind the visit waits here alone."""
    first = register(app, names(4))
    via(app, relay)
    register(app, ["Warga Contoh Baru"])
    assert app.journal.held() == set(first)
    waiting = {entry.id for entry in app.journal.entries(state=Standing.WAITING)}
    assert len(waiting) == 5


def test_an_answer_cut_anywhere_is_taken_the_next_time(
    app: App, bench: Bench, relay: RelayBench
) -> None:
    """Whatever arrived counts; the rest is given again."""
    register(app, names(12))
    via(app, relay)
    relay.pass_on()
    for frames in range(8):
        with suppress(LineCut):
            synchronise_via(app, Via(relay, frames))
    via(app, relay)
    relay.pass_on()
    via(app, relay)
    assert app.journal.counts()["received"] == 12
    assert len(bench.projections()["records"]) == 12


def test_a_direct_sync_overtakes_the_relay(app: App, bench: Bench, relay: RelayBench) -> None:
    """The same bytes by two ways count once, and late answers change nothing."""
    register(app, names(5))
    via(app, relay)
    synchronise(app, Via(bench))
    assert app.journal.held() == set()
    relay.pass_on()
    via(app, relay)
    assert app.journal.counts()["received"] == 5
    assert len(bench.projections()["records"]) == 5


def test_the_office_itself_may_answer(app: App, bench: Bench) -> None:
    """The first frame says who it is."""
    register(app, names(3))
    left = synchronise_via(app, Via(bench))
    assert (left.relay, left.outcome.changes) == (None, 3)


def test_an_answer_from_before_a_restore_is_left_out(
    tmp_path: Path, app: App, bench: Bench, relay: RelayBench
) -> None:
    """A relay's late answer of an earlier epoch does not undo what the restored office said."""
    synchronise(app, Via(bench))
    folder = tmp_path / "restored"
    folder.mkdir()
    lost = bench.copy(folder)
    lost.clock[0] = NOW_MS
    register(app, names(5))
    via(app, relay)
    relay.pass_on()
    with lost.office.store.write() as connection:
        facts.put(connection, Fact.EPOCH, "2")
    synchronise(app, Via(lost))
    left = via(app, relay)
    assert left.replies == 1
    assert left.outcome.received == 0
    assert app.journal.counts()["received"] == 5
    assert len(lost.projections()["records"]) == 5


def test_a_full_relay_is_told(tmp_path: Path, app: App, bench: Bench) -> None:
    """What it did not take waits on, and is not shown as held."""
    relay = found_relay(tmp_path / "small", bench, Limits(strangers=1_000))
    register(app, names(12))
    left = via(app, relay)
    assert left.refused == ("RELAY_FULL",)
    assert 0 < len(app.journal.held()) < 12


def test_another_offices_relay_is_not_believed(tmp_path: Path, app: App) -> None:
    """Nothing it says counts."""
    folder = tmp_path / "other office"
    folder.mkdir()
    other = found_office(folder)
    other.clock[0] = NOW_MS
    relay = found_relay(tmp_path / "other relay", other)
    register(app, names(3))
    with laptop(tmp_path / "other laptop", code_of(other.office)) as foreign:
        register(foreign, names(1))
        answer = relay.answer(b"".join(_section(foreign)))

    @dataclass
    class Stranger:
        def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
            assert read_frames(b"".join(outgoing))
            return (frame.to_bytes() for frame in answer)

    with pytest.raises(RelayUntrusted):
        synchronise_via(app, Stranger())
    assert app.journal.held() == set()


def _section(app: App) -> Iterator[bytes]:
    return Exchange(app=app).outgoing()


def test_a_revoked_laptop_hands_over_by_the_relay(
    app: App, bench: Bench, relay: RelayBench
) -> None:
    """It learns of it there, with receipts for all it had."""
    synchronise(app, Via(bench))
    relay.pass_on()
    with bench.office.store.write() as connection:
        devices.revoke(connection, app.device_keys.device, NOW_MS)
    register(app, names(3))
    via(app, relay)
    relay.pass_on()
    with pytest.raises(DeviceRevoked):
        via(app, relay)


def leave(home: Path, place: RelayBench | Bench) -> Left:
    """Visit with a locked laptop."""
    with open_spool(home) as spool:
        return leave_locked(home, spool, load_departure(spool), Via(place))


def test_a_locked_laptop_leaves_its_spool_with_the_relay(
    app: App, bench: Bench, relay: RelayBench
) -> None:
    """It enrols, is told what is held, and counts the receipts at the next unlock."""
    record, *_ = register(app, names(9))
    photograph(app, record, 40_000)
    depart(app)
    home, keys = app.home, app.keys
    app.close()
    left = leave(home, relay)
    assert (left.relay, left.changes, left.replies) == ("Kecamatan Contoh", 10, 0)
    relay.pass_on()
    left = leave(home, relay)
    assert (left.replies, left.outcome.changes, left.outcome.enrolled) == (1, 10, True)
    assert leave(home, relay).outcome.sent == 0
    with reopen(home, keys, clocks=still) as opened:
        assert opened.journal.counts()["received"] == 10
        assert counts(opened)["received"] == 1
        assert opened.device.enrolled
        assert [str(warning) for warning in opened.warnings] == []


def test_a_locked_laptop_may_meet_the_office_itself(app: App, bench: Bench) -> None:
    """The first frame says who it is."""
    register(app, names(3))
    depart(app)
    home = app.home
    app.close()
    left = leave(home, bench)
    assert (left.relay, left.outcome.changes) == (None, 3)


def photograph(app: App, record: UUID, size: int) -> None:
    """Attach a photo; nothing here looks inside."""
    content = random.Random(size).randbytes(size)
    values = {
        "record": str(record),
        "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": "image/webp",
        "bytes": size,
    }
    attach(app, content, assess(record_type(PHOTO), values, CheckContext(today=TODAY)))


def test_photos_go_by_the_relay_behind_the_records(
    app: App, bench: Bench, relay: RelayBench
) -> None:
    """In chunks that the relay cannot open; a line cut within them goes on at the chunk."""
    (record,) = register(app, names(1))
    photograph(app, record, 100_000)
    via(app, relay)
    for frames in (6, 3):
        relay.wire.heard = frames
        assert relay.try_to_pass_on() is not None
    relay.wire.heard = 1 << 30
    before = len(relay.wire.kinds)
    relay.pass_on()
    assert relay.wire.kinds[before:].count(Kind.CHUNK) < 7
    via(app, relay)
    photos = counts(app)
    assert (photos["waiting"], photos["received"]) == (0, 1)
    assert len(list(bench.office.photos.glob("*"))) >= 1


def test_photos_that_a_relay_holds_are_told(app: App, relay: RelayBench) -> None:
    """To an open laptop and to a locked one; they wait all the same, until the office has them."""
    (record,) = register(app, names(1))
    photograph(app, record, 100_000)
    assert (via(app, relay).photos, counts(app)["waiting"]) == (1, 1)
    depart(app)
    assert leave(app.home, relay).photos == 1
    relay.pass_on()
    assert via(app, relay).photos == 0


def test_what_a_relay_holds_of_a_photo_is_not_sent(app: App) -> None:
    """The first piece tells; the office's own word on how much it has is left as it was."""
    (record,) = register(app, names(1))
    photograph(app, record, 100_000)
    line_up(app)
    out = PhotosOut(home=app.home, spool=app.spool)
    for frame in out.frames(1 << 20):
        chunk = read_chunk(frame)
        out.held(chunk.name.hex(), chunk.total)
        assert chunk.offset == 0
    assert counts(app)["waiting_bytes"] > 100_000
    stopped = out.frames(1 << 20)
    next(stopped)
    out.stop()
    assert list(stopped) == []


def test_a_relay_without_room_for_photos_still_takes_records(
    tmp_path: Path, app: App, bench: Bench
) -> None:
    """A photo never delays a record."""
    relay = found_relay(tmp_path / "small", bench, Limits(photos=20_000))
    (record,) = register(app, names(1))
    photograph(app, record, 100_000)
    assert via(app, relay).refused == ("RELAY_FULL",)
    register(app, ["Warga Contoh Baru"])
    assert via(app, relay).changes == 3
    relay.pass_on()
    assert via(app, relay).outcome.changes == 3
    assert counts(app)["waiting"] == 1


def test_a_certificate_ends(tmp_path: Path, app: App, bench: Bench) -> None:
    """Judged by the latest time that the office told, not by a clock that may be wrong."""
    relay = found_relay(tmp_path / "relay", bench, until_ms=NOW_MS + 1)
    synchronise(app, Via(bench))
    register(app, names(3))
    assert via(app, relay).changes == 3
    bench.clock[0] = NOW_MS + 2
    synchronise(app, Via(bench))
    with pytest.raises(RelayExpired):
        via(app, relay)


def test_a_plain_sync_names_a_relay(app: App, relay: RelayBench) -> None:
    """So that whoever began it can go on with `synchronise_via`; nothing has changed here."""
    register(app, names(3))
    with pytest.raises(RelayAnswered):
        synchronise(app, Via(relay))
    assert app.journal.held() == set()
    assert via(app, relay).changes == 3


def test_the_pages_sync_with_a_relay_at_the_codes_address(
    tmp_path: Path, relay: RelayBench
) -> None:
    """As with one that is named: what it holds is told, and the answer comes with the next."""
    home = tmp_path / "laptop"
    with laptop(home, code_of(relay.wire.bench.office, url="http://127.0.0.1:9")) as opened:
        register(opened, names(3))
    desk = Desk(home=home)
    desk.unlock(OPERATOR, PASSPHRASE)
    meant: list[bool] = []

    def connect(_url: str, trust: Trust) -> Via:
        meant.append(trust.relays)
        return Via(relay)

    runner = Runner(desk=desk, connect=connect, patience_s=0, clock=lambda: 0.0)
    for held, received in ((3, 0), (0, 3)):
        meant.clear()
        runner.start()
        runner.join(20)
        left = runner.course.left
        assert left is not None
        assert (left.relay, left.changes, meant) == ("Kecamatan Contoh", held, [False, True])
        with desk.use() as opened:
            assert opened.journal.counts()["received"] == received
        relay.pass_on()
    desk.end()
