"""The trash: drafts that were thrown away come back as they were, for 30 days of server time."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client import trash
from field_client.errors import DraftUnknown, NotDiscarded, RecordAmbiguous, RecordUnknown
from field_client.opened import App
from field_client.retention import KEPT_MS, tidy
from field_client.search import search
from field_client.sync.engine import synchronise
from shared_schema.canonical import Json
from shared_schema.clock import DAY_MS
from tests.support.laptop import clone, laptop, register, reopen, still
from tests.support.memory_server import NOW_MS, MemoryServer

PHOTO = b"bita foto"
PROBLEMS = [{"code": "REQUIRED", "field": "sex", "id": "wajib", "en": "required"}]


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop that has not synced."""
    with laptop(tmp_path / "a", server.code()) as opened:
        yield opened


def drafts(app: App) -> dict[str, dict[str, object]]:
    """Return every draft's document, by id."""
    return {str(one.doc_id): dict(one) for one in app.tables.drafts}


def begin(app: App, name: str = "Warga Contoh 1") -> tuple[UUID, UUID]:
    """Begin a person and a visit that waits for them."""
    person, visit = app.journal.new_record(), app.journal.new_record()
    app.journal.save_draft(person, "person", 1, {"name": name, "nik": "53"}, PROBLEMS)
    app.journal.save_draft(visit, "visit", 1, {"person": str(person), "outcome": "moved"})
    return person, visit


def heard(app: App, server_ms: int) -> None:
    """Let a laptop have heard a server's time, and tidy up."""
    app.tables.write_meta("server", {"server_ms": server_ms})
    tidy(app.journal)


def test_a_draft_comes_back_exactly_with_its_visit(app: App) -> None:
    """Values, problems, version and what search finds it by; nothing is left in the trash."""
    person, _ = begin(app)
    other, _ = begin(app, "Warga Contoh 2")
    before = drafts(app)
    assert trash.discard(app.journal, person) == 2
    assert app.journal.counts()["draft"] == 2
    with pytest.raises(RecordUnknown):
        app.journal.resolve(str(person))
    (thrown,) = trash.discarded(app.journal)
    assert (thrown.draft.record, thrown.parts, thrown.due_ms) == (person, 1, None)
    assert trash.bring_back(app.journal, str(person)) == (person, 2)
    assert drafts(app) == before
    assert trash.discarded(app.journal) == []
    assert [entry.id for entry in search(app.journal, "warga contoh 1")] == [person]
    assert app.journal.draft(other) is not None


def test_an_id_may_be_given_in_part_and_by_the_visit(app: App) -> None:
    """As everywhere: 8 letters of start or end."""
    person, visit = begin(app)
    another, _ = begin(app, "Warga Contoh 2")
    trash.discard(app.journal, person)
    trash.discard(app.journal, another)
    with pytest.raises(RecordAmbiguous):
        trash.bring_back(app.journal, str(person)[:8])
    assert trash.bring_back(app.journal, str(visit)[-12:]) == (person, 2)
    with pytest.raises(NotDiscarded):
        trash.bring_back(app.journal, str(person))
    with pytest.raises(NotDiscarded):
        trash.bring_back(app.journal, str(another)[-4:])


def test_what_is_final_is_not_thrown_away(app: App) -> None:
    """Neither a final record nor an unknown one."""
    (record,) = register(app, ["Warga Contoh 1"])
    for each in (record, app.journal.new_record()):
        with pytest.raises(DraftUnknown):
            trash.discard(app.journal, each)
    assert app.journal.counts()["waiting"] == 1


def test_it_is_durable(app: App) -> None:
    """The trash outlives the program."""
    person, _ = begin(app)
    trash.discard(app.journal, person)
    app.close()
    with reopen(app.home, app.keys, clocks=still) as again:
        assert drafts(again) == {}
        assert trash.bring_back(again.journal, str(person)) == (person, 2)


