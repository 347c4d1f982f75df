"""TinyDB's table over rows: the same methods and results, one row a document.

Differences from the stock table, all of them wanted: ids are text; nothing is cached, so no two
callers ever share a nested object and another program's changes show at once; `upsert` is one
commit; a document must be JSON. `match` is added for searching by parts of a text.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from field_client.vault import index, planner
from field_client.vault.catalogue import Catalogue
from field_client.vault.connection import Row
from field_client.vault.index import CHUNK, Fields

MATCH_CANDIDATES = 200
Change = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class _Stored(NamedTuple):
    seq: int
    doc_id: str
    body: dict[str, Any]


class VaultTable(Table):
    """One table of documents in the vault; get it from `VaultDB.table`."""

    document_id_class = str  # type: ignore[assignment]  # ids are text here
    default_query_cache_capacity = 0

    def __init__(self, storage: Any, name: str, *, persist_empty: bool = False) -> None:
        self._catalogue: Catalogue = storage.catalogue
        self._store = self._catalogue.store
        super().__init__(storage, name, cache_size=0)
        if persist_empty:
            with self._store.transaction():
                self._catalogue.number(name)

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
            found = filter(None, map(self._by_id, {str(one) for one in doc_ids}))
            return [_document(stored) for stored in sorted(found)]
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

    def match(self, text: str, limit: int = 50) -> list[Document]:
        """Return at most ``limit`` documents whose searched text holds every word of ``text``.

        A word of three letters or more may stand anywhere, a shorter one at the start of a word;
        capitals do not count. Of the first candidates (200 or four times the limit) those whose
        words begin so come first, then the shorter texts.
        """
        words = index.folded(text).split()
        fields = self._fields()
        if not words or not fields.text:
            return []
        found: list[tuple[int, int, _Stored]] = []
        for stored in self._by_sequence(index.by_parts(self._store, fields, words)):
            haystack = index.joined_text(fields, stored.body)
            if all(_holds(haystack, word) for word in words):
                late = sum(not _starts(haystack, word) for word in words)
                found.append((late, len(haystack), stored))
                if len(found) >= max(MATCH_CANDIDATES, 4 * limit):
                    break
        found.sort(key=lambda each: each[:2])
        return [_document(stored) for _, _, stored in found[:limit]]

    def __len__(self) -> int:
        number = self._catalogue.find(self.name)
        count: int = self._store.rows("SELECT count(*) FROM docs WHERE tbl=?", (number,))[0][0]
        return count

    def __iter__(self) -> Iterator[Document]:
        return map(_document, self._scan())

    # Writing

    def insert(self, document: Mapping[str, Any]) -> str:  # type: ignore[override]
        """Insert a document under its own id (`Document`) or a random one; ValueError if taken."""
        return self.insert_multiple([document])[0]

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
        doc_ids = [str(document.doc_id)] if isinstance(document, Document) else None
        if doc_ids is None and cond is None:
            raise ValueError("upsert needs a query or a document with an id")
        with self._store.transaction():
            return self.update(document, cond, doc_ids) or [self.insert(document)]

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
        return [
            f"{stored.doc_id}: index"
            for stored in self._scan()
            if index.missing(self._store, self._fields(), stored.seq, stored.body)
        ]

    # Rows

    def _get_next_id(self) -> str:
        """Return an id that no other program can draw as well: 128 random bits."""
        return secrets.token_hex(16)

    def _fields(self) -> Fields:
        return self._catalogue.fields(self.name)

    def _by_id(self, doc_id: str) -> _Stored | None:
        found = self._store.rows(
            "SELECT seq, id, body FROM docs WHERE tbl=? AND id=?",
            (self._catalogue.find(self.name), doc_id),
        )
        return _stored(found[0]) if found else None

    def _scan(self) -> Iterator[_Stored]:
        """Read the whole table a piece at a time; no cursor stays open between pieces."""
        number, last = self._catalogue.find(self.name), -1
        while found := self._store.rows(
            "SELECT seq, id, body FROM docs WHERE tbl=? AND seq>? ORDER BY seq LIMIT ?",
            (number, last, CHUNK),
        ):
            yield from map(_stored, found)
            last = found[-1][0]

    def _by_sequence(self, sequences: Iterable[int]) -> Iterator[_Stored]:
        number = self._catalogue.find(self.name)
        for chunk in index.chunked(sequences):
            found = self._store.rows(
                "SELECT seq, id, body FROM docs WHERE tbl=? AND seq IN"  # noqa: S608 - marks only
                f" ({','.join('?' * len(chunk))}) ORDER BY seq",
                (number, *chunk),
            )
            yield from map(_stored, found)

    def _matching(self, cond: QueryLike) -> Iterator[_Stored]:
        clauses = planner.clauses(cond, self._fields().values)
        clause = planner.narrowest(clauses, lambda one: index.weight(self._store, one))
        if clause is None:
            candidates = self._scan()
        else:
            candidates = self._by_sequence(index.sequences(self._store, clause))
        return (stored for stored in candidates if cond(stored.body))

    def _targets(
        self,
        cond: QueryLike | None,
        doc_ids: Iterable[str] | None,
        *,
        whole: bool = False,
    ) -> Iterable[_Stored]:
        if doc_ids is not None:
            return list(filter(None, map(self._by_id, dict.fromkeys(map(str, doc_ids)))))
        if cond is not None:
            return self._matching(cond)
        return self._scan() if whole else ()

    def _insert(self, document: Mapping[str, Any]) -> str:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")  # noqa: TRY004 - as the stock table does
        if isinstance(document, Document):
            doc_id = str(document.doc_id)
            if self._by_id(doc_id) is not None:
                raise ValueError(f"Document with ID {doc_id} already exists")
        else:
            doc_id = self._get_next_id()
        body = _encode(document)
        ((seq,),) = self._store.rows(
            "INSERT INTO docs (tbl, id, body) VALUES (?, ?, ?) RETURNING seq",
            (self._catalogue.number(self.name), doc_id, body),
        )
        index.replace(self._store, self._fields(), seq, {}, json.loads(body))
        return doc_id

    def _change(self, stored: _Stored, fields: Change) -> str:
        new = json.loads(_encode(stored.body))
        if callable(fields):
            fields(new)
        else:
            new.update(fields)
        body = _encode(new)
        self._store.rows("UPDATE docs SET body=? WHERE seq=?", (body, stored.seq))
        index.replace(self._store, self._fields(), stored.seq, stored.body, json.loads(body))
        return stored.doc_id

    def _delete(self, stored: _Stored) -> str:
        index.clear(self._store, self._fields(), stored.seq, stored.body)
        self._store.rows("DELETE FROM docs WHERE seq=?", (stored.seq,))
        return stored.doc_id


def document_of(content: Mapping[str, Any], doc_id: str) -> Document:
    """Return a document that will be stored under a text of the caller's choice."""
    return Document(content, doc_id)  # type: ignore[arg-type]  # ids are text here


def _stored(row: Row) -> _Stored:
    seq, doc_id, body = row
    return _Stored(seq, doc_id, json.loads(body))


def _document(stored: _Stored) -> Document:
    return document_of(stored.body, stored.doc_id)


def _encode(document: Mapping[str, Any]) -> str:
    return json.dumps(dict(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _holds(haystack: str, word: str) -> bool:
    return word in haystack if len(word) >= index.TRIGRAM else _starts(haystack, word)


def _starts(haystack: str, word: str) -> bool:
    return haystack.startswith(word) or f" {word}" in haystack or f"\n{word}" in haystack
