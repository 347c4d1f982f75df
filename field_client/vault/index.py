"""The index rows of documents, changed in the same transaction as the documents themselves.

Declared fields are registered in the store. A program maintains every field that is registered,
also those that only another program declared, so no index ever lags behind its documents.

The searched text of a document stands in its row, each word behind two spaces, and its trigrams
in a full-text index without positions (a third of the size); the text itself settles what they
propose. Three letters are found anywhere; the spaces make trigrams of the first two letters of a
word and of the first alone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from field_client.vault.bodies import from_body
from field_client.vault.connection import Row, StoreConnection
from field_client.vault.planner import Clause, Value, index_value

VALUE = "value"
TEXT = "text"
CHUNK = 256
WEIGHT_LIMIT = 1000
BEHIND_ALL = "\U0010ffff"
SPAN_BITS = 26
_TRIGRAM = 3
_GAP = "  "

Declared = Mapping[str, Sequence[str]]
Alternatives = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The indexed fields of one table and their numbers; ``text`` is searched by its parts."""

    values: dict[str, int] = field(default_factory=dict)
    text: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What the indexes hold of one document: (field, value) entries and the searched text."""

    values: frozenset[tuple[int, Value]] = frozenset()
    text: str | None = None


NOTHING = Marks()


def span(table: int) -> tuple[int, int]:
    """Return between which numbers the documents of a table stand, both excluded.

    Tables lie apart, so that one of them is read, and searched, without touching another.
    """
    return (table << SPAN_BITS) - 1, (table + 1) << SPAN_BITS


def marks(fields: Fields, document: Mapping[str, Any]) -> Marks:
    """Return what the indexes shall hold of a document."""
    values = frozenset(
        (number, value)
        for name, number in fields.values.items()
        if (value := index_value(document.get(name))) is not None
    )
    return Marks(values=values, text=searched(fields, document) if fields.text else None)


def searched(fields: Fields, document: Mapping[str, Any]) -> str | None:
    """Return all searched words of a document, each behind a gap; None where there is none."""
    found = [_GAP + word for name in fields.text for word in words(document.get(name))]
    return "".join(found) or None


def words(text: Any) -> list[str]:
    """Return the words of a text as they are searched, without capitals; none of what is no text.

    What ends a string in SQLite ends a word here.
    """
    return text.casefold().replace("\0", " ").split() if isinstance(text, str) else []


def enter(store: StoreConnection, seq: int, new: Marks) -> None:
    """Write the index rows of the new document ``seq``; the text in its row is the caller's."""
    if new.values:
        store.run_many(_ENTER, [(number, value, seq) for number, value in new.values])
    if new.text is not None:
        store.run(_ENTER_TEXT, (seq, new.text))


def enter_many(store: StoreConnection, entries: Sequence[tuple[int, Value, int]]) -> None:
    """Write (field, value, number) entries of the index that are not there yet, in their order."""
    store.run_many(_ENTER, entries)


_ENTER = "INSERT INTO doc_index (field, value, seq) VALUES (?, ?, ?)"
_ENTER_TEXT = "INSERT INTO doc_text (rowid, text) VALUES (?, ?)"


def replace(store: StoreConnection, seq: int, before: Marks, after: Marks) -> None:
    """Change the index rows of document ``seq``; the text in its row is the caller's."""
    if gone := before.values - after.values:
        store.run_many(
            "DELETE FROM doc_index WHERE field=? AND value=? AND seq=?",
            [(number, value, seq) for number, value in gone],
        )
    if come := after.values - before.values:
        store.run_many(_ENTER, [(number, value, seq) for number, value in come])
    if before.text != after.text:
        if before.text is not None:
            store.rows("DELETE FROM doc_text WHERE rowid=?", (seq,))
        if after.text is not None:
            store.rows(_ENTER_TEXT, (seq, after.text))


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
    values: dict[int, list[Value]] = {}
    for term in clause:
        values.setdefault(term.field, []).append(term.value)
    for field_, wanted in values.items():
        for at in range(0, len(wanted), CHUNK):
            some = wanted[at : at + CHUNK]
            sql = _ONE_OF.format(",".join("?" * len(some)))
            found.update(seq for (seq,) in store.rows(sql, (field_, *some)))
    return sorted(found)


_ONE_OF = "SELECT seq FROM doc_index WHERE field=? AND value IN ({})"


