"""The house of residents: their family card, else where they live, as far as it is written."""

from collections.abc import Iterable

from sqlalchemy import Connection

from sync_server.store.driver import ask, listed

_HOUSES = (
    "SELECT record, coalesce('kk ' || json_extract(shown, '$.kk_number'),"
    " json_extract(shown, '$.village') || ' ' || coalesce(json_extract(shown, '$.rw'), '') || ' '"
    " || coalesce(json_extract(shown, '$.rt'), '') || ' '"
    " || lower(trim(json_extract(shown, '$.address'))))"
    " FROM records WHERE record IN (SELECT value FROM json_each(?))"
)


def houses_of(connection: Connection, people: Iterable[str]) -> dict[str, str]:
    """Return what tells the house of each of some people; without one whose house nobody wrote."""
    return {who: house for who, house in ask(connection, _HOUSES, listed(sorted(people))) if house}
