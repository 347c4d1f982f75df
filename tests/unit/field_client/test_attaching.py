"""Attaching: one photo, one record, one commit; a photo of a draft waits for it."""

import random
from pathlib import Path
from uuid import UUID

import pytest

from field_client import saving, trash
from field_client.attaching import Attached, attach
from field_client.capture import assess
from field_client.entries import Edit, Entry
from field_client.opened import App
from field_client.photos import reduce_photo
from field_client.records import PHOTO
from field_client.sync.engine import synchronise
from field_client.verification import examine
from shared_schema.records import CheckContext, record_type
from tests.support.canary import scan
from tests.support.laptop import clone, laptop, register, reopen, still
from tests.support.memory_server import MemoryServer
from tests.support.pictures import encoded, exif, photo, picture
from tests.support.records import WARGA
from tests.support.synthetic import TODAY

CANARY = "Kenari Contoh Kamera"
CONTEXT = CheckContext(today=TODAY)
BURNT = photo(CANARY, size=(320, 200))


@pytest.fixture
def app(tmp_path: Path):
    """Give a laptop that has never met its office."""
    with laptop(tmp_path / "laptop", MemoryServer().code()) as opened:
        yield opened


def outage(app: App) -> UUID:
    """Report an outage."""
    record = app.journal.new_record()
    values = {"component": "recording_set", "started_precision": "unknown"}
    app.journal.write([Edit(record=record, type="outage", version=1, values=values)])
    return record


def drafted(app: App) -> UUID:
    """Begin a person who is not complete."""
    record = app.journal.new_record()
    judged = assess(record_type("person"), {**WARGA, "village": None}, CONTEXT)
    return saving.save_answers(app.journal, record, judged)


def finished(app: App, record: UUID) -> UUID:
    """Complete that person."""
    return saving.save_answers(app.journal, record, assess(record_type("person"), WARGA, CONTEXT))


def attached(app: App, record: UUID, given: bytes = BURNT, note: str | None = None) -> Attached:
    """Attach a photo."""
    reduced = reduce_photo(given)
    values = {"record": str(record), "note": note, **reduced.values()}
    return attach(app, reduced.content, assess(record_type(PHOTO), values, CONTEXT))


def states(app: App, record: UUID) -> list[str]:
    """Return where the photos of a record stand."""
    return [str(entry.state) for entry in app.journal.photos(record)]


def test_a_photo_is_there_with_its_record_when_the_store_is_opened_again(app: App):
    """Its values are those of the reduced photo."""
    record = outage(app)
    made = attached(app, record, note="hangus")
    assert made.already is False
    keys, home = app.keys, app.home
    app.close()
    with reopen(home, keys) as again:
        (entry,) = again.journal.photos(record)
        assert (entry.id, entry.type, entry.values["note"]) == (made.id, PHOTO, "hangus")
        content = again.attachments.read(entry.values["sha256"])
        assert len(content) == entry.values["bytes"]
        assert again.attachments.check() == []


def test_the_same_photo_is_attached_once_to_a_record(app: App):
    """Said, not doubled; another record shares the file; a void one does not count."""
    first, second = outage(app), outage(app)
    one = attached(app, first)
    assert attached(app, first, note="lain") == Attached(id=one.id, already=True)
    assert attached(app, second).already is False
    assert len(list((app.home / "attachments").iterdir())) == 1
    saving.set_void(app.journal, one.id, record_type(PHOTO), "salah alat")
    assert attached(app, first).already is False
    assert [entry.void is None for entry in app.journal.photos(first)] == [False, True]


def test_attaching_again_mends_a_damaged_photo(app: App):
    """The record is the same; the photo can be looked at again."""
    record = outage(app)
    one = attached(app, record)
    (path,) = (app.home / "attachments").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert [fault.code for fault in examine(app).faults] == ["PHOTO_DAMAGED"]
    assert attached(app, record) == Attached(id=one.id, already=True)
    assert app.attachments.check() == []


def test_a_photo_of_a_draft_is_final_with_it_and_not_before(app: App):
    """Also when its own note was corrected meanwhile; the record's change comes first."""
    record = drafted(app)
    photo_id = attached(app, record).id
    assert attached(app, record).already is True
    assert states(app, record) == ["draft"]
    draft = app.journal.draft(photo_id)
    assert draft is not None
    saving.save_answers(
        app.journal, photo_id, saving.judge_draft(draft, {"note": "surat"}, CONTEXT, None)
    )
    assert states(app, record) == ["draft"]
    finished(app, record)
    assert states(app, record) == ["waiting"]
    assert app.journal.photos(record)[0].values["note"] == "surat"
    log = [of for of, _, _ in app.journal.own_history()]
    assert log == [record, photo_id]


def test_a_draft_thrown_away_takes_its_photo_along_and_brings_it_back(app: App):
    """As it was; the sealed file stays, so nothing is lost by a hasty hand."""
    record = drafted(app)
    attached(app, record)
    assert trash.discard(app.journal, record) == 2
    assert app.journal.photos(record) == []
    trash.bring_back(app.journal, str(record))
    assert states(app, record) == ["draft"]
    finished(app, record)
    assert states(app, record) == ["waiting"]
    (entry,) = app.journal.photos(record)
    assert app.attachments.read(entry.values["sha256"])


def test_a_photo_follows_its_record_when_a_fork_is_healed(tmp_path: Path):
    """A copy went on under the same branch: the photo's record names the record's new id."""
    server = MemoryServer()
    app = laptop(tmp_path / "one", server.code())
    app.close()
    copied = clone(app, tmp_path / "two")
    with reopen(app.home, app.keys, clocks=still) as first:
        register(first, ["Warga Contoh"])
        synchronise(first, server)
    with copied:
        record = outage(copied)
        attached(copied, record)
        synchronise(copied, server)
        (entry,) = [one for one in copied.journal.entries("outage") if one.own]
        assert entry.id != record
        (of_it,) = copied.journal.photos(entry.id)
        assert copied.attachments.holds(of_it.values["sha256"])


def test_photos_come_by_their_record_and_not_by_reading_all(app: App, monkeypatch):
    """`show` asks the index, however many photos there are."""
    first, second = outage(app), outage(app)
    attached(app, first)
    attached(app, second)
    read: list[UUID] = []
    entry = app.journal.entry

    def counted(record: UUID) -> Entry | None:
        read.append(record)
        return entry(record)

    monkeypatch.setattr(app.journal, "entry", counted)
    assert len(app.journal.photos(first)) == 1
    assert len(read) == 1


def test_nothing_of_the_camera_and_no_plain_photo_is_on_the_disk(app: App):
    """While the store is open and when it is closed; the scan finds both in a plain control."""
    noise = picture(size=(320, 200))
    noise.frombytes(random.Random(5).randbytes(320 * 200 * 3))
    given = encoded(noise, exif=exif(words=CANARY), quality=95)
    control = app.home.with_name("control.jpg")
    control.write_bytes(given)
    assert scan([control], CANARY)
    attached(app, outage(app), given, note=CANARY)
    plain = reduce_photo(given).content
    pieces = [plain[at : at + 16] for at in range(40, len(plain) - 16, 16)]
    assert len(pieces) > 500
    for state in ("open", "closed"):
        assert scan([app.home], CANARY) == [], state
        for path in (each for each in app.home.rglob("*") if each.is_file()):
            kept = path.read_bytes()
            assert not any(piece in kept for piece in pieces), (state, path)
        app.close()
