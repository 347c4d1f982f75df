"""What of the sealed batches is through, on its way and waiting: in changes and in bytes."""

from collections.abc import Callable, Iterable

from field_client.line_memory import note_line
from field_client.vault.spool import Spool


class Ledger:
    """The figures of one exchange. ``through``: each stream, and up to where it is confirmed."""

    def __init__(
        self, spool: Spool, through: Callable[[], Iterable[tuple[bytes, int]]], before_bytes: int
    ) -> None:
        """Begin with ``before_bytes`` confirmed in earlier exchanges."""
        self._spool = spool
        self._through = through
        self._before_bytes = before_bytes
        self._given_bytes = 0
        self._photo_bytes = 0
        self._waiting = self._first = self._count()

    def give(self, size_bytes: int) -> dict[str, int]:
        """Note that a batch goes out; return the figures."""
        self._given_bytes += size_bytes
        return self._figures()

    def look(self) -> dict[str, int]:
        """Return the figures after something was confirmed."""
        self._waiting = self._count()
        return self._figures()

    def carry(self, photo_bytes: int) -> None:
        """Note what the office has more of photos, which the line carried too."""
        self._photo_bytes += photo_bytes

    def close(self, *, cut: bool) -> None:
        """Remember how far this line has carried."""
        note_line(self._spool, self._confirmed_bytes + self._photo_bytes, cut=cut)

    @property
    def _confirmed_bytes(self) -> int:
        return max(0, self._first[1] - self._waiting[1])

    def _figures(self) -> dict[str, int]:
        changes, size_bytes = self._waiting
        on_way_bytes = max(0, self._given_bytes - self._confirmed_bytes)
        return {
            "confirmed_bytes": self._before_bytes + self._confirmed_bytes,
            "on_way_bytes": min(on_way_bytes, size_bytes),
            "waiting_changes": changes,
            "waiting_bytes": size_bytes,
        }

    def _count(self) -> tuple[int, int]:
        found = [self._spool.waiting(stream, after) for stream, after in self._through()]
        return sum(changes for changes, _ in found), sum(size for _, size in found)
