"""Own records and changes from before they had a line in the index: they are given it.

`briefs` says what stands in the lines. Only what this laptop wrote has one, so however large the
roster is, this is soon done.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from field_client import briefs, entries
from field_client.reduction import logged
from field_client.vault import index
from field_client.vault.bodies import from_body, to_body
from field_client.vault.connection import Row, StoreConnection
from field_client.vault.snapshot import Progress

_Line = Callable[[Mapping[str, Any]], str | None]


def enter(store: StoreConnection, _progress: Progress) -> None:
    """Write the lines of own records and changes; only within a transaction.

    What a document has already stays, and is indexed if it was not.
    """
    for (table,) in store.rows("SELECT no FROM doc_tables WHERE name='records'"):
        _enter(store, table, "brief", _own(store, table), _brief)
    for (table,) in store.rows("SELECT no FROM doc_tables WHERE name='changes'"):
        _enter(store, table, "saved", index.bodies(store, table), _saved)


def _enter(store: StoreConnection, table: int, name: str, rows: Iterable[Row], line: _Line) -> None:
    new = index.announce(store, table, index.VALUE, (name,))
    number = index.load(store)[table].values[name]
    for seq, body in rows:
        document = from_body(body)
        if name not in document:
            document[name] = line(document)
            store.run("UPDATE docs SET body=? WHERE seq=?", (to_body(document), seq))
        elif not new:
            continue
        if document[name] is not None:
            index.enter_many(store, [(number, document[name], seq)])


def _own(store: StoreConnection, table: int) -> list[Row]:
    """Return number and body of the records that were written here."""
    fields = index.load(store).get(table, index.Fields()).values
    return store.rows(
        "SELECT docs.seq, body FROM doc_index JOIN docs ON docs.seq=doc_index.seq"
        " WHERE field=? AND value=1",
        (fields.get("own"),),
    )


def _brief(document: Mapping[str, Any]) -> str | None:
    if not document.get("mine"):
        return None
    return entries.brief_of(document["mine"]["record"], document)


def _saved(document: Mapping[str, Any]) -> str | None:
    return None if document.get("reduced") else briefs.saved_text(logged(document).change)
