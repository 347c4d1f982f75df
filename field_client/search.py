"""Finding people and other records by part of a name, old or new spelling, or by number.

Names are looked up in the store's text index under their folded form, so that "Djoebir" and
"Jubir" are one, and what a lone "M." may stand for is found too. A whole NIK or family card
number is answered from an index; from four digits on, its beginning is looked for in every
record, which takes longer.
"""

from collections.abc import Iterator
from uuid import UUID

from tinydb import where

from field_client.entries import Entry
from field_client.journal import Journal
from shared_schema.names import search_tokens

LIMIT = 50
_NUMBER_FIELDS = ("nik", "kk_number")
_WHOLE_NUMBER = 16
_FEWEST_DIGITS = 4
_SEPARATORS = str.maketrans("", "", " .-")


def search(journal: Journal, text: str, limit: int = LIMIT) -> list[Entry]:
    """Return at most ``limit`` own records, drafts and roster rows, the best matches first."""
    digits = text.translate(_SEPARATORS)
    is_number = digits.isascii() and digits.isdigit()
    found = _by_number(journal, digits) if is_number else _by_name(journal, text, limit)
    entries = (journal.entry(UUID(doc_id)) for doc_id in dict.fromkeys(found))
    return [entry for entry in entries if entry is not None][:limit]


def _by_name(journal: Journal, text: str, limit: int) -> Iterator[str]:
    wanted = " ".join(search_tokens(text))
    for table in (journal.tables.records, journal.tables.drafts):
        for document in table.match(wanted, limit):
            yield str(document.doc_id)


def _by_number(journal: Journal, digits: str) -> Iterator[str]:
    if len(digits) < _FEWEST_DIGITS:
        return
    nik, card = (where(name) == digits for name in _NUMBER_FIELDS)
    records = journal.tables.records
    for document in records.search(nik | card) if len(digits) == _WHOLE_NUMBER else records:
        if any(str(document.get(name) or "").startswith(digits) for name in _NUMBER_FIELDS):
            yield str(document.doc_id)
    for draft in journal.drafts():
        if any(str(draft.values.get(name, "")).startswith(digits) for name in _NUMBER_FIELDS):
            yield str(draft.record)
