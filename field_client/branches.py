"""The streams this store writes to: their numbers, and the clock, durable with what uses them.

There is one *current* stream. A stream is *closed* where a fork was healed: nothing after
``closed_after`` is ever sealed or sent from it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from field_client.tables import Tables
from shared_schema.clock import Clock
from shared_schema.ids import BRANCH_BYTES, Stream, record_id

_STREAMS = "streams"
_CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """The numbers of all streams, read from and written to the vault at each use.

    ``draw``: gives random bytes. Call the writing methods within a transaction.
    """

    tables: Tables
    device: bytes
    draw: Callable[[int], bytes]

    def current(self) -> Stream:
        """Return the stream that new changes and records are numbered on."""
        return Stream.from_hex(self._read()["current"])

    def all(self) -> list[Stream]:
        """Return every stream this store has written to, each behind those it may refer to."""
        return [Stream.from_hex(text) for text in self._read()["order"]]

    def last_sequence(self, stream: Stream) -> int:
        """Return the sequence of the last change of ``stream``, 0 for none."""
        return int(self._of(stream)["sequence"])

    def closed_after(self, stream: Stream) -> int | None:
        """Return the last sequence that may be sent of a closed stream; None where it is open."""
        after = self._of(stream)["closed_after"]
        return None if after is None else int(after)

    def next_record(self) -> UUID:
        """Return a new record's id on the current stream; its number is never given again."""
        stream, number = self._count("numbers")
        return record_id(stream, number)

    def next_sequence(self) -> tuple[Stream, int]:
        """Return the current stream and the number of its next change."""
        return self._count("sequence")

    def _count(self, name: str) -> tuple[Stream, int]:
        content = self._read()
        current = content["current"]
        content["streams"][current][name] += 1
        self.tables.write_meta(_STREAMS, content)
        return Stream.from_hex(current), content["streams"][current][name]

    def draw_branch(self) -> Stream:
        """Begin a new stream under a random branch and make it the current one."""
        stream = Stream(self.device, self.draw(BRANCH_BYTES))
        self.begin(stream, current=True)
        return stream

    def begin(
        self,
        stream: Stream,
        *,
        numbers: int = 0,
        sequence: int = 0,
        current: bool = False,
        behind: Stream | None = None,
    ) -> None:
        """Begin a stream; ``numbers`` and ``sequence`` are those already used on it.

        It takes its place right behind the stream it carries on, else at the end.
        """
        content = self.tables.read_meta(_STREAMS) or {"current": "", "order": [], "streams": {}}
        content["streams"][stream.hex()] = {
            "sequence": sequence,
            "numbers": numbers,
            "closed_after": None,
        }
        order = content["order"]
        order.insert(order.index(behind.hex()) + 1 if behind else len(order), stream.hex())
        if current:
            content["current"] = stream.hex()
        self.tables.write_meta(_STREAMS, content)

    def close(self, stream: Stream, after: int) -> None:
        """Let nothing beyond ``after`` leave from ``stream`` again."""
        self._set(stream, closed_after=after)

    def clock(self) -> Clock:
        """Return the clock as it stood with the last change."""
        return Clock(int(self.tables.read_meta(_CLOCK).get("reading", "0"), 16))

    def set_clock(self, clock: Clock) -> None:
        """Keep the clock's reading (as text: it does not fit a double)."""
        self.tables.write_meta(_CLOCK, {"reading": f"{clock.reading:x}"})

    def _read(self) -> dict[str, Any]:
        return self.tables.read_meta(_STREAMS)

    def _of(self, stream: Stream) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._read()["streams"][stream.hex()]
        return found

    def _set(self, stream: Stream, **numbers: int) -> None:
        content = self._read()
        content["streams"][stream.hex()].update(numbers)
        self.tables.write_meta(_STREAMS, content)
