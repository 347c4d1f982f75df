"""A laptop whose store holds a regency's roster, as a first pull would have laid it there."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import Any

from field_client.entries import record_document
from field_client.vault.store import VaultDB
from field_client.vault.table import document_of
from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.fold import RecordState, state_of, state_to_json
from shared_schema.ids import Stream
from sync_server.register_rows import resident_id
from tests.support.synthetic import Person, population

SEED = 160
PAGE = 40
SERVER = Stream(bytes(range(8)), b"imp1")
STARTED_MS = 1_790_000_000_000
CHUNK = 2_000

Document = tuple[str, dict[str, Any]]


def people(count: int, more: int) -> tuple[list[Person], list[Person]]:
    """Give people in the order in which a first pull sends them, by record, and some others."""
    found = population(SEED).people(count + more)
    roster = sorted(found[:count], key=lambda row: resident_id(row, name_of(row)))
    return roster, found[count:]


def name_of(row: Person) -> str:
    """Give the key of a row that has no NIK."""
    return f"{row['kk_number']}/{row['name']}/{row['birth_date']}"


def state_of_person(row: Person, number: int) -> RecordState:
    """Give what the server sends of a person that it took from the register."""
    return state_of(
        Change(
            stream=SERVER,
            sequence=number,
            record=resident_id(row, name_of(row)),
            type="person",
            version=1,
            hlc=(STARTED_MS + number) << 16,
            operator="user:bench/register",
            writes={name: Write(value=value, replaces=()) for name, value in row.items()},
            evidence=Evidence(wall_ms=STARTED_MS, monotonic_ms=1),
        )
    )


def document(row: Person, number: int) -> Document:
    """Give the document that receiving makes of a person."""
    state = state_of_person(row, number)
    return str(state.record), record_document(state_to_json(state), None, state, 1, {})


def documents(rows: list[Person]) -> Iterator[Document]:
    """Give the documents of people, made on the other core."""
    numbered = list(enumerate(rows, start=1))
    chunks = [numbered[at : at + CHUNK] for at in range(0, len(numbered), CHUNK)]
    with ProcessPoolExecutor(max_workers=1) as pool:
        for made in pool.map(_made, chunks):
            yield from made


def _made(chunk: list[tuple[int, Person]]) -> list[Document]:
    return [document(row, number) for number, row in chunk]


def fill(db: VaultDB, found: Iterable[Document]) -> int:
    """Insert documents a page at a time; give the bytes of their JSON as TinyDB would write it."""
    size, rest = len('{"records": {}}'), iter(found)
    while page := list(islice(rest, PAGE)):
        db.table("records").insert_multiple(document_of(body, name) for name, body in page)
        size += sum(len(json.dumps({name: body})) for name, body in page)
    return size
