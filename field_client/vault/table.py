"""TinyDB's table over rows: the same methods and results, one row a document.

Differences from the stock table, all of them wanted: ids are text; nothing is cached, so no two
callers ever share a nested object and another program's changes show at once; `upsert` is one
commit; a document must be JSON. Added are `match` for parts of a text, `beginning` for the start
of an indexed field and `named` for parts of an id.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import islice
from typing import Any

from tinydb.queries import QueryLike
from tinydb.table import Document

from field_client.vault import index, indexcheck
from field_client.vault.bodies import from_body, to_body
from field_client.vault.index import Alternatives
from field_client.vault.planner import Value
from field_client.vault.rows import Rows, Stored

MATCH_CANDIDATES = 100
LATEST = 200
Change = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class VaultTable(Rows):
    """One table of documents in the vault; get it from `VaultDB.table`."""

    # Reading

    def get(  # type: ignore[override]  # ids are text here
        self,
        cond: QueryLike | None = None,
        doc_id: str | None = None,
        doc_ids: Iterable[str] | None = None,
    ) -> Any:
        """Return one document (by id or the first that matches) or None; a list for ``doc_ids``."""
        if doc_id is not None:
            stored = self._by_id(str(doc_id))
            return None if stored is None else _document(stored)
        if doc_ids is not None:
            return [_document(stored) for stored in self._by_ids(doc_ids)]
        if cond is not None:
            return next((_document(stored) for stored in self._matching(cond)), None)
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that match, in the order they were inserted."""
        return [_document(stored) for stored in self._matching(cond)]

    def count(self, cond: QueryLike) -> int:
        """Return how many documents match."""
        return sum(1 for _ in self._matching(cond))

    def contains(  # type: ignore[override]  # ids are text here
        self, cond: QueryLike | None = None, doc_id: str | None = None
    ) -> bool:
        """Tell whether there is a document with this id, or one that matches."""
        if cond is None and doc_id is None:
            raise RuntimeError("You have to pass either cond or doc_id")
        return self.get(cond, doc_id) is not None

    def match(
        self,
        wanted: str | Sequence[Alternatives],
        limit: int = 50,
        *,
        first: tuple[str, Value] | None = None,
    ) -> list[Document]:
        """Return at most ``limit`` documents whose searched text holds every word ``wanted``.

        Words of a text, or for each word the ways in which it may be written. One of three
        letters or more may stand anywhere, a shorter one at the start of a word; capitals do not
        count. Of the first candidates (100 or twice the limit) those whose words begin so
        come first, then the shorter texts. ``first``: an indexed field and a value. With it the
        newest candidates are taken, and whichever of the 200 newest documents that have it match;
        those that have it come before all others.
        """
        asked = [[word] for word in index.words(wanted)] if isinstance(wanted, str) else wanted
        if not asked or not self._fields().text:
            return []
        found = self._candidates(asked, max(MATCH_CANDIDATES, 2 * limit), first)
        ahead = index.among(self._store, *self._entry(first), found) if first else ()
        placed = sorted(
            (seq not in ahead, index.rank(text, asked), -seq if first else seq)
            for seq, text in found.items()
        )
        return self._in_turn(abs(seq) for _, _, seq in placed[:limit])

    def _candidates(
        self, asked: Sequence[Alternatives], most: int, first: tuple[str, Value] | None
    ) -> dict[int, str]:
        number = self._catalogue.find(self.name)
        few = index.of_few(self._store, number, asked, most)
        if few is not None:
            return dict(few)
        newest = first is not None
        proposed = index.by_parts(self._store, number, asked, most, newest=newest)
        latest = index.of_latest(self._store, *self._entry(first), asked, LATEST) if first else ()
        return {**dict(latest), **dict(islice(proposed, most))}

    def _entry(self, one: tuple[str, Value]) -> tuple[int, Value]:
        field, value = one
        return self._fields().values[field], value

    def match_bodies(
        self, wanted: Sequence[Alternatives], limit: int
    ) -> list[tuple[str, str | bytes]]:
        """Return ids and packed bodies of at most ``limit`` documents that `match` would look at.

        In the table's order, and unread: for who has to look through many for a few.
        """
        proposed = index.by_parts(self._store, self._catalogue.find(self.name), wanted, limit)
        return self._bodies([seq for seq, _ in islice(proposed, limit)])

    def beginning(self, field: str, text: str, limit: int = 50) -> list[Document]:
        """Return at most ``limit`` documents whose indexed ``field`` begins with ``text``."""
        number = self._fields().values[field]
        return self._in_turn(index.beginning(self._store, number, text, limit))

    def between(self, field: str, low: str, high: str, limit: int = 50) -> list[Document]:
        """Return at most ``limit`` documents whose indexed ``field`` lies within both bounds."""
        number = self._fields().values[field]
        return self._in_turn(index.between(self._store, number, low, high, limit))

    def named(self, part: str) -> list[str]:
        """Return the ids that begin or end with ``part``, hyphens left out; reads no document."""
        found = self._store.rows(
            "SELECT id, replace(id, '-', '') AS bare FROM docs WHERE tbl=?1"
            " AND (substr(bare, 1, length(?2))=?2 OR substr(bare, -length(?2))=?2)",
            (self._catalogue.find(self.name), part),
        )
        return [doc_id for doc_id, _ in found]

    def _in_turn(self, sequences: Iterable[int]) -> list[Document]:
        wanted = list(sequences)
        stored = {one.seq: one for one in self._by_sequence(wanted)}
        return [_document(stored[seq]) for seq in wanted if seq in stored]

    def __len__(self) -> int:
        number = self._catalogue.find(self.name)
        count: int = self._store.rows("SELECT count(*) FROM docs WHERE tbl=?", (number,))[0][0]
        return count

    def __iter__(self) -> Iterator[Document]:
        return map(_document, self._scan())

    # Writing

    def insert(self, document: Mapping[str, Any]) -> str:  # type: ignore[override]
        """Insert a document under its own id (`Document`) or a random one; ValueError if taken."""
        with self._store.transaction():
            return self._insert(document)

    def add(self, doc_id: str, content: Mapping[str, Any]) -> None:
        """Insert a document under an id of the caller's choice; ValueError where it is taken."""
        with self._store.transaction():
            self._add(doc_id, content)

    def insert_multiple(  # type: ignore[override]  # ids are text here
        self, documents: Iterable[Mapping[str, Any]]
    ) -> list[str]:
        """Insert all of ``documents`` in one commit, or none."""
        with self._store.transaction():
            return [self._insert(document) for document in documents]

    def update(  # type: ignore[override]  # ids are text here
        self,
        fields: Change,
        cond: QueryLike | None = None,
        doc_ids: Iterable[str] | None = None,
    ) -> list[str]:
        """Set fields of (or apply a function to) matching documents in one commit; their ids."""
        with self._store.transaction():
            return [
                self._change(stored, fields) for stored in self._targets(cond, doc_ids, whole=True)
            ]

    def update_multiple(  # type: ignore[override]  # ids are text here
        self, updates: Iterable[tuple[Change, QueryLike]]
    ) -> list[str]:
        """Apply each (fields, query) to every document in turn, in one commit."""
        pairs = list(updates)
        changed: list[str] = []
        with self._store.transaction():
            for stored in self._scan():
                current = stored
                for fields, cond in pairs:
                    if cond(current.body):
                        changed.append(self._change(current, fields))
                        current = self._by_id(current.doc_id) or current
        return changed

    def upsert(  # type: ignore[override]  # ids are text here
        self, document: Mapping[str, Any], cond: QueryLike | None = None
    ) -> list[str]:
        """Update the documents that match (or the one with this id), else insert; one commit."""
        with self._store.transaction():
            if isinstance(document, Document):
                stored = self._by_id(str(document.doc_id))
                return [self._change(stored, document) if stored else self._insert(document)]
            if cond is None:
                raise ValueError("upsert needs a query or a document with an id")
            return self.update(document, cond) or [self._insert(document)]

    def remove(  # type: ignore[override]  # ids are text here
        self, cond: QueryLike | None = None, doc_ids: Iterable[str] | None = None
    ) -> list[str]:
        """Remove matching documents in one commit and return their ids."""
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")
        with self._store.transaction():
            return [self._delete(stored) for stored in self._targets(cond, doc_ids)]

    def truncate(self) -> None:
        """Remove all documents in one commit."""
        with self._store.transaction():
            self._catalogue.number(self.name)
            for stored in self._scan():
                self._delete(stored)

    def check(self) -> list[str]:
        """Return what is wrong: a line for each document that an index has lost."""
        table = self._catalogue.find(self.name)
        return [f"{one}: index" for one in indexcheck.lost(self._store, table, self._fields())]

    # Rows

    def _get_next_id(self) -> str:
        """Return an id that no other program can draw as well: 128 random bits."""
        return secrets.token_hex(16)

    def _targets(
        self,
        cond: QueryLike | None,
        doc_ids: Iterable[str] | None,
        *,
        whole: bool = False,
    ) -> Iterable[Stored]:
        if doc_ids is not None:
            return list(filter(None, map(self._by_id, dict.fromkeys(map(str, doc_ids)))))
        if cond is not None:
            return self._matching(cond)
        return self._scan() if whole else ()

    def _insert(self, document: Mapping[str, Any]) -> str:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")  # noqa: TRY004 - as the stock table does
        named = str(document.doc_id) if isinstance(document, Document) else None
        return self._add(self._get_next_id() if named is None else named, document)

    def _add(self, doc_id: str, document: Mapping[str, Any]) -> str:
        body = to_body(document)
        number, fields, seq = self._catalogue.next_row(self.name)
        new = index.marks(fields, _plain(document, body))
        if not self._store.run(_INSERT, (seq, number, doc_id, new.text, body)):
            raise ValueError(f"Document with ID {doc_id} already exists")
        index.enter(self._store, seq, new)
        return doc_id

    def _change(self, stored: Stored, fields: Change) -> str:
        before, new = index.marks(self._fields(), stored.body), stored.body
        if callable(fields):
            fields(new)
        else:
            new.update(fields)
        body = to_body(new)
        after = index.marks(self._fields(), _plain(new, body))
        self._store.rows(
            "UPDATE docs SET text=?, body=? WHERE seq=?", (after.text, body, stored.seq)
        )
        index.replace(self._store, stored.seq, before, after)
        return stored.doc_id

    def _delete(self, stored: Stored) -> str:
        before = index.marks(self._fields(), stored.body)
        index.replace(self._store, stored.seq, before, index.NOTHING)
        self._store.rows("DELETE FROM docs WHERE seq=?", (stored.seq,))
        return stored.doc_id


_INSERT = (
    "INSERT INTO docs (seq, tbl, id, text, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


def document_of(content: Mapping[str, Any], doc_id: str) -> Document:
    """Return a document that will be stored under a text of the caller's choice."""
    return Document(content, doc_id)  # type: ignore[arg-type]  # ids are text here


def _document(stored: Stored) -> Document:
    return document_of(stored.body, stored.doc_id)


def _plain(document: Mapping[Any, Any], body: str | bytes) -> Mapping[str, Any]:
    """Return what will be read again: JSON makes text of every name."""
    try:
        "".join(document)
    except TypeError:
        return from_body(body)
    return document
