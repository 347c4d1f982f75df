"""What the office answered, laid into the vault in pieces that nobody has to wait for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from field_client import receiving
from field_client.device import load_device
from field_client.entries import shown
from field_client.opened import App
from field_client.receiving import apply_page
from field_client.tables import id_of
from field_client.vault.store import VaultDB
from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.fold import state_of, state_to_json
from shared_schema.ids import Stream, record_id
from shared_schema.messages import Page
from tests.support.laptop import laptop, register
from tests.support.memory_server import MemoryServer

ELSEWHERE = Stream(b"another!", b"brch")
ROSTER, PIECE = 7, 3


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open a laptop with one person of its own and a roster of seven."""
    with laptop(tmp_path / "home", MemoryServer().code()) as opened:
        register(opened, ["Warga Contoh"])
        items = [{"kind": "state", "state": pulled(at)} for at in range(1, ROSTER + 1)]
        assert apply_page(opened.journal, Page(previous="", next="1", items=items))
        yield opened


def pulled(at: int, record: UUID | None = None, **values: str) -> object:
    """Give somebody's state as the office sends it."""
    written = values or {"name": f"Warga Lain {at}"}
    change = Change(
        stream=ELSEWHERE,
        sequence=at,
        record=record or record_id(ELSEWHERE, at),
        type="person",
        version=1,
        hlc=at,
        operator="lain",
        writes={name: Write(value=value) for name, value in written.items()},
        evidence=Evidence(wall_ms=1),
    )
    return state_to_json(state_of(change))


def known(app: App) -> list[UUID]:
    """Return the records of others."""
    return [UUID(id_of(one)) for one in app.tables.records if not one["own"]]


def test_a_roster_goes_in_pieces_and_own_records_stay(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit holds more than a piece; what the same page brings anew is there at its end."""
    monkeypatch.setattr(receiving, "PIECE", PIECE)
    left = []
    before = VaultDB.transaction

    def counted(db: VaultDB) -> object:
        left.append(len(known(app)) if not db._store._depth else None)
        return before(db)

    monkeypatch.setattr(VaultDB, "transaction", counted)
    reset: list[dict[str, Any]] = [{"kind": "reset"}, {"kind": "state", "state": pulled(2)}]
    assert not apply_page(app.journal, Page(previous="0", next="2", items=reset))
    assert len(known(app)) == ROSTER, "a page that does not follow touches nothing"
    left.clear()
    assert apply_page(app.journal, Page(previous="1", next="2", items=reset))
    assert [each for each in left if each is not None] == [7, 4, 1, 0]
    assert known(app) == [record_id(ELSEWHERE, 2)]
    assert app.journal.counts()["waiting"] == 1


def test_what_the_office_says_of_an_own_record_is_kept_even_where_it_is_nothing_new(
    app: App,
) -> None:
    """Ours may be let go, where another copy was first: the office's word then stays."""
    (own,) = (one for one in app.tables.records if one["own"])
    said = [{"kind": "state", "state": own["mine"]}]
    assert apply_page(app.journal, Page(previous="1", next="2", items=said))
    after = app.tables.records.get(doc_id=id_of(own))
    assert after is not None
    assert (own["base"], after["base"], after["mine"]) == (None, own["mine"], own["mine"])


def test_a_restored_office_takes_back_what_it_said_of_an_own_record(app: App) -> None:
    """Only what was written here stays, until the office says what it has."""
    (own,) = (one for one in app.tables.records if one["own"])
    said = [{"kind": "state", "state": pulled(9, UUID(id_of(own)), phone="0812")}]
    assert apply_page(app.journal, Page(previous="1", next="2", items=said))
    told = app.tables.records.get(doc_id=id_of(own))
    assert told is not None
    assert shown(told)["phone"] == "0812"
    assert apply_page(app.journal, Page(previous="2", next="3", items=[{"kind": "reset"}]))
    assert app.tables.records.get(doc_id=id_of(own)) == {**own, "reduced": None}


def test_an_area_that_the_office_changed_is_this_laptops_from_then_on(app: App) -> None:
    """All else that enrolment told stays as it was."""
    before = app.device
    item = {"kind": "scope", "scope": ["53.15.06", "53.15.07"], "until_ms": 5}
    assert apply_page(app.journal, Page(previous="1", next="2", items=[item]))
    after = load_device(app.tables)
    assert after == replace(before, scope=("53.15.06", "53.15.07"), until_ms=5)
