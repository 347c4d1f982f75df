"""The index rows of documents, changed in the same transaction as the documents themselves.

Declared fields are registered in the store. A program maintains every field that is registered,
also those that only another program declared, so no index ever lags behind its documents.

A text field has two entries: its trigrams, for parts of three letters or more anywhere in the
text, and the first two letters of each word, for shorter parts at the start of a word. Trigrams
stand without positions (a third of the size); the text itself settles what they propose.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from field_client.vault.connection import Row, StoreConnection
from field_client.vault.planner import Clause, Value, index_value

VALUE = "value"
TEXT = "text"
TRIGRAM = 3
PREFIX = 2
CHUNK = 256
WEIGHT_LIMIT = 1000
LAST_LETTER = chr(0x10FFFF)

Declared = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The indexed fields of one table and their numbers; ``text`` is searched by its parts."""

    values: dict[str, int] = field(default_factory=dict)
    text: dict[str, int] = field(default_factory=dict)


def entries(fields: Fields, document: Mapping[str, Any]) -> set[tuple[int, Value]]:
    """Return the (field, value) index entries of a document."""
    found = {
        (number, value)
        for name, number in fields.values.items()
        if (value := index_value(document.get(name))) is not None
    }
    for name, number in fields.text.items():
        words = folded(document.get(name)).split()
        found |= {(number, word[:PREFIX]) for word in words}
    return found


def missing(
    store: StoreConnection, fields: Fields, seq: int, document: Mapping[str, Any]
) -> set[tuple[int, Value]]:
    """Return the entries that document ``seq`` should have in the store and has not."""
    return {
        (number, value)
        for number, value in entries(fields, document)
        if not store.rows(
            "SELECT 1 FROM doc_index WHERE field=? AND value=? AND seq=?", (number, value, seq)
        )
    }


def folded(text: Any) -> str:
    """Return text as it is searched, without regard to capitals; "" for what is no text."""
    return " ".join(text.casefold().split()) if isinstance(text, str) else ""


def joined_text(fields: Fields, document: Mapping[str, Any]) -> str:
    """Return all searched text of a document, a line for each text field."""
    return "\n".join(folded(document.get(name)) for name in sorted(fields.text))


def replace(
    store: StoreConnection,
    fields: Fields,
    seq: int,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    """Change the entries of document ``seq`` from ``old`` to ``new`` (empty: absent)."""
    before, after = entries(fields, old), entries(fields, new)
    if gone := before - after:
        store.run_many(
            "DELETE FROM doc_index WHERE field=? AND value=? AND seq=?",
            [(number, value, seq) for number, value in gone],
        )
    if come := after - before:
        store.run_many(
            "INSERT INTO doc_index (field, value, seq) VALUES (?, ?, ?)",
            [(number, value, seq) for number, value in come],
        )
    _replace_text(store, seq, joined_text(fields, old).strip(), joined_text(fields, new).strip())


def _replace_text(store: StoreConnection, seq: int, old: str, new: str) -> None:
    if old == new:
        return
    if old:
        store.rows("DELETE FROM doc_text WHERE rowid=?", (seq,))
    if new:
        store.rows("INSERT INTO doc_text (rowid, text) VALUES (?, ?)", (seq, new))


def weight(store: StoreConnection, clause: Clause) -> int:
    """Return how many rows a clause names, counting no further than a thousand for each term."""
    return sum(
        store.rows(
            "SELECT count(*) FROM (SELECT 1 FROM doc_index WHERE field=? AND value=? LIMIT ?)",
            (term.field, term.value, WEIGHT_LIMIT),
        )[0][0]
        for term in clause
    )


def sequences(store: StoreConnection, clause: Clause) -> list[int]:
    """Return the numbers of the documents a clause names, in the table's order."""
    found: set[int] = set()
    for term in clause:
        sql = "SELECT seq FROM doc_index WHERE field=? AND value=?"
        found.update(seq for (seq,) in store.rows(sql, (term.field, term.value)))
    return sorted(found)


def by_parts(store: StoreConnection, fields: Fields, words: Sequence[str]) -> Iterable[int]:
    """Yield the numbers of documents that may hold every word of ``words``, in table order.

    A word of three letters or more may stand anywhere, a shorter one at the start of a word.
    """
    long = [word for word in words if len(word) >= TRIGRAM]
    short = [word for word in words if len(word) < TRIGRAM]
    if long:
        return _by_trigrams(store, long)
    return sorted(set.intersection(*(_by_prefix(store, fields, word) for word in short)))


def _by_trigrams(store: StoreConnection, words: Sequence[str]) -> Iterable[int]:
    grams = {word[at : at + TRIGRAM] for word in words for at in range(len(word) - TRIGRAM + 1)}
    terms = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in sorted(grams))
    after = -1
    while True:
        found = store.rows(
            "SELECT rowid FROM doc_text WHERE doc_text MATCH ? AND rowid > ?"
            " ORDER BY rowid LIMIT ?",
            (terms, after, CHUNK),
        )
        yield from (seq for (seq,) in found)
        if len(found) < CHUNK:
            return
        after = found[-1][0]


def _by_prefix(store: StoreConnection, fields: Fields, word: str) -> set[int]:
    return {
        seq
        for number in fields.text.values()
        for (seq,) in store.rows(
            "SELECT seq FROM doc_index WHERE field=? AND value BETWEEN ? AND ?",
            (number, word, word if len(word) == PREFIX else word + LAST_LETTER),
        )
    }


def chunked(numbers: Iterable[int]) -> Iterable[list[int]]:
    """Yield ``numbers`` in lists of at most 256."""
    rest = iter(numbers)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def register(store: StoreConnection, table: int, kind: str, names: Iterable[str]) -> None:
    """Register fields that are not yet, and index the documents that are already there."""
    known = {name for (name,) in store.rows(_REGISTERED, (table, kind))}
    new = [name for name in names if name not in known]
    if not new:
        return
    before = load(store).get(table, Fields())
    store.run_many(
        "INSERT INTO doc_fields (tbl, name, kind) VALUES (?, ?, ?)",
        [(table, name, kind) for name in new],
    )
    _rebuild(store, table, before, load(store)[table])


_REGISTERED = "SELECT name FROM doc_fields WHERE tbl=? AND kind=?"


def _rebuild(store: StoreConnection, table: int, before: Fields, after: Fields) -> None:
    last = -1
    while found := store.rows(
        "SELECT seq, body FROM docs WHERE tbl=? AND seq>? ORDER BY seq LIMIT ?",
        (table, last, CHUNK),
    ):
        for seq, body in found:
            document = json.loads(body)
            clear(store, before, seq, document)
            replace(store, after, seq, {}, document)
        last = found[-1][0]


def clear(store: StoreConnection, fields: Fields, seq: int, document: Mapping[str, Any]) -> None:
    """Remove every entry of a document."""
    replace(store, fields, seq, document, {})


def load(store: StoreConnection) -> dict[int, Fields]:
    """Return the registered fields of each table number."""
    tables: dict[int, Fields] = {}
    found: list[Row] = store.rows("SELECT no, tbl, name, kind FROM doc_fields")
    for number, table, name, kind in found:
        fields = tables.setdefault(table, Fields())
        (fields.text if kind == TEXT else fields.values)[name] = number
    return tables
