"""Finding people and other records by part of a name, old or new spelling, or by number.

Names are looked up in the store's text index under their folded form, so that "Djoebir" and
"Jubir" are one, and what a lone "M." may stand for is found too. Of a NIK or family card number
any four digits or more are enough: those that begin so come first, then those that hold them.
"""

from collections.abc import Iterator

from tinydb.table import Document

from field_client.entries import Entry
from field_client.journal import Journal
from field_client.tables import id_of
from shared_schema.names import search_tokens

LIMIT = 50
_NUMBER_FIELDS = ("nik", "kk_number")
_FEWEST_DIGITS = 4
_WHOLE_NUMBER = 16
_SEPARATORS = str.maketrans("", "", " .-")


def search(journal: Journal, text: str, limit: int = LIMIT) -> list[Entry]:
    """Return at most ``limit`` drafts, own records and roster rows, the best matches first.

    By name in this order: what was written here is looked for again most.
    """
    digits = text.translate(_SEPARATORS)
    is_number = digits.isascii() and digits.isdigit()
    look = _by_number(journal, digits, limit) if is_number else _by_name(journal, text, limit)
    found: dict[str, Document] = {}
    while len(found) < limit and (document := next(look, None)) is not None:
        found.setdefault(id_of(document), document)
    read = {one: document for one, document in found.items() if "base" in document}
    return journal.entries_of(found, read)


def _by_name(journal: Journal, text: str, limit: int) -> Iterator[Document]:
    wanted = search_tokens(text)
    yield from journal.tables.drafts.match(wanted, limit)
    yield from journal.tables.records.match(wanted, limit, first=("own", True))


def _by_number(journal: Journal, digits: str, limit: int) -> Iterator[Document]:
    if len(digits) < _FEWEST_DIGITS:
        return
    for field in _NUMBER_FIELDS:
        yield from journal.tables.records.beginning(field, digits, limit)
    if len(digits) < _WHOLE_NUMBER:
        yield from journal.tables.records.match([[digits]], limit)
    for draft in journal.tables.drafts:
        if any(digits in str(draft["values"].get(field, "")) for field in _NUMBER_FIELDS):
            yield draft