def test_the_days_begin_when_the_server_is_heard(app: App) -> None:
    """Without its time nothing is ever gone; what was heard before the draft went is old."""
    person, _ = begin(app)
    trash.discard(app.journal, person)
    assert tidy(app.journal) == 0
    assert len(app.tables.trash) == 2
    trash.bring_back(app.journal, str(person))
    heard(app, NOW_MS)
    trash.discard(app.journal, person)
    heard(app, NOW_MS)
    assert trash.discarded(app.journal)[0].due_ms is None
    heard(app, NOW_MS + 20 * DAY_MS)
    assert trash.discarded(app.journal)[0].due_ms == NOW_MS + 20 * DAY_MS + KEPT_MS
    heard(app, NOW_MS + 49 * DAY_MS)
    assert len(app.tables.trash) == 2
    heard(app, NOW_MS + 50 * DAY_MS)
    heard(app, NOW_MS + 51 * DAY_MS - 1)
    assert len(app.tables.trash) == 2, "one time is not believed"
    heard(app, NOW_MS + 51 * DAY_MS)
    assert len(app.tables.trash) == 0
    with pytest.raises(NotDiscarded):
        trash.bring_back(app.journal, str(person))


def test_a_photo_of_a_draft_goes_with_it_and_comes_back(app: App) -> None:
    """Its key is gone with the last draft that names it, its file at the next start."""
    person, _ = begin(app)
    with app.attachments.keeping(PHOTO, [app.device.server_sealing]) as digest:
        values: dict[str, Json] = {
            "record": str(person),
            "sha256": digest,
            "media_type": "image/webp",
            "bytes": 9,
        }
        for _ in range(2):
            app.journal.save_draft(app.journal.new_record(), "attachment", 1, values)
    first, second = app.journal.photos(person)
    assert trash.discard(app.journal, first.id) == 1
    for days in (0, 30, 31):
        heard(app, NOW_MS + days * DAY_MS)
    assert app.attachments.read(digest) == PHOTO, "the other draft names it as well"
    assert trash.discard(app.journal, person) == 3
    assert trash.bring_back(app.journal, str(person)) == (person, 3)
    assert [entry.id for entry in app.journal.photos(person)] == [second.id]
    trash.discard(app.journal, person)
    for days in (32, 62, 63):
        heard(app, NOW_MS + days * DAY_MS)
    assert not app.attachments.holds(digest)
    app.close()
    reopen(app.home, app.keys, clocks=still).close()
    assert list((app.home / "attachments").iterdir()) == []


def test_a_server_clock_set_back_does_not_keep_it_forever(app: App) -> None:
    """A time signed ten years ahead counts from what is heard now."""
    heard(app, NOW_MS)
    trash.discard(app.journal, begin(app)[0])
    heard(app, NOW_MS + 3650 * DAY_MS)
    heard(app, NOW_MS + DAY_MS)
    assert trash.discarded(app.journal)[0].due_ms == NOW_MS + DAY_MS + KEPT_MS


def test_a_server_clock_that_jumps_ahead_empties_nothing(app: App) -> None:
    """It is set right within the day; what it said is forgotten, and the days go on counting."""
    person, _ = begin(app)
    trash.discard(app.journal, person)
    heard(app, NOW_MS)
    for days in (3650, 3650.5, 1, 30):
        heard(app, NOW_MS + int(days * DAY_MS))
    heard(app, NOW_MS + 31 * DAY_MS - 1)
    assert trash.bring_back(app.journal, str(person)) == (person, 2)


def test_what_comes_back_after_a_fork_bears_no_id_of_the_other_copy(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Drafts in the trash were numbered on the forked branch as well."""
    synchronise(app, server)
    app.close()
    copied = clone(app, tmp_path / "b")
    with reopen(app.home, app.keys, clocks=app.clocks) as original:
        taken = register(original, ["Warga Contoh 1", "Warga Contoh 2"])
        synchronise(original, server)
    with copied:
        person, visit = begin(copied, "Warga Contoh 3")
        assert {person, visit} == set(taken)
        trash.discard(copied.journal, person)
        synchronise(copied, server)
        (thrown,) = trash.discarded(copied.journal)
        back, count = trash.bring_back(copied.journal, str(thrown.draft.record))
        assert (back == person, count) == (False, 2)
        (waiting,) = copied.journal.waiting_parts(back)
        assert {back, waiting.record}.isdisjoint(taken)
        assert copied.journal.draft(back) == thrown.draft
