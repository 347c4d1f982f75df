"""People recorded before they were looked up by a thing: their documents are given it.

`entries.born` and `entries.to_record` are written with every save since; a roster that nobody
touches would never have them. Such a roster may be a regency: each document is read once and
written once, and the index gets its entries at the end, in its own order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from field_client import entries
from field_client.vault import index
from field_client.vault.bodies import from_body, to_body
from field_client.vault.connection import StoreConnection
from field_client.vault.planner import Value, index_value
from field_client.vault.snapshot import Progress
from shared_schema.changes import VOID

_AT_ONCE = 512
_PERSON = "person"
Found = Mapping[str, Callable[[Mapping[str, Any]], str | None]]


def enter(store: StoreConnection, progress: Progress) -> None:
    """Write day of birth, and whether they are still to be recorded, into every person's document.

    Only within a transaction. What a document has already stays; both are indexed then.
    """
    for (table,) in store.rows("SELECT no FROM doc_tables WHERE name='records'"):
        new = index.announce(store, table, index.VALUE, tuple(_VALUES))
        numbers = index.load(store)[table].values
        changed: list[tuple[str | bytes, int]] = []
        indexed: list[tuple[int, Value, int]] = []
        for seq, document, missing in _people(store, table, progress):
            if missing:
                changed.append((to_body(document), seq))
            for name in {*missing, *new}:
                value = index_value(document[name])
                if value is not None:
                    indexed.append((numbers[name], value, seq))
            if len(changed) == _AT_ONCE:
                _put(store, changed)
        _put(store, changed)
        index.enter_many(store, sorted(indexed))


def _people(
    store: StoreConnection, table: int, progress: Progress
) -> Iterator[tuple[int, dict[str, Any], Sequence[str]]]:
    """Yield each person's number, whole document, and the names of what it lacked."""
    first, last = index.span(table)
    ((last,),) = store.rows("SELECT max(seq) FROM docs WHERE seq<?", (last,))
    for seq, body in index.bodies(store, table):
        if seq % _AT_ONCE == 0:
            progress((seq - first) / (last - first))
        document = from_body(body)
        if document.get("type") != _PERSON:
            continue
        missing = [name for name in _VALUES if name not in document]
        if missing:
            values = entries.shown(document)
            document |= {name: _VALUES[name](values) for name in missing}
        yield seq, document, missing


def _put(store: StoreConnection, changed: list[tuple[str | bytes, int]]) -> None:
    store.run_many("UPDATE docs SET body=? WHERE seq=?", changed)
    changed.clear()


def _to_record(values: Mapping[str, Any]) -> str | None:
    return entries.to_record(_PERSON, values, void=values.get(VOID) is not None)


_VALUES: Found = {"born": entries.born, "to_record": _to_record}
