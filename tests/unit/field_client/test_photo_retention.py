"""Retention of photos: the key goes with the details of the last record that names the photo."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client.attaching import attach
from field_client.capture import assess
from field_client.entries import Edit
from field_client.opened import App
from field_client.photos import reduce_photo
from field_client.records import PHOTO
from field_client.sync.engine import synchronise
from field_client.sync.photos_out import counts
from field_client.vault.errors import PhotoAbsent, PhotoAtOffice
from field_client.verification import examine
from shared_schema.changes import VOID
from shared_schema.clock import DAY_MS, Evidence
from shared_schema.records import CheckContext, record_type
from tests.support.laptop import laptop, seen
from tests.support.memory_server import MemoryServer
from tests.support.pictures import photo
from tests.support.synthetic import TODAY

CONTEXT = CheckContext(today=TODAY)
BURNT = reduce_photo(photo("Kenari Contoh", size=(320, 200)))
SHA256 = str(BURNT.values()["sha256"])


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop whose clock follows the server's."""
    with laptop(tmp_path / "a", server.code(), lambda: Evidence(wall_ms=server.now_ms)) as opened:
        yield opened


def outage(app: App) -> UUID:
    """Report an outage."""
    record = app.journal.new_record()
    values = {"component": "recording_set", "started_precision": "unknown"}
    app.journal.write([Edit(record=record, type="outage", version=1, values=values)])
    return record


def attached(app: App, record: UUID) -> UUID:
    """Attach the photo to a record; return the photo's own record."""
    values = {"record": str(record), "note": "hangus", **BURNT.values()}
    return attach(app, BURNT.content, assess(record_type(PHOTO), values, CONTEXT)).id


def aged(app: App, server: MemoryServer, days: float = 31) -> None:
    """Sync, and sync again days later."""
    synchronise(app, server)
    server.now_ms += int(days * DAY_MS)
    synchronise(app, server)


def key(app: App) -> str | None:
    """Return the key of the only photo as it stands in the vault."""
    (row,) = app.tables.attachments
    found: str | None = row["key"]
    return found


def test_a_month_after_the_office_has_it_nobody_here_opens_a_photo(
    app: App, server: MemoryServer
) -> None:
    """Said by an error of its own; the store is sound, and the sealed file is still there."""
    made = attached(app, outage(app))
    aged(app, server, 29.9)
    assert app.attachments.read(SHA256) == BURNT.content
    aged(app, server, 0.2)
    assert seen(app, made).reduced_ms == server.now_ms
    assert key(app) is None
    assert not app.attachments.holds(SHA256)
    with pytest.raises(PhotoAtOffice):
        app.attachments.read(SHA256)
    assert len(list((app.home / "attachments").iterdir())) == 1
    assert examine(app).faults == ()


def test_it_is_sent_again_to_an_office_restored_to_before_it(
    app: App, server: MemoryServer
) -> None:
    """The sealed file needs no key here."""
    record = outage(app)
    synchronise(app, server)
    backup = server.saved()
    attached(app, record)
    aged(app, server)
    assert key(app) is None
    backup.now_ms = server.now_ms
    restored = backup.restored()
    assert synchronise(app, restored).photos == 1
    assert restored.photos.kept == server.photos.kept
    assert counts(app)["received"] == 1
    assert examine(app).faults == ()


def test_a_photo_that_the_office_lacks_stays_with_its_record(
    app: App, server: MemoryServer
) -> None:
    """Whether it waits or the office could not use it; once it has it, 30 days later it goes."""
    made = attached(app, outage(app))
    for code in ("PHOTO_NO_ROOM", "ATTACHMENT_UNREADABLE"):
        server.photos.refuse = code
        aged(app, server)
        assert (seen(app, made).reduced_ms, app.journal.counts()["received"]) == (None, 2)
        assert app.attachments.read(SHA256) == BURNT.content
    server.photos.refuse = None
    assert attached(app, UUID(str(seen(app, made).values["record"]))) == made
    synchronise(app, server)
    aged(app, server)
    assert seen(app, made).reduced_ms == server.now_ms
    assert key(app) is None


def test_another_record_with_the_same_photo_keeps_it(app: App, server: MemoryServer) -> None:
    """A newer record, or a draft; the last one takes the key with it."""
    attached(app, outage(app))
    synchronise(app, server)
    server.now_ms += 20 * DAY_MS
    newer = attached(app, outage(app))
    aged(app, server, 15)
    assert app.attachments.read(SHA256) == BURNT.content
    app.journal.save_draft(newer, PHOTO, 1, {**seen(app, newer).values, "note": "baru"})
    aged(app, server, 40)
    assert app.attachments.read(SHA256) == BURNT.content
    app.journal.drop_draft(newer)
    aged(app, server)
    assert key(app) is None


def test_attached_again_it_can_be_opened_for_another_month(app: App, server: MemoryServer) -> None:
    """Whoever has the photo may give it to the laptop again, under the record that is there."""
    record = outage(app)
    made = attached(app, record)
    aged(app, server)
    assert key(app) is None
    assert attached(app, record) == made
    assert app.attachments.read(SHA256) == BURNT.content
    aged(app, server, 29)
    assert app.attachments.read(SHA256) == BURNT.content
    aged(app, server, 2)
    assert key(app) is None
    assert examine(app).faults == ()


def test_the_photo_of_a_void_record_goes_unsent(app: App, server: MemoryServer) -> None:
    """Nobody waits for it; that it was never here is told from that it is no longer."""
    made = attached(app, outage(app))
    app.journal.write([Edit(record=made, type=PHOTO, version=1, values={VOID: "Salah foto"})])
    aged(app, server)
    assert server.photos.kept == {}
    assert key(app) is None
    with pytest.raises(PhotoAbsent):
        app.attachments.read("0" * 64)
