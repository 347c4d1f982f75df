"""Remarks of the office that time has overtaken: it did not know a type yet, and knows it now.

An office with an older program keeps a change of a newer type, and says so on its receipt; when it
has been updated nothing is wrong any more, and no receipt will ever say so. Its welcome does.
"""

from collections.abc import Mapping
from typing import Any

from field_client.journal import Journal
from field_client.tables import id_of

_UNKNOWN = frozenset({"TYPE_NEWER", "TYPE_UNKNOWN"})


def settle_known(journal: Journal, types: Mapping[str, int]) -> None:
    """Settle what was remarked for want of ``types``: those the office knows, with versions."""
    settled = [
        id_of(document)
        for document in journal.tables.remarks
        if _UNKNOWN.issuperset(note["code"] for note in document["notes"])
        and _knows(types, journal.tables.records.get(doc_id=id_of(document)))
    ]
    if settled:
        with journal.transaction():
            journal.tables.remarks.remove(doc_ids=settled)


def _knows(types: Mapping[str, int], record: Any) -> bool:
    return record is not None and types.get(record["type"], 0) >= record["version"]
