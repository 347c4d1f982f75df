"""Words of this program's own for showing records; the rest is `shared_schema.display`.

Pure. Ids are shown by their last group, which is what differs between the records of one laptop.
"""

from uuid import UUID

from shared_schema.display import (
    MASK,
    field_rows,
    instant,
    local_time,
    masked,
    moment,
    pairs,
    table,
    time_zone,
    title,
    value_text,
)
from shared_schema.i18n import Label

__all__ = [
    "MASK",
    "SHORT_ID_LENGTH",
    "STATES",
    "field_rows",
    "instant",
    "local_time",
    "masked",
    "moment",
    "pairs",
    "short_id",
    "state_word",
    "table",
    "time_zone",
    "title",
    "value_text",
]
SHORT_ID_LENGTH = 12
STATES = {
    "draft": Label(id="Draf", en="Draft"),
    "waiting": Label(id="Menunggu dikirim", en="Waiting to send"),
    "held": Label(id="Menunggu (dititipkan)", en="Waiting (held)"),
    "received": Label(id="Diterima server", en="Received by server"),
    "attention": Label(id="Perlu perhatian", en="Needs attention"),
    "roster": Label(id="Daftar kantor", en="Office list"),
}


def short_id(record: UUID | str) -> str:
    """Return the last group of an id; commands take it in place of the whole."""
    return str(record)[-SHORT_ID_LENGTH:]


def state_word(state: str, lang: str) -> str:
    """Return the officer's word for a record's state."""
    known = STATES.get(state)
    return known.text(lang) if known else state
