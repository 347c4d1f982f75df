"""People recorded before they were looked up by a thing: their documents are given it.

`entries.born` and `entries.to_record` are written with every save since; a roster that nobody
touches would never have them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from field_client import entries
from field_client.vault import index
from field_client.vault.bodies import from_body, to_body
from field_client.vault.connection import StoreConnection
from field_client.vault.index import Fields
from shared_schema.changes import VOID

Value = Callable[[Mapping[str, Any]], str | None]


def enter(store: StoreConnection) -> None:
    """Write every person's day of birth into document and index; only within a transaction.

    Where the field is not registered yet, registering it indexes what is written here.
    """
    _enter_all(store, "born", entries.born)


def enter_to_record(store: StoreConnection) -> None:
    """Write into every person's document whether they are still to be recorded; as `enter`."""
    _enter_all(store, "to_record", _to_record)


def _to_record(values: Mapping[str, Any]) -> str | None:
    return entries.to_record("person", values, void=values.get(VOID) is not None)


def _enter_all(store: StoreConnection, name: str, value: Value) -> None:
    for (table,) in store.rows("SELECT no FROM doc_tables WHERE name='records'"):
        fields = index.load(store).get(table, Fields())
        for seq, body in index.bodies(store, table):
            document = from_body(body)
            if document.get("type") == "person" and name not in document:
                before = index.marks(fields, document)
                document[name] = value(entries.shown(document))
                _put(store, fields, seq, document, before)


def _put(
    store: StoreConnection, fields: Fields, seq: int, document: dict[str, Any], before: index.Marks
) -> None:
    store.run("UPDATE docs SET body=? WHERE seq=?", (to_body(document), seq))
    index.replace(store, seq, before, index.marks(fields, document))
