"""How a table's rows are read: by id, by number, by an index, or in turn."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tinydb.queries import QueryLike
from tinydb.table import Table

from field_client.vault import index, planner
from field_client.vault.bodies import from_body
from field_client.vault.catalogue import Catalogue
from field_client.vault.connection import Row, Values
from field_client.vault.index import CHUNK, Fields
from field_client.vault.planner import Term, Value


class Stored(NamedTuple):
    """A document with its number."""

    seq: int
    doc_id: str
    body: dict[str, Any]


class Rows(Table):
    """The reading of rows under `VaultTable`."""

    document_id_class = str  # type: ignore[assignment]  # ids are text here
    default_query_cache_capacity = 0

    def __init__(self, storage: Any, name: str, *, persist_empty: bool = False) -> None:
        self._catalogue: Catalogue = storage.catalogue
        self._store = self._catalogue.store
        super().__init__(storage, name, cache_size=0)
        if persist_empty:
            with self._store.transaction():
                self._catalogue.number(name)

    def bodies_between(
        self, field: str, low: str, high: str, limit: int = 50
    ) -> list[tuple[str, str | bytes]]:
        """Return ids and packed bodies of what `between` returns, in the table's order.

        Equal bodies hold equal documents: what was made of one before holds for it still.
        """
        number = self._fields().values[field]
        return self._bodies(index.between(self._store, number, low, high, limit))

    def bodies_of(self, field: str, values: Iterable[Value]) -> list[tuple[str, str | bytes]]:
        """Return ids and packed bodies of what has one of these indexed values, in turn."""
        number = self._fields().values[field]
        clause = frozenset(Term(field=number, value=one) for one in values)
        return self._bodies(index.sequences(self._store, clause))

    def latest_bodies(
        self, field: str, value: str, limit: int = 50
    ) -> list[tuple[str, str | bytes]]:
        """Return ids and packed bodies of the newest documents of a value, the oldest first."""
        number = self._fields().values[field]
        return self._bodies(index.latest(self._store, number, value, limit))

    def bodies(self, doc_ids: Iterable[str]) -> list[tuple[str, str | bytes]]:
        """Return ids and packed bodies of these documents."""
        return [(doc_id, body) for _seq, doc_id, body in self._rows_by_ids(doc_ids)]

    def count_between(self, field: str, low: str, high: str) -> int:
        """Return how many documents have an indexed ``field`` within both bounds; reads none."""
        number = self._fields().values[field]
        return index.count_between(self._store, number, low, high)

    def values(self, field: str) -> list[str]:
        """Return every value of an indexed ``field``, in the table's order; reads no document."""
        number = self._fields().values[field]
        return index.values(self._store, number)

    def values_between(self, field: str, low: str, high: str) -> list[str]:
        """Return the values of an indexed ``field`` within both bounds; reads no document."""
        number = self._fields().values[field]
        return index.values_between(self._store, number, low, high)

    def within(self, field: str, low: str, high: str, doc_ids: Iterable[str]) -> set[str]:
        """Return those ids whose indexed ``field`` lies within both bounds; reads no document."""
        number = self._fields().values[field]
        found = self._store.rows(
            "SELECT id FROM docs WHERE tbl=? AND id IN (SELECT value FROM json_each(?))"
            " AND +seq IN (SELECT seq FROM doc_index WHERE field=? AND value>=? AND value<=?)",
            (self._catalogue.find(self.name), json.dumps([*doc_ids]), number, low, high),
        )
        return {doc_id for (doc_id,) in found}

    def _bodies(self, sequences: Iterable[int]) -> list[tuple[str, str | bytes]]:
        wanted = sorted(sequences)
        return [
            (doc_id, body)
            for at in range(0, len(wanted), CHUNK)
            for _seq, doc_id, body in self._rows_of(wanted[at : at + CHUNK])
        ]

    def _fields(self) -> Fields:
        return self._catalogue.fields(self.name)

    def _by_id(self, doc_id: str) -> Stored | None:
        found = self._store.rows(
            "SELECT seq, id, body FROM docs WHERE tbl=? AND id=?",
            (self._catalogue.find(self.name), doc_id),
        )
        return _stored(found[0]) if found else None

    def _by_ids(self, doc_ids: Iterable[str]) -> list[Stored]:
        return list(map(_stored, self._rows_by_ids(doc_ids)))

    def _rows_by_ids(self, doc_ids: Iterable[str]) -> list[Row]:
        found: list[Row] = self._store.rows(
            "SELECT seq, id, body FROM docs WHERE tbl=? AND id IN"
            " (SELECT value FROM json_each(?)) ORDER BY seq",
            (self._catalogue.find(self.name), json.dumps([str(one) for one in doc_ids])),
        )
        return found

    def _scan(self) -> Iterator[Stored]:
        """Read the whole table, in the order in which its documents were inserted."""
        after, end = index.span(self._catalogue.find(self.name))
        return self._pieces(
            "SELECT seq, id, body FROM docs WHERE seq>? AND seq<? ORDER BY seq LIMIT ?",
            lambda last: (max(after, last), end, CHUNK),
        )

    def _indexed(self, term: Term) -> Iterator[Stored]:
        return self._pieces(
            "SELECT docs.seq, id, body FROM doc_index CROSS JOIN docs ON docs.seq=doc_index.seq"
            " WHERE field=? AND value=? AND doc_index.seq>? ORDER BY doc_index.seq LIMIT ?",
            lambda last: (term.field, term.value, last, CHUNK),
        )

    def _pieces(self, sql: str, values: Callable[[int], Values]) -> Iterator[Stored]:
        """Read a piece at a time, each behind the last; no cursor stays open between them."""
        last = -1
        while True:
            found = self._store.rows(sql, values(last))
            yield from map(_stored, found)
            if len(found) < CHUNK:
                return
            last = found[-1][0]

    def _by_sequence(self, sequences: Sequence[int]) -> Iterator[Stored]:
        for at in range(0, len(sequences), CHUNK):
            yield from map(_stored, self._rows_of(sequences[at : at + CHUNK]))

    def _rows_of(self, sequences: Sequence[int]) -> list[Row]:
        found: list[Row] = self._store.rows(
            "SELECT seq, id, body FROM docs WHERE seq IN"
            " (SELECT value FROM json_each(?)) ORDER BY seq",
            (json.dumps(sequences),),
        )
        return found

    def _matching(self, cond: QueryLike) -> Iterator[Stored]:
        clauses = planner.clauses(cond, self._fields().values)
        clause = planner.narrowest(clauses, lambda one: index.weight(self._store, one))
        if clause is None:
            candidates = self._scan()
        elif len(clause) == 1:
            candidates = self._indexed(*clause)
        else:
            candidates = self._by_sequence(index.sequences(self._store, clause))
        return (stored for stored in candidates if cond(stored.body))


def _stored(row: Row) -> Stored:
    seq, doc_id, body = row
    return Stored(seq, doc_id, from_body(body))
