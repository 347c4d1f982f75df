"""What columns of codec 2 are written to and read from: numbers, lines of text, named records."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared_schema.canonical import Json
from shared_schema.ids import Stream, record_id, record_number
from shared_schema.wire.integers import Source, put_integers

_SURROGATE = re.compile("[\ud800-\udfff]")

Row = Mapping[str, Json]


class Ids:
    """The records of other streams that a payload names, each once, in the order met."""

    def __init__(self, stream: Stream, known: Sequence[UUID] = ()) -> None:
        self.stream = stream
        self.known = list(known)
        self._places = {record: at for at, record in enumerate(known, 1)}

    def place(self, record: UUID) -> int:
        """Return 0 for a record of the payload's own stream, else its place, from 1."""
        if record_number(record, self.stream):
            return 0
        if record not in self._places:
            self.known.append(record)
            self._places[record] = len(self.known)
        return self._places[record]

    def put(self, out: bytearray, records: Sequence[UUID], bases: Sequence[int]) -> None:
        """Append records: places, then numbers of our own less ``bases``."""
        places = [self.place(record) for record in records]
        put_integers(out, places)
        put_integers(
            out,
            [
                (record_number(record, self.stream) or 0) - base
                for record, base, place in zip(records, bases, places, strict=True)
                if not place
            ],
        )

    def read(self, source: Source, bases: Sequence[int]) -> list[UUID]:
        """Return as many records as there are ``bases``. Raises ValueError, StreamFull."""
        places = source.integers(len(bases))
        if any(not 0 <= place <= len(self.known) for place in places):
            raise ValueError("a record is not named")
        steps = iter(source.integers(places.count(0)))
        return [
            self.known[place - 1] if place else record_id(self.stream, base + next(steps))
            for place, base in zip(places, bases, strict=True)
        ]


@dataclass(slots=True, kw_only=True)
class Sheet:
    """What a column is written to or read from, and what it may know of its rows.

    ``rows``: the fields that stand before this one, of each row. ``numbers``: the record number
    of each row, 0 where its record is of another stream.
    """

    ids: Ids
    out: bytearray = field(default_factory=bytearray)
    source: Source = field(default_factory=lambda: Source(b""))
    texts: list[str] = field(default_factory=list)
    lines: Iterator[str] = field(default_factory=lambda: iter(()))
    rows: Sequence[Row] = ()
    numbers: Sequence[int] = ()


def is_line(text: str) -> bool:
    """Tell whether text can stand on a line of its own in UTF-8."""
    return "\n" not in text and (text.isascii() or _SURROGATE.search(text) is None)


def next_line(lines: Iterator[str]) -> str:
    """Return the next line. Raises ValueError."""
    line = next(lines, None)
    if line is None:
        raise ValueError("the lines end early")
    return line
