"""Whether a change may be folded, judged from the change alone."""

from dataclasses import replace
from typing import Any

import pytest

from shared_schema.changes import Change, Stamp, Write
from shared_schema.clock import Evidence
from shared_schema.ids import Stream, record_id
from sync_server.assessment import Standing, assess

STREAM = Stream(bytes(8), bytes(4))


def change(values: dict[str, Any], **more: Any) -> Change:
    """Give a change of a person with these values."""
    settings = {"type": "person", "version": 1, **more}
    return Change(
        stream=STREAM,
        sequence=1,
        record=record_id(STREAM, 1),
        hlc=1,
        operator="Operator 1",
        writes={name: Write(value=value) for name, value in values.items()},
        evidence=Evidence(wall_ms=0),
        **settings,
    )


def test_a_sound_change_is_folded() -> None:
    """Values in stored form have no findings."""
    assert assess(change({"name": "Warga Contoh 1"}), by_server=False).standing is Standing.FOLDED


@pytest.mark.parametrize(
    ("made", "standing", "code"),
    [
        (change({}, type="spaceship"), Standing.HELD, "TYPE_UNKNOWN"),
        (change({}, version=99), Standing.HELD, "TYPE_NEWER"),
        (change({"sex": "X"}), Standing.INVALID, "CODE_UNKNOWN"),
        (change({"name": None}), Standing.INVALID, "REQUIRED"),
        (change({"central_status": "CARD_ISSUED"}), Standing.INVALID, "FIELD_NOT_YOURS"),
        (change({"_secret": {"a": "b"}}), Standing.INVALID, "FIELD_UNKNOWN"),
        (change({"_void": {"reason": "x" * 10_001}}), Standing.INVALID, "OBJECT_INVALID"),
        (change({"redirect_to": ["x"] * 101}, type="outage"), Standing.INVALID, "LIST_INVALID"),
    ],
)
def test_a_change_that_is_not_folded_says_why(made: Change, standing: Standing, code: str) -> None:
    """Held where a later program may know better, invalid where no program will."""
    judged = assess(made, by_server=False)
    assert (judged.standing, judged.findings[0].code) == (standing, code)


def test_a_change_may_not_swell_a_field_for_ever() -> None:
    """Every stamp that a write names stays in the record's state, and travels with it."""
    stamps = tuple(Stamp(at, STREAM) for at in range(1001))
    swollen = change({})
    for most, standing in ((1000, Standing.FOLDED), (1001, Standing.INVALID)):
        write = Write(value="Warga Contoh 1", replaces=stamps[:most])
        judged = assess(replace(swollen, writes={"name": write}), by_server=False)
        assert judged.standing is standing


def test_the_server_may_set_its_own_fields() -> None:
    """The ministry's status comes from imports, which are the server's changes."""
    assert assess(change({"central_status": "CARD_ISSUED"}), by_server=True).findings == ()
