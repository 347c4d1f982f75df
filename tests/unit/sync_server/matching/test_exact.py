"""What counts as the same identifier, and what a link record stands for."""

from uuid import UUID

import pytest

from shared_schema.changes import VOID, Stamp
from shared_schema.fold import FieldState, Head, RecordState
from shared_schema.ids import Stream
from shared_schema.links import Verdict
from sync_server.matching.exact import Rule, edge_of, identity_keys, standing

STAMP = Stamp(7, Stream(b"device-1", b"br-1"))
A, B = UUID(int=1), UUID(int=2)
FAMILY = {
    "name": "Maria Jumut",
    "kk_number": "5315050101080001",
    "birth_date": "1990-05-17",
    "birth_date_precision": "day",
}


def record(kind="person", stamp=STAMP, **values) -> RecordState:
    """Give a record whose fields were all written at once."""
    fields = {name: FieldState(heads=(Head.of(stamp, value),)) for name, value in values.items()}
    return RecordState(record=A, type=kind, fields=fields)


def rules(**values) -> list[Rule]:
    """Name the rules under which a person has a key."""
    return [key.rule for key in identity_keys(record(**values))]


def test_a_person_has_a_key_for_each_identifier_that_is_there() -> None:
    """The NIK alone, the family alone, both, none."""
    assert rules(nik="5315055705900001") == [Rule.NIK]
    assert rules(**FAMILY) == [Rule.FAMILY]
    assert rules(nik="5315055705900001", **FAMILY) == [Rule.NIK, Rule.FAMILY]
    assert rules(name="Maria Jumut") == []


@pytest.mark.parametrize("precision", ["month", "year", "estimated", "unknown"])
def test_a_coarse_birth_date_says_nothing_about_a_family_member(precision: str) -> None:
    """Siblings and cousins share a card, a year and often a name."""
    assert rules(**FAMILY | {"birth_date_precision": precision}) == []


def test_the_family_rule_compares_the_folded_name() -> None:
    """Case, titles and points do not tell two people apart; another name does."""
    keys = identity_keys(record(**FAMILY))
    assert identity_keys(record(**FAMILY | {"name": "Ny. MARIA  JUMUT"})) == keys
    assert identity_keys(record(**FAMILY | {"name": "Maria Jumat"})) != keys


def test_void_records_and_other_types_have_no_keys() -> None:
    """Only residents are compared, and only those that stand."""
    assert identity_keys(record(**FAMILY, **{VOID: {"reason": "salah"}})) == ()
    assert identity_keys(record(kind="visit", nik="5315055705900001")) == ()


def test_a_link_without_a_method_is_a_humans() -> None:
    """A laptop cannot set a method; a matcher always does."""
    ends = {"a": str(A), "b": str(B), "verdict": "same"}
    by_laptop, by_matcher = (
        edge_of(record(kind="link", **ends, **more))
        for more in ({}, {"method": "matcher:1", "weight": 12.5})
    )
    assert by_laptop is not None
    assert by_laptop.human
    assert by_matcher is not None
    assert (by_matcher.human, by_matcher.weight) == (False, 12.5)


@pytest.mark.parametrize(
    "values",
    [
        {"a": str(A), "b": str(A), "verdict": "same"},
        {"a": str(A), "verdict": "same"},
        {"a": str(A), "b": str(B), "verdict": "perhaps"},
        {"a": str(A), "b": str(B), "verdict": "same", VOID: {"reason": "batal"}},
    ],
    ids=["itself", "one end", "no verdict", "void"],
)
def test_a_link_that_says_nothing_is_no_edge(values) -> None:
    """What is incomplete or taken back joins nobody."""
    assert edge_of(record(kind="link", **values)) is None


def test_of_two_links_of_one_pair_the_later_human_stands() -> None:
    """A machine's verdict never outranks a person's, however late it comes."""
    ends = {"a": str(A), "b": str(B)}
    later = Stamp(9, STAMP.stream)
    human = edge_of(record(kind="link", **ends, verdict="different"))
    machine = edge_of(record("link", later, **ends, verdict="same", method="matcher:1"))
    second = edge_of(record("link", later, **ends, verdict="undecided"))
    assert human
    assert machine
    assert second
    assert [e.verdict for e in standing([machine, human])] == [Verdict.DIFFERENT]
    assert [e.verdict for e in standing([second, human, machine])] == [Verdict.UNDECIDED]
