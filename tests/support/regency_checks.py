"""What must hold in the state machine's regency once everybody has synced."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from field_client.entries import state_of_document
from field_client.opened import App
from field_client.reduction import DETAILS_LOST, Withheld, withheld
from field_client.sync.photos_out import counts as waiting_photos
from field_client.tables import id_of
from shared_schema.fold import RecordState
from tests.support.field_laptop import FieldLaptop
from tests.support.regency import Regency

# An office that is updated uses what it could not read, but does not take back that it said so.
_SAID = {DETAILS_LOST, "TYPE_UNKNOWN", "CODEC_UNKNOWN"}
States = Mapping[str, RecordState]


def compare_marks(office: Regency, must: Collection[str]) -> None:
    """Check that every change which must be there is, and that none is there twice."""
    written = office.marks()
    assert {mark: n for mark, n in written.items() if n > 1} == {}
    assert set(must) - set(written) == set()


def compare_saves(office: Regency) -> None:
    """Check that no save is in two records, wherever it was written again."""
    assert {save: n for save, n in office.saves().items() if n > 1} == {}


def compare_people(states: States, must: Collection[str]) -> None:
    """Check that everybody has a record of their own, and visits lead to whom they were paid."""
    named = {id_: _names(one) for id_, one in states.items() if one.type == "person"}
    assert {id_: names for id_, names in named.items() if len(names) > 1} == {}
    # Of somebody who was only on disks that were lost, a correction may be left.
    shown = {id_: name for id_, names in named.items() for name in names}
    people = Counter(shown.values())
    assert {name for name, n in people.items() if n > 1} == set()
    assert {mark for mark in must if mark.startswith(("Warga", "Draf"))} <= set(people)
    # Of a visit whose details had gone, a restored office gets the row without its note.
    noted = (one for one in states.values() if one.type == "visit" and one.shown("note"))
    for visit in noted:
        assert shown.get(str(visit.shown("person")), visit.shown("note")) == visit.shown("note")


def compare_corrections(office: Regency, states: States, about: Mapping[str, str]) -> None:
    """Check that every correction is in the record of whom it is about, if anybody has that."""
    names = {id_: _names(one) for id_, one in states.items() if one.type == "person"}
    everybody = {name for found in names.values() for name in found}
    for mark, record in office.marked():
        host = about.get(mark)
        assert host not in everybody or host in names[record], (mark, record, host)


def _names(person: RecordState) -> set[str]:
    """Return every name that stands for a person."""
    part = person.fields.get("name")
    return {str(head.value) for head in part.heads if head.value is not None} if part else set()


def compare_photos(
    office: Regency, laptops: Iterable[FieldLaptop], states: States, must: Collection[str]
) -> None:
    """Check that a photo which must be there is, if its record is; and that nobody waits."""
    kept = office.photos()
    named = {str(one.shown("sha256")) for one in states.values() if one.type == "attachment"}
    assert named & set(must) <= kept
    for laptop in laptops:
        assert waiting_photos(laptop.app)["waiting"] == 0


def compare_replica(app: App, states: States) -> None:
    """Check that a laptop says what the office says, and that nothing waits there."""
    counts = app.journal.counts()
    assert counts["waiting"] == 0
    troubled = app.journal.entries(state="attention")
    assert {note.code for entry in troubled for note in entry.remarks} <= _SAID
    here = {id_of(document): document for document in app.tables.records}
    assert here.keys() == states.keys()
    for record, state in states.items():
        known = state_of_document(here[record])
        assert known == _without(state, withheld(here[record], known))


def _without(state: RecordState, hidden: Withheld) -> RecordState:
    """Return a state that lacks the heads whose values are withheld on a laptop."""
    if not hidden:
        return state
    fields = {
        name: replace(part, heads=tuple(h for h in part.heads if h.stamp not in hidden[name]))
        if name in hidden
        else part
        for name, part in state.fields.items()
    }
    return replace(state, fields=fields)
