"""A laptop that was copied, and a line of no length to an office in the same process."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import LineCut
from shared_schema.frames import FrameReader
from sync_server.exchange import converse, open_section
from tests.support.laptop import clone, laptop, register, reopen, still
from tests.support.offices import Bench, code_of


@dataclass(slots=True)
class Straight:
    """A line of no length to an office in this process; cut after so many frames of a reply.

    ``sent``: how many frames of a request arrive.
    """

    bench: Bench
    frames: int | None = None
    sent: int | None = None

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send everything and yield the reply."""
        sent = islice(FrameReader().feed(b"".join(outgoing)), self.sent)
        said = converse(self.bench.office, sent, open_section(self.bench.office, sent), [])
        for frame in islice(said, self.frames):
            yield frame.to_bytes()
        if self.frames is not None:
            raise LineCut


@contextmanager
def copied(bench: Bench, folder: Path, shared: Sequence[str] = ()) -> Iterator[tuple[App, App]]:
    """Copy a laptop that has synced and then registered people; neither copy notices."""
    first = laptop(folder / "a", code_of(bench.office), still)
    synchronise(first, Straight(bench))
    register(first, shared)
    first.close()
    first = reopen(first.home, first.keys, clocks=still)
    second = clone(first, folder / "b", clocks=still)
    with first, second:
        yield first, second


def names(bench: Bench) -> list[str]:
    """Give the names of everybody at the office, sorted."""
    with bench.office.store.read() as connection:
        found = connection.exec_driver_sql("SELECT body FROM changes WHERE type = 'person'")
        return sorted(
            row.body.split('"name":{')[1].split('"value":"')[1].split('"')[0] for row in found
        )
