"""Changes as laptops make them over a day: clocks that tick, families together, visits, edits."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared_schema.changes import Change, Write
from shared_schema.clock import Clock, Evidence
from shared_schema.ids import Stream, record_id

MORNING_MS = 1_472_688_000_000
BOOTED_MS = 1_472_600_000_000


@dataclass(slots=True, kw_only=True)
class FieldDay:
    """One laptop's stream of changes, the same for the same seed.

    Registrations follow each other by some minutes, fields are in the order of their names, and
    the office was last heard of in the morning.
    """

    stream: Stream
    seed: int
    sequence: int = 0
    number: int = 0
    wall_ms: int = MORNING_MS
    clock: Clock = field(default_factory=Clock)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Start the one generator that everything is drawn from."""
        self.chance = random.Random(self.seed)

    def begin(self, values: Mapping[str, Any], kind: str = "person") -> Change:
        """Write the change that begins a new record."""
        self.number += 1
        return self.change(record_id(self.stream, self.number), kind, values)

    def edit(self, before: Change, values: Mapping[str, Any]) -> Change:
        """Write the change that replaces fields of an earlier one."""
        change = self.change(before.record, before.type, values)
        for name, write in change.writes.items():
            if name in before.writes:
                object.__setattr__(write, "replaces", (before.stamp,))
        return change

    def change(self, record: UUID, kind: str, values: Mapping[str, Any]) -> Change:
        """Write the next change, some time after the one before."""
        self.sequence += 1
        self.wall_ms += int(self.chance.expovariate(1 / 150_000)) + 5_000
        self.clock = self.clock.tick(self.wall_ms)
        return Change(
            stream=self.stream,
            sequence=self.sequence,
            record=record,
            type=kind,
            version=1,
            hlc=self.clock.reading,
            operator="Operator 1",
            writes={name: Write(value=value) for name, value in sorted(values.items())},
            evidence=Evidence(
                wall_ms=self.wall_ms,
                monotonic_ms=self.wall_ms - BOOTED_MS + self.chance.randint(0, 1),
                server_ms=MORNING_MS - 3_600_000,
            ),
        )

    def registrations(self, people: Iterable[Mapping[str, Any]]) -> list[Change]:
        """Write a change for each new person."""
        return [self.begin(person) for person in people]
