"""How common each word of a name is in this office's own register: counted, kept, and gone by.

What is kept is never altered, and the version beside a weight names it (`2-1f0c9a3e`: parameters 2,
the counts of that digest). So each weight can be worked out again, however the register grew.
"""

from dataclasses import replace

from sqlalchemy import Connection

from shared_schema.canonical import decode, digest, encode
from shared_schema.matching.parameters import Parameters, of_register, shipped, word_counts
from shared_schema.matching.people import name_of
from sync_server.store.queries import matching

_DIGEST_BYTES = 4
_FEWEST = 3
_GROWN = 1.5
_READ_AT_MOST = 8
_read: dict[str, Parameters] = {}


def parameters_of(connection: Connection) -> Parameters:
    """Return the parameters to compare by now; those shipped before anybody is counted."""
    newest = matching.newest_words(connection)
    return _parameters(connection, newest[0]) if newest else shipped()


def parameters_named(connection: Connection, version: str) -> Parameters | None:
    """Return the parameters of a version that stands beside a weight, None for an older program's.

    The same weights follow from them as were found then.
    """
    number, _, counted = version.partition("-")
    if number != shipped().version:
        return None
    if not counted:
        return shipped()
    return _parameters(connection, counted) if matching.words(connection, counted) else None


def renew(connection: Connection) -> None:
    """Count the words of everybody kept for comparing; they hold from now on."""
    people = matching.count_people(connection)
    counts = word_counts(name_of(packed) for packed in matching.packed_people(connection))
    kept = {word: count for word, count in counts.items() if count >= _FEWEST}
    named = digest({"people": people, "counts": kept})[:_DIGEST_BYTES].hex()
    newest = matching.newest_words(connection)
    if people and (newest is None or newest[0] != named):
        matching.put_words(connection, named, people, encode(kept).decode())


def renew_if_grown(connection: Connection) -> None:
    """Count anew where half as many have come as were counted: without a register to import."""
    newest = matching.newest_words(connection)
    if newest is None or matching.count_people(connection) > _GROWN * newest[1]:
        renew(connection)


def renew_if_never(connection: Connection) -> None:
    """Count for the first time: the database is older."""
    if matching.newest_words(connection) is None:
        renew(connection)


def _parameters(connection: Connection, counted: str) -> Parameters:
    """Return them from memory: counts of one digest are the same in any database."""
    found = _read.get(counted)
    if found is None:
        people, counts = matching.words(connection, counted) or (0, "{}")
        made = of_register(shipped(), decode(counts.encode()), people)
        found = replace(made, version=f"{made.version}-{counted}")
        if len(_read) >= _READ_AT_MOST:
            _read.clear()
        _read[counted] = found
    return found
