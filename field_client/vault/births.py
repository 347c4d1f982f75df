"""People recorded before their day of birth was looked up by: their documents are given it.

`entries.born` is written with every save since; a roster that nobody touches would never have it.
"""

from typing import Any

from field_client import entries
from field_client.vault import index
from field_client.vault.bodies import from_body, to_body
from field_client.vault.connection import StoreConnection
from field_client.vault.index import Fields


def enter(store: StoreConnection) -> None:
    """Write every person's day of birth into document and index; only within a transaction.

    Where the field is not registered yet, registering it indexes what is written here.
    """
    for (table,) in store.rows("SELECT no FROM doc_tables WHERE name='records'"):
        fields = index.load(store).get(table, Fields())
        for seq, body in index.bodies(store, table):
            _enter(store, fields, seq, from_body(body))


def _enter(store: StoreConnection, fields: Fields, seq: int, document: dict[str, Any]) -> None:
    if document.get("type") != "person" or "born" in document:
        return
    before = index.marks(fields, document)
    document["born"] = entries.born(entries.shown(document))
    store.run("UPDATE docs SET body=? WHERE seq=?", (to_body(document), seq))
    index.replace(store, seq, before, index.marks(fields, document))