def beginning(store: StoreConnection, number: int, text: str, limit: int) -> list[int]:
    """Return the numbers of at most ``limit`` documents whose field ``number`` begins so."""
    sql = "SELECT seq FROM doc_index WHERE field=? AND value>=? AND value<? ORDER BY value LIMIT ?"
    return [seq for (seq,) in store.rows(sql, (number, text, text + BEHIND_ALL, limit))]


def between(store: StoreConnection, number: int, low: str, high: str, limit: int) -> list[int]:
    """Return the numbers of at most ``limit`` documents from ``low`` to ``high``, both included."""
    sql = "SELECT seq FROM doc_index WHERE field=? AND value>=? AND value<=? ORDER BY value LIMIT ?"
    return [seq for (seq,) in store.rows(sql, (number, low, high, limit))]


def latest(store: StoreConnection, number: int, value: str, limit: int) -> list[int]:
    """Return the numbers of at most ``limit`` documents with a value, the newest first."""
    sql = "SELECT seq FROM doc_index WHERE field=? AND value=? ORDER BY seq DESC LIMIT ?"
    return [seq for (seq,) in store.rows(sql, (number, value, limit))]


def count_between(store: StoreConnection, number: int, low: str, high: str) -> int:
    """Return how many documents have a value from ``low`` to ``high``; none of them is read."""
    sql = "SELECT count(*) FROM doc_index WHERE field=? AND value>=? AND value<=?"
    counted: int = store.rows(sql, (number, low, high))[0][0]
    return counted


def values(store: StoreConnection, number: int) -> list[str]:
    """Return every value of field ``number``, in the order of the documents; none is read."""
    sql = "SELECT value FROM doc_index WHERE field=? ORDER BY seq"
    return [value for (value,) in store.rows(sql, (number,))]


def values_between(store: StoreConnection, number: int, low: str, high: str) -> list[str]:
    """Return the values of field ``number`` from ``low`` to ``high``, in their order."""
    sql = "SELECT value FROM doc_index WHERE field=? AND value>=? AND value<=? ORDER BY value"
    return [value for (value,) in store.rows(sql, (number, low, high))]


def by_parts(
    store: StoreConnection,
    table: int,
    wanted: Sequence[Alternatives],
    piece: int,
    *,
    newest: bool = False,
) -> Iterator[tuple[int, str]]:
    """Yield number and searched text of the documents that hold every one of ``wanted``.

    In the table's order, or the ``newest`` first, which costs more where few of what trigrams
    propose hold it. A word of three letters or more may stand anywhere, a shorter one at the start
    of a word; of a word's alternatives any will do. ``piece``: how many to propose at a time, about
    as many as will be taken.
    """
    terms = " AND ".join(f"({' OR '.join(map(_grams, ways))})" for ways in wanted)
    after, before = span(table)
    while True:
        found = store.rows(_PROPOSED[newest], (terms, after, before, piece))
        for seq, text in found:
            if _holds_all(text, wanted):
                yield seq, text
        if len(found) < piece:
            return
        after, before = (after, found[-1][0]) if newest else (found[-1][0], before)


_OF_PARTS = (
    "SELECT docs.seq, docs.text FROM doc_text CROSS JOIN docs ON docs.seq=doc_text.rowid"
    " WHERE doc_text MATCH ? AND doc_text.rowid>? AND doc_text.rowid<? ORDER BY doc_text.rowid"
)
_PROPOSED = {False: _OF_PARTS + " LIMIT ?", True: _OF_PARTS + " DESC LIMIT ?"}


def of_few(
    store: StoreConnection, table: int, wanted: Sequence[Alternatives], few: int
) -> list[tuple[int, str]] | None:
    """Return what `by_parts` yields of a table of at most ``few`` documents; None of a larger."""
    begin, end = span(table)
    more = "SELECT 1 FROM docs WHERE seq>? AND seq<? LIMIT 1 OFFSET ?"
    if store.rows(more, (begin, end, few)):
        return None
    found = store.rows("SELECT seq, text FROM docs WHERE seq>? AND seq<?", (begin, end))
    return [(seq, text) for seq, text in found if text and _holds_all(text, wanted)]


def of_latest(
    store: StoreConnection, number: int, value: Value, wanted: Sequence[Alternatives], most: int
) -> Iterator[tuple[int, str]]:
    """Yield what `by_parts` does, of the ``most`` newest with ``value`` in field ``number``."""
    found = store.rows(
        "SELECT docs.seq, docs.text FROM doc_index CROSS JOIN docs ON docs.seq=doc_index.seq"
        " WHERE doc_index.field=? AND doc_index.value=? ORDER BY doc_index.seq DESC LIMIT ?",
        (number, value, most),
    )
    return ((seq, text) for seq, text in found if text and _holds_all(text, wanted))


