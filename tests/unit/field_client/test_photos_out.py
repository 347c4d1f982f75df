"""Photos leave behind the records, a chunk at a time, by line, by stick, locked or not."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest

from field_client import saving, trash
from field_client.attaching import attach
from field_client.capture import assess
from field_client.commands.outcomes import photo_lines, standing
from field_client.commands.watching import told
from field_client.entries import Edit
from field_client.line_memory import chunk_bytes, note_line
from field_client.opened import App
from field_client.records import PHOTO
from field_client.sync import engine, locked
from field_client.sync.departure import depart, load_departure
from field_client.sync.engine import synchronise
from field_client.sync.errors import DeviceRevokedWaiting, LineCut
from field_client.sync.locked import synchronise_locked
from field_client.sync.outcome import Outcome
from field_client.sync.photos_out import counts, waiting
from field_client.sync.transport_file import read_reply, write_export
from field_client.sync.watch import Standing
from field_client.vault.spool import open_spool
from shared_schema.chunks import CHUNK_BYTES
from shared_schema.enrolment import DeviceRevoked
from shared_schema.frames import Kind, read_frames
from shared_schema.records import CheckContext, record_type
from tests.support.laptop import laptop, register, reopen, still
from tests.support.memory_server import MemoryServer
from tests.support.records import WARGA
from tests.support.synthetic import TODAY

CONTEXT = CheckContext(today=TODAY)
SIZE = 5 * CHUNK_BYTES // 2
NONE = {"waiting": 0, "waiting_bytes": 0}


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop."""
    with laptop(tmp_path / "laptop", server.code()) as opened:
        yield opened


def outage(app: App) -> UUID:
    """Report an outage."""
    record = app.journal.new_record()
    values = {"component": "recording_set", "started_precision": "unknown"}
    app.journal.write([Edit(record=record, type="outage", version=1, values=values)])
    return record


def photo(app: App, record: UUID, seed: int = 1, size: int = SIZE) -> UUID:
    """Attach a photo; nothing here looks inside."""
    content = random.Random(seed).randbytes(size)
    values = {
        "record": str(record),
        "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": "image/webp",
        "bytes": size,
    }
    return attach(app, content, assess(record_type(PHOTO), values, CONTEXT)).id


def kinds(request: bytes) -> list[int]:
    """Return the kinds of the frames of a request."""
    return [frame.kind for frame in read_frames(request)]


