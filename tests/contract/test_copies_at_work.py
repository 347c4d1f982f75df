"""An officer goes on while a sync brings what another copy of the laptop wrote under its ids."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.verification import examine
from shared_schema.frames import FrameReader, Kind
from sync_server.exchange import converse, open_section
from tests.support.copied_laptop import Straight, copied, names
from tests.support.laptop import register, write
from tests.support.offices import Bench


@pytest.fixture
def copies(bench: Bench, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """Copy a laptop that has synced; neither copy notices."""
    with copied(bench, tmp_path) as (first, second):
        yield first, second


@dataclass(slots=True)
class Busy:
    """A line during which somebody does something, once, when pages have come."""

    bench: Bench
    work: Callable[[], object] | None

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send everything and yield the reply."""
        sent = FrameReader().feed(b"".join(outgoing))
        for frame in converse(self.bench.office, sent, open_section(self.bench.office, sent), []):
            if frame.kind == Kind.DONE and self.work is not None:
                self.work()
                self.work = None
            yield frame.to_bytes()


@pytest.mark.parametrize("waiting", [0, 1, 2])
def test_a_draft_finished_while_pages_come_is_another_person(
    bench: Bench, copies: tuple[App, App], waiting: int
) -> None:
    """``waiting``: how many people the second copy has registered, the first has one.

    The draft's id may be that of somebody whom the first copy has registered meanwhile.
    """
    first, second = copies
    theirs = register(first, [f"Di sana {at}" for at in range(waiting + 1)])
    synchronise(first, Straight(bench))
    register(second, [f"Di sini {at}" for at in range(waiting)])
    draft = second.journal.new_record()
    second.journal.save_draft(draft, "person", 1, {"name": "Draf"})
    assert draft == theirs[-1], "the copies number alike"

    def finish() -> None:
        (begun,) = second.journal.drafts()
        assert second.journal.state(begun.record) is None
        write(second, begun.record, name="Di sini, tadi draf")

    for line in (Busy(bench, finish), Straight(bench)):
        synchronise(second, line)
    assert names(bench) == sorted(
        [f"Di sana {at}" for at in range(waiting + 1)]
        + [f"Di sini {at}" for at in range(waiting)]
        + ["Di sini, tadi draf"]
    )
    assert second.journal.counts()["waiting"] == 0
    assert examine(second).faults == ()
    shown = [str(one.values["name"]) for one in second.journal.entries("person")]
    assert sorted(shown) == names(bench)
