"""Who shares a blocking key: an index in memory over what the database keeps.

All keys up to some person's number lie sorted in one row of the database, the *segment*, which is
taken into memory as it is. Those of later people are added one by one. So an arrival costs one
short row, and no page of a large index on the disk; and opening costs one read.

A transaction that is undone leaves no trace: the index is then read anew.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, delete, event, func, select

from shared_schema.matching.keys import KEY_LIMIT
from sync_server.store.driver import ask
from sync_server.store.match_tables import match_segments

# So many people may stand behind the segment before it is written anew.
LATE_LIMIT = 20_000
_NEWEST = (
    "SELECT (SELECT coalesce(max(id), 0) FROM match_segments),"
    " (SELECT coalesce(max(number), 0) FROM match_people)"
)
_BEHIND = "SELECT number, blocks FROM match_people WHERE number > ? ORDER BY number"
# Keys are spread evenly, so the first bits of one say about where it lies.
_FIRST_BITS = 12
_REST_BITS = 64 - _FIRST_BITS
_BELOW_ZERO = 1 << _FIRST_BITS - 1
_KEYS: Final = "q"
_NUMBERS: Final = "i"
_NOWHERE: Final = array(_NUMBERS, [0]) * ((1 << _FIRST_BITS) + 1)


class Blocks:
    """Numbers of people by blocking key, as of one moment of a transaction."""

    def __init__(self) -> None:
        """Begin empty: `catch_up` fills it."""
        self._reset(0)

    def _reset(self, segment: int) -> None:
        self._segment = segment
        self._keys: Any = array(_KEYS)
        self._numbers: Any = array(_NUMBERS)
        self._places = _NOWHERE
        # A number alone where it is the only one, as of most keys: no list to make and to keep.
        self._late: dict[int, int | list[int]] = {}
        self._late_people = 0
        self.last = 0

    def sharing(self, keys: Iterable[int]) -> set[int]:
        """Return who has one of the keys, those that are too common to say anything left out."""
        found: set[int] = set()
        known, late, places = self._keys, self._late, self._places
        size = len(known)
        for key in keys:
            first = (key >> _REST_BITS) + _BELOW_ZERO
            at = bisect_left(known, key, places[first], places[first + 1])
            end = at
            if at < size and known[at] == key:
                end = at + 1
                if end < size and known[end] == key:
                    end = bisect_right(known, key, end, min(at + KEY_LIMIT + 1, size))
            added = late.get(key)
            some = () if added is None else (added,) if isinstance(added, int) else added
            if end - at + len(some) <= KEY_LIMIT:
                found.update(self._numbers[at:end])
                found.update(some)
        return found

    def add(self, number: int, keys: Iterable[int]) -> None:
        """Note a person with a new highest number."""
        late = self._late
        for key in keys:
            have = late.setdefault(key, number)
            if isinstance(have, list):
                have.append(number)
            elif have != number:
                late[key] = [have, number]
        self._late_people += 1
        self.last = number

    def catch_up(self, connection: Connection) -> None:
        """Take in what was written since, by whichever program."""
        ((segment, highest),) = ask(connection, _NEWEST)
        if segment != self._segment or highest < self.last:
            self._load(connection, segment)
        if highest > self.last:
            for number, keys in ask(connection, _BEHIND, self.last):
                self.add(number, keys_from(keys))

    def _load(self, connection: Connection, segment: int) -> None:
        self._reset(segment)
        row = connection.execute(
            select(match_segments).where(match_segments.c.id == segment)
        ).one_or_none()
        if row is not None:
            # Copied: an array is searched and merged faster than a view of the bytes.
            self._keys = keys_from(row.blocks)
            self._numbers = array(_NUMBERS, row.numbers)
            self._places = _places(self._keys)
            self.last = row.upto

    def settle(self, connection: Connection) -> bool:
        """Write the segment anew where many stand behind it; tell whether that was so."""
        if self._late_people <= LATE_LIMIT:
            return False
        keys, numbers = _merged(self._keys, self._numbers, self._late)
        write_segment(connection, self.last, keys, numbers)
        self.catch_up(connection)
        return True


def _places(keys: Any) -> "array[int]":
    """Return where the keys that begin with each of the first bits' values begin, and the end."""
    begins = range(-_BELOW_ZERO, _BELOW_ZERO)
    return array(_NUMBERS, [*(bisect_left(keys, one << _REST_BITS) for one in begins), len(keys)])


def _merged(
    known: Any, numbers: Any, late: dict[int, int | list[int]]
) -> tuple["array[int]", "array[int]"]:
    keys, people, at = array(_KEYS), array(_NUMBERS), 0
    for key in sorted(late):
        have = late[key]
        added = [have] if isinstance(have, int) else have
        upto = bisect_left(known, key, at)
        keys.extend(known[at:upto])
        people.extend(numbers[at:upto])
        keys.extend([key] * len(added))
        people.extend(added)
        at = upto
    keys.extend(known[at:])
    people.extend(numbers[at:])
    return keys, people


def write_segment(
    connection: Connection, upto: int, keys: "array[int]", numbers: "array[int]"
) -> None:
    """Keep all keys of the people numbered up to `upto`, in rising order, in place of before."""
    made = {"upto": upto, "blocks": keys.tobytes(), "numbers": numbers.tobytes()}
    connection.execute(match_segments.insert(), made)
    newest = select(func.max(match_segments.c.id)).scalar_subquery()
    connection.execute(delete(match_segments).where(match_segments.c.id < newest))


def sorted_blocks(people: Iterable[tuple[int, Sequence[int]]]) -> tuple["array[int]", "array[int]"]:
    """Return keys and numbers of people, as a segment holds them."""
    pairs = sorted((key, number) for number, keys in people for key in keys)
    return array(_KEYS, [key for key, _ in pairs]), array(_NUMBERS, [n for _, n in pairs])


def keys_to_bytes(keys: Sequence[int]) -> bytes:
    """Return the bytes in which a person's keys are kept."""
    return array(_KEYS, keys).tobytes()


def keys_from(data: bytes) -> Sequence[int]:
    """Read `keys_to_bytes`."""
    return array(_KEYS, data)


_open: WeakKeyDictionary[Engine, Blocks] = WeakKeyDictionary()
_lock = Lock()


def blocks_of(connection: Connection) -> Blocks:
    """Return the index of a database as the transaction at hand sees it.

    Only for write transactions: of those there is one at a time.
    """
    engine = connection.engine
    with _lock:
        if engine not in _open:
            _open[engine] = Blocks()
            event.listen(engine, "rollback", _forget)
    found = _open[engine]
    found.catch_up(connection)
    return found


def _forget(connection: Connection) -> None:
    with _lock:
        if connection.engine in _open:
            _open[connection.engine] = Blocks()