class Cut:
    """A line that breaks when so many frames have gone out, and so many answers came back."""

    def __init__(self, server: MemoryServer, sent: int, heard: int) -> None:
        self.server = server
        self.sent = sent
        self.heard = heard

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Answer, as far as it goes."""
        request = b"".join(islice(outgoing, self.sent))
        yield from list(self.server.answer(request))[: self.heard]
        raise LineCut


def test_photos_leave_behind_every_record(app: App, server: MemoryServer, tmp_path: Path) -> None:
    """Then they are received, and go no second time."""
    record = outage(app)
    for seed in range(3):
        photo(app, record, seed)
    register(app, [f"Warga Contoh {at}" for at in range(9)])
    assert counts(app)["waiting"] == 3
    assert counts(app)["waiting_bytes"] > 3 * SIZE
    write_export(app, tmp_path / "kirim")
    sent = kinds((tmp_path / "kirim").read_bytes())
    assert sent == sorted(sent)
    assert (sent.count(Kind.BATCH), sent.count(Kind.CHUNK)) == (4, 3)
    outcome = synchronise(app, server)
    assert (outcome.photos, outcome.changes) == (3, 13)
    assert counts(app) == {**NONE, "received": 3}
    assert len(server.photos.kept) == 3
    seen = len(server.photos.seen)
    assert synchronise(app, server).photos == 0
    assert len(server.photos.seen) == seen == 3 * 3


@pytest.mark.parametrize(
    ("chunks", "lost"), [(0, 0), (1, 0), (1, 1), (2, 1), (3, 0), (4, 3), (6, 0), (6, 3)]
)
def test_a_cut_line_goes_on_at_the_chunk(
    app: App, server: MemoryServer, chunks: int, lost: int
) -> None:
    """What was answered is not sent again, nor more than what arrived unheard."""
    record = outage(app)
    for seed in range(2):
        photo(app, record, seed)
    all_bytes = counts(app)["waiting_bytes"]
    heard = max(3 + chunks - lost, 0)
    with pytest.raises(LineCut):
        synchronise(app, Cut(server, 3 + chunks, heard))
    assert app.journal.counts()["received"] == (3 if heard > 2 else 0)
    assert len(server.photos.seen) == chunks
    outcome = synchronise(app, server)
    assert counts(app) == {**NONE, "received": 2}
    assert outcome.photos == 2 - max(chunks - lost, 0) // 3
    carried = sum(end - begin for _, begin, end in server.photos.seen)
    assert carried <= all_bytes + lost * CHUNK_BYTES


def test_where_the_office_lost_what_had_come_all_is_sent_anew(
    app: App, server: MemoryServer
) -> None:
    """It answers with where it stands, and the rest of the file is not sent in vain for long."""
    photo(app, outage(app), size=20 * CHUNK_BYTES)
    with pytest.raises(LineCut):
        synchronise(app, Cut(server, 14, 14))
    assert waiting(app.spool)[0].have == 11 * CHUNK_BYTES
    server.photos.kept.clear()
    server.photos.parts.clear()
    synchronise(app, server)
    assert counts(app)["received"] == 1


def test_a_photo_of_a_draft_a_void_one_and_a_discarded_one_stay(
    app: App, server: MemoryServer
) -> None:
    """The office never gets a photo whose record it cannot have; it goes when that is final."""
    person = app.journal.new_record()
    draft = assess(record_type("person"), {**WARGA, "village": None}, CONTEXT)
    saving.save_answers(app.journal, person, draft)
    photo(app, person, 1)
    gone = app.journal.new_record()
    saving.save_answers(app.journal, gone, draft)
    photo(app, gone, 2)
    trash.discard(app.journal, gone)
    wrong = photo(app, outage(app), 3)
    saving.set_void(app.journal, wrong, record_type(PHOTO), "salah alat")
    synchronise(app, server)
    assert (server.photos.seen, counts(app)) == ([], {**NONE, "received": 0})
    saving.save_answers(app.journal, person, assess(record_type("person"), WARGA, CONTEXT))
    assert counts(app)["waiting"] == 1
    assert synchronise(app, server).photos == 1
    assert len(server.photos.kept) == 1


def test_a_locked_laptop_sends_photos_and_the_next_unlock_knows(
    app: App, server: MemoryServer
) -> None:
    """Cut and taken up again while it is locked; nothing is sent twice after the unlock."""
    synchronise(app, server)
    record = outage(app)
    for seed in range(2):
        photo(app, record, seed)
    depart(app)
    keys, home = app.keys, app.home
    app.close()
    with open_spool(home) as spool:
        departure = load_departure(spool)
        with pytest.raises(LineCut):
            synchronise_locked(home, spool, departure, Cut(server, 3, 3))
        assert waiting(spool)[0].have == CHUNK_BYTES
        outcome = synchronise_locked(home, spool, departure, server)
        assert (outcome.photos, waiting(spool)) == (2, [])
        synchronise_locked(home, spool, departure, server)
    seen = len(server.photos.seen)
    with reopen(home, keys, clocks=still) as opened:
        assert counts(opened) == {**NONE, "received": 2}
        assert opened.spool.settings_like("photo ") == {}
        synchronise(opened, server)
    assert len(server.photos.seen) == seen


def test_by_stick_and_by_line_a_photo_counts_once(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Both ways carry it; whichever answer comes first counts, the other changes nothing."""
    photo(app, outage(app))
    write_export(app, tmp_path / "kirim")
    (tmp_path / "jawab").write_bytes(b"".join(server.answer((tmp_path / "kirim").read_bytes())))
    synchronise(app, server)
    assert counts(app) == {**NONE, "received": 1}
    for _ in range(2):
        assert read_reply(app, tmp_path / "jawab").photos == 1
    assert counts(app) == {**NONE, "received": 1}
    assert len(server.photos.kept) == 1


def test_after_a_restore_of_the_office_photos_are_offered_again(
    app: App, server: MemoryServer
) -> None:
    """In the same sync: what it still has costs a chunk, what it lacks is sent."""
    record = outage(app)
    photo(app, record, 1)
    synchronise(app, server)
    backup = server.saved()
    photo(app, record, 2)
    synchronise(app, server)
    restored = backup.restored()
    outcome = synchronise(app, restored)
    assert len(restored.photos.kept) == 2
    assert outcome.photos == 2
    assert counts(app) == {**NONE, "received": 2}


@pytest.mark.parametrize(
    ("code", "left"), [("PHOTO_NO_ROOM", 1), ("DEVICE_REVOKED", 1), ("ATTACHMENT_UNREADABLE", 0)]
)
def test_a_refused_photo_waits_or_is_given_up(
    app: App, server: MemoryServer, code: str, left: int
) -> None:
    """By the reason; the sync succeeds, and attaching again seals it anew."""
    record = outage(app)
    first = photo(app, record)
    server.photos.refuse = code
    outcome = synchronise(app, server)
    assert (outcome.changes, outcome.photos, counts(app)["waiting"]) == (2, 0, left)
    assert app.journal.counts()["received"] == 2
    server.photos.refuse = None
    assert photo(app, record) == first
    assert synchronise(app, server).photos == 1
    assert counts(app) == {**NONE, "received": 1}


def test_a_photo_that_is_damaged_here_is_not_sent(app: App, server: MemoryServer) -> None:
    """`verify` tells of it; the others go."""
    record = outage(app)
    photo(app, record, 1)
    (spoilt,) = (app.home / "attachments").iterdir()
    photo(app, record, 2)
    spoilt.write_bytes(spoilt.read_bytes()[:-1])
    assert synchronise(app, server).photos == 1
    assert counts(app)["waiting"] == 1


