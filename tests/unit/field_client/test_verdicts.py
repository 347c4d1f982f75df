"""What a laptop knows of a supervisor's decisions about its records."""

from uuid import UUID

import pytest

from field_client.entries import Edit, Verdict
from field_client.opened import App
from shared_schema.links import link_id
from tests.support.laptop import laptop, register
from tests.support.memory_server import MemoryServer


@pytest.fixture
def app(tmp_path):
    """Open a laptop that has not synced."""
    with laptop(tmp_path / "home", MemoryServer().code()) as opened:
        yield opened


def decide(app: App, one: UUID, other: UUID, verdict: str, **more: str) -> None:
    """Lay a verdict over a pair, as one that was pulled would be laid."""
    values = {"a": str(one), "b": str(other), "verdict": verdict, **more}
    edit = Edit(record=link_id(one, other), type="link", version=1, values=values)
    app.journal.write([edit])


def test_a_verdict_is_seen_from_both_records(app: App) -> None:
    """Each names the other, with the reason that was given."""
    one, two, three = register(app, ["Warga Contoh 1", "Warga Contoh 2", "Warga Contoh 3"])
    decide(app, one, two, "same", reason="satu kartu keluarga")
    decide(app, three, one, "different")
    same = Verdict(other=one, verdict="same", reason="satu kartu keluarga")
    assert app.journal.verdicts(two) == [same]
    assert {found.other: found.verdict for found in app.journal.verdicts(one)} == {
        two: "same",
        three: "different",
    }


def test_a_verdict_that_was_taken_back_is_not_shown(app: App) -> None:
    """Undo voids the link; what it said no longer stands."""
    one, two = register(app, ["Warga Contoh 1", "Warga Contoh 2"])
    decide(app, one, two, "same")
    void = {"_void": {"reason": "keliru"}}
    app.journal.write([Edit(record=link_id(one, two), type="link", version=1, values=void)])
    assert app.journal.verdicts(one) == []
