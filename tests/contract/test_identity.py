"""The projections of identity are what the records and verdicts say, however they arrived."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from shared_schema.changes import VOID, Stamp, Write
from shared_schema.fold import FieldState, Head, RecordState, join
from shared_schema.ids import Stream, record_id
from shared_schema.links import link_id
from sync_server import identity
from sync_server.matching.exact import KEY_LIMIT
from sync_server.store import tables

STREAM = Stream(b"device-1", b"br-1")
PEOPLE = [record_id(STREAM, number) for number in range(1, 6)]
NIKS = ("5315054107900001", "5315054107900002")
VERDICTS = ("same", "different", "undecided")


def memory() -> Connection:
    """Open an empty database in memory with all tables."""
    connection = create_engine("sqlite://").connect()
    tables.metadata.create_all(connection)
    return connection


def state(record: UUID, kind: str, hlc: int, **values: Any) -> RecordState:
    """Give a record as one write of each field at one time left it."""
    fields = {
        name: FieldState(heads=(Head.of(Stamp(hlc, STREAM), value),))
        for name, value in values.items()
    }
    return RecordState(record=record, type=kind, fields=fields)


def person(number: int, hlc: int, nik: str | None = None, *, void: bool = False) -> RecordState:
    """Give a person with or without a NIK."""
    more = {VOID: {"reason": "salah"}} if void else {}
    return state(PEOPLE[number], "person", hlc, name=f"Warga Contoh {number}", nik=nik, **more)


def link(one: int, other: int, hlc: int, verdict: str, *, void: bool = False) -> RecordState:
    """Give a verdict about two people."""
    a, b = PEOPLE[one], PEOPLE[other]
    more = {VOID: {"reason": "batal"}} if void else {}
    return state(
        link_id(a, b), "link", hlc, a=str(a), b=str(b), verdict=verdict, method="human", **more
    )


people = st.builds(
    person,
    st.integers(0, 4),
    st.integers(1, 50),
    st.sampled_from((*NIKS, None)),
    void=st.booleans(),
)
pairs = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1])
links = st.builds(
    lambda pair, hlc, verdict, void: link(pair[0], pair[1], hlc, verdict, void=void),
    pairs,
    st.integers(1, 50),
    st.sampled_from(VERDICTS),
    st.booleans(),
)


def project(arrivals: Iterable[list[RecordState]]) -> dict[str, Any]:
    """Let groups of writes arrive one after the other and read every projection back."""
    known: dict[UUID, RecordState] = {}
    with memory() as connection:
        for group in arrivals:
            for one in group:
                known[one.record] = join(known[one.record], one) if one.record in known else one
            touched = {one.record for one in group}
            identity.refresh(connection, [known[record] for record in touched])
        kept = (
            tables.identity_keys,
            tables.candidates,
            tables.edges,
            tables.clusters,
            tables.person_names,
        )
        found = {t.name: sorted(map(tuple, connection.execute(select(t)))) for t in kept}
        return found | {"open": identity.open_duplicates(connection)}


@given(
    st.lists(people | links, max_size=14).flatmap(
        lambda w: st.tuples(st.just(w), st.permutations(w))
    )
)
def test_the_projections_do_not_depend_on_the_order_of_arrival(both) -> None:
    """One by one, in another order, and all at once end alike."""
    written, shuffled = both
    one_by_one = project([[one] for one in written])
    assert project([[one] for one in shuffled]) == one_by_one
    assert project([written]) == one_by_one


def test_a_shared_nik_makes_a_candidate_until_it_is_edited_away() -> None:
    """The pair follows the shown values; a corrected NIK takes it back."""
    both = [[person(0, 1, NIKS[0])], [person(1, 1, NIKS[0])]]
    assert [(pair.a, pair.b) for pair in project(both)["open"]] == [(PEOPLE[0], PEOPLE[1])]
    corrected = state(PEOPLE[1], "person", 2, nik=NIKS[1])
    head = corrected.fields["nik"].heads[0]
    write = Write(value=NIKS[1], replaces=(Stamp(1, STREAM),))
    replaced = FieldState(heads=(head,), superseded=frozenset(write.replaces))
    fixed = RecordState(record=PEOPLE[1], type="person", fields={"nik": replaced})
    assert project([*both, [fixed]])["open"] == ()


def test_a_voided_record_is_no_candidate() -> None:
    """Declaring one of the two void closes the pair."""
    found = project([[person(0, 1, NIKS[0])], [person(1, 1, NIKS[0], void=True)]])
    assert found["open"] == ()
    assert found["candidates"] == []


def test_a_decided_pair_is_closed_and_an_undecided_one_stays_marked() -> None:
    """Same and different close a pair; undecided keeps it in the list."""
    both = [[person(0, 1, NIKS[0])], [person(1, 1, NIKS[0])]]
    for verdict in ("same", "different"):
        assert project([*both, [link(0, 1, 5, verdict)]])["open"] == ()
    (pair,) = project([*both, [link(1, 0, 5, "undecided")]])["open"]
    assert pair.undecided
    assert project([*both, [link(0, 1, 5, "same", void=True)]])["open"] != ()


def test_a_verdict_holds_for_the_whole_cluster() -> None:
    """Who is the same as somebody different from a third is no candidate with the third."""
    trio = [person(0, 1, NIKS[0]), person(1, 1, NIKS[0]), person(2, 1, NIKS[0])]
    verdicts = [link(0, 1, 5, "same"), link(1, 2, 6, "different")]
    assert project([[*trio, *verdicts]])["open"] == ()


def test_a_key_shared_by_more_than_the_limit_is_skipped_both_ways() -> None:
    """One record too many removes the pairs of a key; when it goes they are back."""
    crowd = [record_id(STREAM, number) for number in range(100, 101 + KEY_LIMIT)]
    with memory() as connection:
        for record in crowd[:-1]:
            identity.refresh(connection, [state(record, "person", 1, nik=NIKS[0])])
        pairs_at_limit = KEY_LIMIT * (KEY_LIMIT - 1) // 2
        assert len(identity.open_duplicates(connection)) == pairs_at_limit
        identity.refresh(connection, [state(crowd[-1], "person", 1, nik=NIKS[0])])
        assert identity.open_duplicates(connection) == ()
        identity.refresh(connection, [state(crowd[-1], "person", 1, nik=NIKS[1])])
        assert len(identity.open_duplicates(connection)) == pairs_at_limit
