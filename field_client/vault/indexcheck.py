"""Whether the indexes of a table hold what its documents say, each read once from end to end.

Looking up every entry of a regency's roster takes minutes; so the entries of all documents and
those of the index are summed up, in any order, and only where the sums differ are they looked up
one by one. Sums of `hash`, which tell damage, not malice: whoever could write the index has the
store's key.
"""

from collections.abc import Iterator

from field_client.vault import index
from field_client.vault.bodies import from_body
from field_client.vault.connection import Row, StoreConnection
from field_client.vault.index import CHUNK, Fields

_PIECE = 4096


def lost(store: StoreConnection, table: int, fields: Fields) -> Iterator[str]:
    """Yield the ids of the documents of ``table`` of which an index has lost something."""
    said, troubled = 0, set[int]()
    for rows in _documents(store, table):
        searched = _searched(store, rows)
        for seq, _, body, text in rows:
            due = index.marks(fields, from_body(body))
            said += sum(hash((*entry, seq)) for entry in due.values)
            if due.text != text or (text is not None and seq not in searched):
                troubled.add(seq)
    differs = said != sum(_entries(store, fields))
    for rows in _documents(store, table) if troubled or differs else ():
        for seq, doc_id, body, _ in rows:
            if seq in troubled or not index.entered(store, fields, seq, from_body(body)):
                yield doc_id


def _documents(store: StoreConnection, table: int) -> Iterator[list[Row]]:
    after, end = index.span(table)
    while rows := store.rows(
        "SELECT seq, id, body, text FROM docs WHERE seq>? AND seq<? ORDER BY seq LIMIT ?",
        (after, end, CHUNK),
    ):
        yield rows
        after = rows[-1][0]


def _searched(store: StoreConnection, rows: list[Row]) -> set[int]:
    """Return which of the documents the index of trigrams knows."""
    sql = "SELECT id FROM doc_text_docsize WHERE id BETWEEN ? AND ?"
    return {seq for (seq,) in store.rows(sql, (rows[0][0], rows[-1][0]))}


def _entries(store: StoreConnection, fields: Fields) -> Iterator[int]:
    for number in fields.values.values():
        found = store.rows(f"{_SELECT} WHERE field=? {_ORDER}", (number, _PIECE))
        while found:
            yield from map(hash, found)
            _, value, seq = found[-1]
            found = store.rows(
                f"{_SELECT} WHERE field=? AND (value, seq) > (?, ?) {_ORDER}",
                (number, value, seq, _PIECE),
            )


_SELECT = "SELECT field, value, seq FROM doc_index"
_ORDER = "ORDER BY value, seq LIMIT ?"
