"""What matching keeps, made anew from the records: after an update of the matcher, or a rebuild.

Links that stand are facts and stay; only what may be asked of a person is found again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.canonical import decode
from shared_schema.matching.keys import blocking_keys
from shared_schema.matching.people import comparable, pack, unpack
from sync_server import arrivals, blocks, ingest, name_words
from sync_server.arrivals import Fresh
from sync_server.office import Office
from sync_server.store.driver import ask, listed
from sync_server.store.queries import matching
from sync_server.store.queries.matching import Person

_CHUNK = 500
Progress = Callable[[int, int], None]
_PERSONS = "SELECT record FROM records WHERE type = 'person' AND NOT void ORDER BY born, record"
_SHOWN = "SELECT record, shown FROM records WHERE record IN (SELECT value FROM json_each(?))"
_WAITING = "SELECT record FROM match_arrivals WHERE band <> 'known' ORDER BY record"
_NOTED = (
    "SELECT number, record, packed, blocks FROM match_people WHERE number > ?"
    " ORDER BY number LIMIT ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematched:
    """How many residents are kept, were compared, and were linked; pairs for a person to see."""

    people: int
    compared: int
    linked: int
    pairs: int


def _untold(_done: int, _total: int) -> None:
    """Say nothing."""


def fill(connection: Connection, server: bytes, progress: Progress = _untold) -> None:
    """Keep what is compared of everybody, and words, where none is yet: the database is older."""
    if not matching.count_people(connection):
        reindex(connection, server, progress)
    name_words.renew_if_never(connection)


def reindex(connection: Connection, server: bytes, progress: Progress = _untold) -> int:
    """Make anew what is compared of each resident; return how many there are.

    Those of registers come first, so that everybody from a device is compared with them.
    """
    matching.clear_people(connection)
    everyone = [UUID(record) for (record,) in ask(connection, _PERSONS)]
    everyone.sort(key=lambda record: arrivals.device_of(record, server) is not None)
    index = blocks.blocks_of(connection)
    rest, last = iter(everyone), index.last
    held: list[tuple[int, Sequence[int]]] = []
    while part := list(islice(rest, _CHUNK)):
        shown = dict(ask(connection, _SHOWN, listed(part)))
        rows = []
        for record in part:
            last += 1
            row, keys = _person(last, str(record), shown[str(record)])
            rows.append(row)
            held.append((last, keys))
        matching.keep(connection, rows)
        progress(len(held), len(everyone))
    blocks.write_segment(connection, last, *blocks.sorted_blocks(held))
    name_words.renew(connection)
    return len(everyone)


def _person(number: int, record: str, shown: str) -> tuple[Person, Sequence[int]]:
    person = comparable(decode(shown.encode()))
    keys = blocking_keys(person)
    return Person(number, record, pack(person), blocks.keys_to_bytes(keys)), keys


def rematch(office: Office, *, registers: bool, progress: Progress = _untold) -> Rematched:
    """Compare everybody from devices with everybody anew, a few hundred in each transaction.

    ``registers``: also those who came from registers, who are never linked without a person.
    """
    with office.store.write() as connection:
        matching.clear_found(connection)
        people = reindex(connection, office.keys.server)
    compared = linked = at = seen = 0
    while True:
        with office.store.write() as connection:
            part = _noted(connection, at)
            if not part:
                break
            at = part[-1].number
            asked = part if registers else arrivals.from_devices(part, office.keys.server)
            links = arrivals.compare(connection, asked, office.keys.server, office.now_ms())
            ingest.write_links(connection, links, office.now_ms())
        compared, linked = compared + len(asked), linked + len(links)
        seen += len(part)
        progress(seen, people)
    with office.store.read() as connection:
        pairs = matching.count_pairs(connection)
    return Rematched(people=people, compared=compared, linked=linked, pairs=pairs)


def rematch_waiting(office: Office) -> int:
    """Compare again those from devices who are not known yet, after a register came in.

    By how common names are in it. Returns how many are known now.
    """
    linked = 0
    with office.store.write() as connection:
        name_words.renew(connection)
    with office.store.read() as connection:
        waiting = [record for (record,) in ask(connection, _WAITING)]
    for at in range(0, len(waiting), _CHUNK):
        with office.store.write() as connection:
            again = arrivals.renew(connection, waiting[at : at + _CHUNK])
            links = arrivals.compare(connection, again, office.keys.server, office.now_ms())
            ingest.write_links(connection, links, office.now_ms())
        linked += len(links)
    return linked


def _noted(connection: Connection, after: int) -> list[Fresh]:
    rows: Iterator[tuple[int, str, bytes, bytes]] = iter(ask(connection, _NOTED, after, _CHUNK))
    return [
        Fresh(
            number=number,
            record=UUID(record),
            person=unpack(packed),
            keys=blocks.keys_from(data),
        )
        for number, record, packed, data in rows
    ]
