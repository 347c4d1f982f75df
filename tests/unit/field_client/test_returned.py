"""Records that a supervisor returned: in need of attention until somebody saves them again."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client.commands.documents import notes
from field_client.entries import Standing
from field_client.opened import App
from field_client.receiving import apply_page, cursor
from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.fold import state_of, state_to_json
from shared_schema.ids import Stream
from shared_schema.messages import Page
from shared_schema.reviews import review_id
from tests.support.laptop import laptop, register, seen, write
from tests.support.memory_server import MemoryServer

OFFICE = Stream(bytes(range(8)), b"offc")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open a laptop that has not synced."""
    with laptop(tmp_path / "home", MemoryServer().code()) as opened:
        yield opened


def say(app: App, record: UUID, state: str, comment: str | None = None) -> None:
    """Let a page bring the office's word on a record, written after all that is here."""
    hlc = app.journal.branches.clock().reading + 1
    change = Change(
        stream=OFFICE,
        sequence=hlc,
        record=review_id(record),
        type="review",
        version=1,
        hlc=hlc,
        operator="penyelia",
        writes={
            "record": Write(value=str(record)),
            "state": Write(value=state),
            "comment": Write(value=comment),
        },
        evidence=Evidence(wall_ms=1),
    )
    item = {"kind": "state", "state": state_to_json(state_of(change))}
    page = Page(previous=cursor(app.journal), next=str(hlc), items=[item])
    assert apply_page(app.journal, page)


def standings(app: App) -> dict[UUID, Standing]:
    """Return where each own record stands, by every way it can be asked for."""
    listed = {entry.id: entry.state for entry in app.journal.entries(own=True)}
    assert listed == {record: seen(app, record).state for record in listed}
    counts = app.journal.counts()
    assert {each: counts[each] for each in set(listed.values())} == {
        each: list(listed.values()).count(each) for each in set(listed.values())
    }
    return listed


def test_a_returned_record_waits_for_its_officer_and_the_correction_closes_it(app: App) -> None:
    """It shows with the comment; a later save settles it, and a second return opens it anew."""
    one, two = register(app, ["Warga Contoh 1", "Warga Contoh 2"])
    say(app, one, "returned", "Tanggal lahir tertukar?")
    assert standings(app) == {one: Standing.ATTENTION, two: Standing.WAITING}
    assert seen(app, one).returned == "Tanggal lahir tertukar?"
    assert "Tanggal lahir tertukar?" in notes(seen(app, one), "id", str)
    assert [entry.id for entry in app.journal.entries(state=Standing.ATTENTION)] == [one]
    write(app, one, birth_date="1974-08-03")
    assert standings(app)[one] is Standing.WAITING
    assert seen(app, one).returned is None
    say(app, one, "returned", "Desanya juga.")
    assert seen(app, one).returned == "Desanya juga."


def test_an_accepted_record_waits_for_nobody(app: App) -> None:
    """Accepting closes a return; a record of somebody else's is nobody's here."""
    (one,) = register(app, ["Warga Contoh 1"])
    say(app, one, "returned", "Periksa.")
    say(app, one, "accepted")
    assert standings(app) == {one: Standing.WAITING}
    elsewhere = UUID(int=7)
    say(app, elsewhere, "returned", "Periksa.")
    assert app.journal.returned() == {}