def test_notes_that_were_spoilt_cost_bytes_and_nothing_else(app: App, server: MemoryServer) -> None:
    """The spool's file is not encrypted: anybody may have written to it."""
    photo(app, outage(app))
    depart(app)
    ((name, _),) = app.spool.settings_like("photo ").items()
    for note in (b"\xff", b"{}", b'{"have":16400,"total":9}', b'{"have":7,"total":99999}'):
        app.spool.set_setting(f"photo {name}", note)
        app.spool.set_setting("photo 00", note)
        synchronise(app, server)
        assert counts(app) == {**NONE, "received": 1}
        app.attachments.settle(name, "waiting")
        server.photos.kept.clear()


def test_more_photos_than_one_exchange_takes_go_in_several(
    app: App, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sync brings them all, however many exchanges that takes; so does a locked one."""
    monkeypatch.setattr(engine, "SECTION_BYTES", 3 * SIZE)
    monkeypatch.setattr(locked, "SECTION_BYTES", 3 * SIZE)
    record = outage(app)
    for seed in range(10):
        photo(app, record, seed, size=SIZE + seed)
    assert synchronise(app, server).photos == 10
    assert counts(app) == {**NONE, "received": 10}
    assert len(server.photos.seen) == 3 * 10
    for seed in range(10, 14):
        photo(app, record, seed)
    depart(app)
    outcome = synchronise_locked(app.home, app.spool, load_departure(app.spool), server)
    assert (outcome.photos, waiting(app.spool)) == (4, [])


def test_what_is_said_of_photos(app: App) -> None:
    """A watch never says that all is at the office while a photo waits; nothing for no photos."""
    quiet = Standing(error=None, wait_s=60, since_s=1)

    def said(photos: int) -> str:
        return told(quiet, 0, locked=False, texts=str, photos=photos)

    assert said(0) == "Everything saved on this laptop is at the office."
    assert said(2) == "All records are at the office; 2 photos still wait."
    none = {"sent": 0, "waiting": 0, "waiting_bytes": 0}
    assert photo_lines(none, str) == []
    assert photo_lines({**none, "waiting": 1, "waiting_bytes": 1_001}, str) == [
        "Photos received by the office: 0. Still waiting: 1 photos, 2 kB."
    ]
    going = Outcome(photo_waiting_bytes=50_100)
    assert "photos: 51 kB to go" in standing(going, 1.0, str)
    assert counts(app) == {**NONE, "received": 0}


def test_chunks_are_small_on_lines_that_are_cut(app: App) -> None:
    """And of the usual size where nothing is known, or lines hold."""
    assert chunk_bytes(app.spool) == CHUNK_BYTES
    note_line(app.spool, 30_000, cut=True)
    assert chunk_bytes(app.spool) == 4 << 10
    note_line(app.spool, 1_000_000, cut=False)
    assert chunk_bytes(app.spool) == 8 << 10
    note_line(app.spool, 2_000_000, cut=False)
    assert chunk_bytes(app.spool) == CHUNK_BYTES


def test_a_revoked_laptop_hands_its_photos_over_before_it_is_wiped(
    app: App, server: MemoryServer
) -> None:
    """Several that no single exchange carries; the sync goes on until the office has them all."""
    synchronise(app, server)
    server.revoked.add(app.device_keys.device)
    record = outage(app)
    for seed in range(3):
        photo(app, record, seed)
    with pytest.raises(DeviceRevoked):
        synchronise(app, server)
    assert len(server.photos.kept) == 3
    assert app.closed


@pytest.mark.parametrize("code", ["DEVICE_REVOKED", "PHOTO_NO_ROOM"])
def test_a_revoked_laptop_keeps_what_the_office_does_not_take(
    app: App, server: MemoryServer, tmp_path: Path, code: str
) -> None:
    """It stays open to its operator until the photos have gone too, by line or by stick."""
    synchronise(app, server)
    photo(app, outage(app))
    server.revoked.add(app.device_keys.device)
    server.photos.refuse = code
    for _ in range(2):
        with pytest.raises(DeviceRevokedWaiting):
            synchronise(app, server)
    assert counts(app)["waiting"] == 1
    server.photos.refuse = None
    write_export(app, tmp_path / "keluar")
    (tmp_path / "masuk").write_bytes(b"".join(server.answer((tmp_path / "keluar").read_bytes())))
    with pytest.raises(DeviceRevoked):
        read_reply(app, tmp_path / "masuk")
    assert len(server.photos.kept) == 1


def test_a_revoked_laptop_does_not_wait_for_a_photo_that_is_gone(
    app: App, server: MemoryServer
) -> None:
    """A sealed file that was deleted keeps nobody from being wiped."""
    synchronise(app, server)
    photo(app, outage(app))
    for path in (app.home / "attachments").iterdir():
        path.unlink()
    server.revoked.add(app.device_keys.device)
    with pytest.raises(DeviceRevoked):
        synchronise(app, server)
