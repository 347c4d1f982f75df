"""Matching at ingest: every record that a device brings finds its earlier self, or asks a person.

`arrive` runs in the transaction of the batch. It brings what is kept for comparing up to date,
compares, notes what a person should look at, and returns the links that are certain; whoever
called writes them as changes of the server's stream. What is kept here can be made anew at any
time (`rematch`), which the log does not depend on.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.canonical import Json
from shared_schema.fold import RecordState
from shared_schema.ids import id_of, id_text, record_stream
from shared_schema.links import Verdict, link_id
from shared_schema.matching.keys import blocking_keys
from shared_schema.matching.parameters import Parameters
from shared_schema.matching.people import Comparable, comparable, pack, unpack
from sync_server import comparing, name_words
from sync_server.blocks import blocks_of, keys_to_bytes
from sync_server.comparing import Arriving, Found, Rival
from sync_server.matching.exact import MATCHED_TYPE
from sync_server.store.queries import matching
from sync_server.store.queries.matching import Arrival, Pair, Person

METHOD = "matcher:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two records that are certainly one person, and why."""

    record: UUID
    pair: Pair

    @property
    def method(self) -> str:
        """Which version of the matcher says so."""
        return f"{METHOD}{self.pair.version}"

    @property
    def values(self) -> dict[str, Json]:
        """What the link record says."""
        return {
            "a": self.pair.a,
            "b": self.pair.b,
            "verdict": Verdict.SAME.value,
            "method": self.method,
            "weight": self.pair.weight,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A resident whose compared values are new: under which number, with which keys."""

    number: int
    record: UUID
    person: Comparable
    keys: Sequence[int]


def note(connection: Connection, touched: Iterable[RecordState]) -> list[Fresh]:
    """Bring what is kept for comparing in line with touched records; return what changed."""
    people = [state for state in touched if state.type == MATCHED_TYPE]
    if not people:
        return []
    index = blocks_of(connection)
    kept = matching.packed_of(connection, [id_text(state.record) for state in people])
    matching.drop(connection, [id_text(s.record) for s in people if s.void is not None and kept])
    found, rows = [], []
    for state in people:
        name = id_text(state.record)
        person = comparable(state.values())
        packed = pack(person)
        if state.void is not None or kept.get(name) == packed:
            continue
        keys = blocking_keys(person)
        index.add(index.last + 1, keys)
        found.append(Fresh(number=index.last, record=state.record, person=person, keys=keys))
        rows.append(Person(index.last, name, packed, keys_to_bytes(keys)))
    matching.keep(connection, rows)
    matching.drop_pairs(connection, [row.record for row in rows if row.record in kept])
    if index.settle(connection):
        name_words.renew_if_grown(connection)
    return found


def renew(connection: Connection, ids: Sequence[str]) -> list[Fresh]:
    """Give residents new numbers, so that they are compared with everybody there is by now."""
    index, found, rows = blocks_of(connection), [], []
    matching.drop_pairs(connection, ids)
    for record, packed in sorted(matching.packed_of(connection, ids).items()):
        person = unpack(packed)
        keys = blocking_keys(person)
        index.add(index.last + 1, keys)
        found.append(Fresh(number=index.last, record=id_of(record), person=person, keys=keys))
        rows.append(Person(index.last, record, packed, keys_to_bytes(keys)))
    matching.keep(connection, rows)
    return found


def from_devices(fresh: Sequence[Fresh], server: bytes) -> list[Fresh]:
    """Return those who were begun on a device."""
    return [one for one in fresh if device_of(one.record, server) is not None]


def compare(
    connection: Connection, fresh: Sequence[Fresh], server: bytes, now_ms: int
) -> list[Link]:
    """Compare residents with everybody noted before them; return the links that are certain.

    `server`: the id of the server, whose own residents come from registers: these are never
    linked to each other without a person.
    """
    parameters = name_words.parameters_of(connection)
    arriving = _candidates(connection, fresh, server, parameters)
    scene = _scene(connection, arriving)
    found = [(one, comparing.decide(one, scene, parameters)) for one in arriving]
    links = _links(connection, found, parameters)
    linked = {link.pair[:2] for link in links}
    open_pairs = [
        _pair(one, rival, parameters)
        for one, result in found
        for rival in _unsettled(result)
        if _ends(one, rival) not in linked
    ]
    matching.add_pairs(connection, open_pairs, now_ms)
    doubted = {end for pair in open_pairs for end in pair[:2]}
    matching.note_arrivals(connection, _judged(found, doubted), now_ms)
    return links


def _candidates(
    connection: Connection, fresh: Sequence[Fresh], server: bytes, parameters: Parameters
) -> list[Arriving]:
    index = blocks_of(connection)
    near = [[n for n in index.sharing(one.keys) if n < one.number] for one in fresh]
    kept = matching.people(connection, {number for numbers in near for number in numbers})
    read = {number: (record, unpack(packed)) for number, (record, packed) in kept.items()}
    return [
        Arriving(
            record=id_text(one.record),
            person=one.person,
            rivals=comparing.rivals_of(
                one.person, (read[number] for number in numbers if number in read), parameters
            ),
            born_here=device_of(one.record, server) is not None,
        )
        for one, numbers in zip(fresh, near, strict=True)
    ]


def device_of(record: UUID, server: bytes) -> bytes | None:
    """Return the device on which a record was begun, None for the server and its registers."""
    stream = record_stream(record)
    return None if stream is None or stream.device == server else stream.device


def _scene(connection: Connection, arriving: Sequence[Arriving]) -> comparing.Scene:
    people = {rival.record: rival.person for one in arriving for rival in one.rivals}
    people.update({one.record: one.person for one in arriving})
    root = matching.roots(connection, people)
    members = matching.members(connection, set(root.values())) if root else {}
    others = {record for together in members.values() for record in together} - people.keys()
    if others:
        root.update({record: first for first, each in members.items() for record in each})
        packed = matching.packed_of(connection, others)
        people.update({record: unpack(data) for record, data in packed.items()})
    verdicts = matching.not_same(connection, {*people, *others})
    return comparing.scene_of(root, members, people, verdicts)


def _pair(one: Arriving, rival: Rival, parameters: Parameters) -> Pair:
    a, b = _ends(one, rival)
    parts = comparing.parts_text(rival, parameters)
    return Pair(a, b, round(rival.weight, 4), parameters.version, parts)


def _ends(one: Arriving, rival: Rival) -> tuple[str, str]:
    a, b = one.record, rival.record
    return (a, b) if a < b else (b, a)


def _unsettled(result: Found) -> tuple[Rival, ...]:
    return result.rivals if result.linked is None else (result.linked,)


def _links(
    connection: Connection, found: Iterable[tuple[Arriving, Found]], parameters: Parameters
) -> list[Link]:
    """Return the links to write: not where there is a verdict already, even one taken back."""
    certain = [_pair(one, r.linked, parameters) for one, r in found if r.linked is not None]
    if not certain:
        return []
    links = [Link(record=link_id(id_of(pair.a), id_of(pair.b)), pair=pair) for pair in certain]
    decided = matching.existing(connection, [id_text(link.record) for link in links])
    return [link for link in links if id_text(link.record) not in decided]


def _judged(found: Iterable[tuple[Arriving, Found]], doubted: Container[str]) -> Iterator[Arrival]:
    for one, result in found:
        if one.born_here:
            best = result.best
            weight = round(best.weight, 4) if best else None
            refused = result.linked is not None and one.record in doubted
            band = comparing.DOUBTFUL if refused else result.band
            yield Arrival(one.record, band, best.record if best else None, weight, _of(one))


def _of(one: Arriving) -> str:
    stream = record_stream(id_of(one.record))
    return stream.device.hex() if stream else ""