def among(store: StoreConnection, number: int, value: Value, some: Iterable[int]) -> set[int]:
    """Return which of these documents have ``value`` in field ``number``."""
    sql = (
        "SELECT seq FROM doc_index WHERE field=? AND value=?"
        " AND seq IN (SELECT value FROM json_each(?))"
    )
    return {seq for (seq,) in store.rows(sql, (number, value, json.dumps(list(some))))}


def rank(text: str, wanted: Sequence[Alternatives]) -> tuple[int, int, int]:
    """Return how well a text fits, the least best.

    Few words that do not begin so, few that do not hold the first of the ways, then short.
    Numbers do not make a text longer: a person has them or not.
    """
    late = sum(not any(_begins(text, way) for way in ways) for ways in wanted)
    other = sum(not _holds(text, ways[0]) for ways in wanted)
    return late, other, sum(len(word) for word in text.split() if not word.isdigit())


def _begins(text: str, word: str) -> bool:
    return f" {word}" in text


def _holds_all(text: str, wanted: Sequence[Alternatives]) -> bool:
    return all(any(_holds(text, way) for way in ways) for ways in wanted)


def _holds(text: str, word: str) -> bool:
    return word in text if len(word) >= _TRIGRAM else _begins(text, word)


def _grams(word: str) -> str:
    long = word if len(word) >= _TRIGRAM else (_GAP + word)[-_TRIGRAM:]
    grams = {long[at : at + _TRIGRAM] for at in range(len(long) - _TRIGRAM + 1)}
    return f"({' AND '.join(_quoted(gram) for gram in sorted(grams))})"


def _quoted(gram: str) -> str:
    return '"' + gram.replace('"', '""') + '"'


def entered(store: StoreConnection, fields: Fields, seq: int, document: Mapping[str, Any]) -> bool:
    """Tell whether every entry of document ``seq`` is in the index."""
    entries = marks(fields, document).values
    return all(store.rows(_ENTERED, (*entry, seq)) for entry in entries)


_ENTERED = "SELECT 1 FROM doc_index WHERE field=? AND value=? AND seq=?"


def register(store: StoreConnection, table: int, kind: str, names: Iterable[str]) -> None:
    """Register fields that are not yet, and index the documents that are already there."""
    before = load(store).get(table, Fields())
    if announce(store, table, kind, names):
        _rebuild(store, table, before, load(store)[table])


def announce(store: StoreConnection, table: int, kind: str, names: Iterable[str]) -> list[str]:
    """Register fields that are not yet, and return them; what is there already is not indexed."""
    known = {name for (name,) in store.rows(_REGISTERED, (table, kind))}
    new = [name for name in names if name not in known]
    if new:
        store.run_many(
            "INSERT INTO doc_fields (tbl, name, kind) VALUES (?, ?, ?)",
            [(table, name, kind) for name in new],
        )
    return new


_REGISTERED = "SELECT name FROM doc_fields WHERE tbl=? AND kind=?"


def _rebuild(store: StoreConnection, table: int, before: Fields, after: Fields) -> None:
    for seq, body in bodies(store, table):
        document = from_body(body)
        old, new = marks(before, document), marks(after, document)
        replace(store, seq, old, new)
        if new.text != old.text:
            store.rows("UPDATE docs SET text=? WHERE seq=?", (new.text, seq))


def bodies(store: StoreConnection, table: int) -> Iterator[tuple[int, str | bytes]]:
    """Yield number and body of a table's documents in turn; each may be changed meanwhile."""
    last, end = span(table)
    while found := store.rows(
        "SELECT seq, body FROM docs WHERE seq>? AND seq<? ORDER BY seq LIMIT ?", (last, end, CHUNK)
    ):
        yield from found
        last = found[-1][0]


def load(store: StoreConnection) -> dict[int, Fields]:
    """Return the registered fields of each table number."""
    tables: dict[int, Fields] = {}
    found: list[Row] = store.rows("SELECT no, tbl, name, kind FROM doc_fields ORDER BY no")
    for number, table, name, kind in found:
        fields = tables.setdefault(table, Fields())
        (fields.text if kind == TEXT else fields.values)[name] = number
    return tables
