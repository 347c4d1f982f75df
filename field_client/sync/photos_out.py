"""Photos on their way: the sealed files that wait leave behind all records, a chunk at a time.

Which ones wait, and how much of each the office said it has, stands in the spool, so that a locked
laptop sends them too. What stands there is a hint: whatever is wrong with it costs bytes, since
the office answers each chunk with where it stands, and the next one begins there. Only the vault's
row says that a photo was received.

    setting "photo <name of the sealed file>"   {"have", "total"}
"""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinydb import where

from field_client.entries import shown
from field_client.line_memory import chunk_bytes
from field_client.opened import App
from field_client.records import PHOTO
from field_client.vault.attachments import RECEIVED, REFUSED, WAITING, sealed_file
from field_client.vault.spool import Spool
from shared_schema.canonical import NotCanonical, decode, encode, whole
from shared_schema.changes import VOID
from shared_schema.chunks import Chunk, ChunkReceipt, ChunkState, chunk_frame
from shared_schema.frames import Frame

_KEY = "photo "
# The office will never take this very file: it is to be attached again.
_FOR_GOOD = frozenset(
    {
        "ATTACHMENT_MALFORMED",
        "ATTACHMENT_TOO_LARGE",
        "ATTACHMENT_UNREADABLE",
        "ATTACHMENT_VERSION_UNKNOWN",
    }
)
_DAMAGED = "CHUNKS_DAMAGED"
_UNKNOWN = "FRAME_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A sealed file of ``total`` bytes, of which the office said it has ``have``."""

    name: str
    have: int
    total: int


# What waits


def line_up(app: App) -> None:
    """Make the spool's notes those of the photos that are to be sent.

    Those are the ones that a final record shows which was not declared void.
    """
    wanted = {row.doc_id: int(row["sealed_bytes"]) for row in _wanted(app)}
    noted = {one.name: one for one in waiting(app.spool, answered=True)}
    for name in app.spool.settings_like(_KEY):
        if name not in wanted:
            app.spool.drop_setting(_KEY + name)
    for name, total in wanted.items():
        one = noted.get(name)
        if one is None or one.total != total or one.have >= total:
            _note(app.spool, name, 0, total)


def _wanted(app: App) -> list[Any]:
    rows = app.attachments.in_state(WAITING)
    if not rows:
        return []
    documents = app.tables.records.search(where("type") == PHOTO)
    values = [shown(document) for document in documents]
    final = {one.get("sha256") for one in values if one.get(VOID) is None}
    return [row for row in rows if row["sha256"] in final]


def waiting(spool: Spool, *, answered: bool = False) -> list[Waiting]:
    """Return the files that are to be sent, begun ones first, then the small ones.

    ``answered``: also those that a locked laptop was told the office has.
    """
    notes = ((name, _read(kept)) for name, kept in spool.settings_like(_KEY).items())
    found = [Waiting(name=name, have=note[0], total=note[1]) for name, note in notes if note]
    found = [one for one in found if answered or one.have < one.total]
    return sorted(found, key=lambda one: (not one.have, one.total, one.name))


def _read(kept: bytes | None) -> tuple[int, int] | None:
    """Return ``have`` and ``total`` of a note; None where there is none that can be read."""
    try:
        note = decode(kept or b"")
        return whole(note["have"]), whole(note["total"])
    except (NotCanonical, KeyError, TypeError, ValueError):
        return None


def _note(spool: Spool, name: str, have: int, total: int) -> None:
    spool.set_setting(_KEY + name, encode({"have": have, "total": total}))


def counts(app: App) -> dict[str, int]:
    """Return how many photos wait, how many of their bytes, and how many the office has."""
    noted = {one.name: one.have for one in waiting(app.spool, answered=True)}
    rows = _wanted(app)
    left = (max(row["sealed_bytes"] - noted.get(row.doc_id, 0), 0) for row in rows)
    return {
        "waiting": len(rows),
        "waiting_bytes": sum(left),
        "received": len(app.attachments.in_state(RECEIVED)),
    }


def still_waiting(spool: Spool) -> tuple[int, int]:
    """Return how many photos are noted to be sent, and how many of their bytes."""
    left = waiting(spool)
    return len(left), sum(one.total - one.have for one in left)


def left_here(app: App) -> bool:
    """Return whether a photo is to be sent whose sealed file is here."""
    line_up(app)
    return any(sealed_file(app.home, one.name) is not None for one in waiting(app.spool))


def among_waiting(spool: Spool, names: Collection[str]) -> int:
    """Return how many of these files are still to be sent."""
    return sum(one.name in names for one in waiting(spool))


def wait_again(app: App) -> None:
    """Offer every photo again: the office was restored from a backup and may lack them."""
    with app.journal.transaction():
        for row in app.attachments.in_state(RECEIVED):
            app.attachments.settle(row.doc_id, WAITING)
    line_up(app)


# One exchange


@dataclass(slots=True)
class _File:
    """The file that is being cut. ``turn`` counts how often the office sent us elsewhere in it."""

    name: str
    next: int
    turn: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class _Sent:
    """A chunk that was not answered yet."""

    name: str
    begin: int
    end: int
    turn: int


@dataclass(slots=True, kw_only=True)
class PhotosOut:
    """What one exchange sends of the photos, and what it hears of them.

    ``size_bytes``: of a chunk; left out, it is what suits lines like those of late.
    ``complete``: the names of those that the office has now. ``more``: more may go at once.
    """

    home: Path
    spool: Spool
    size_bytes: int = 0
    complete: set[str] = field(default_factory=set)
    more: bool = False
    _file: _File | None = None
    _under_way: deque[_Sent] = field(default_factory=deque)
    _closed: bool = False

    def __post_init__(self) -> None:
        """Choose the size of a chunk."""
        self.size_bytes = self.size_bytes or chunk_bytes(self.spool)

    @property
    def goes_on(self) -> bool:
        """Whether another exchange would bring more."""
        return self.more and bool(waiting(self.spool))

    def frames(self, room_bytes: int) -> Iterator[Frame]:
        """Yield chunks, at most ``room_bytes`` of content; what is heard meanwhile moves them."""
        for one in waiting(self.spool):
            content = sealed_file(self.home, one.name)
            if content is None:
                continue
            self._file = _File(one.name, one.have)
            for chunk in self._cut(self._file, content):
                room_bytes -= len(chunk.content)
                if room_bytes < 0:
                    self.more = True
                    return
                self._under_way.append(_Sent(one.name, chunk.offset, chunk.end, self._file.turn))
                yield chunk_frame(chunk)
        self._file = None

    def _cut(self, file: _File, content: bytes) -> Iterator[Chunk]:
        """Yield the chunks of a file, each from where the file then stands."""
        name = bytes.fromhex(file.name)
        while file.next < len(content) and not (file.settled or self._closed):
            piece = content[file.next : file.next + self.size_bytes]
            chunk = Chunk(name=name, total=len(content), offset=file.next, content=piece)
            file.next = chunk.end
            yield chunk

    def refused(self, code: str) -> None:
        """Send no more to an office whose program does not know of photos."""
        self._closed = self._closed or code == _UNKNOWN

    def held(self, name: str, have: int) -> None:
        """Go on behind what a relay holds of a file. What the office has is not touched by it."""
        self._answered(name)
        if self._file is not None and self._file.name == name:
            self._file.next = max(self._file.next, have)

    def stop(self) -> None:
        """Send no more in this exchange."""
        self._closed = True

    def heard(self, receipt: ChunkReceipt) -> tuple[int, int]:
        """Note what the office said of a chunk, and go on from there.

        Returns how many photos are complete by it, and how many more bytes the office has.
        """
        name, known = receipt.name.hex(), len(self.complete)
        sent = self._answered(name)
        file = self._file if self._file and self._file.name == name else None
        brought = 0
        if receipt.state is ChunkState.PARTIAL:
            brought = _note_have(self.spool, name, receipt.have)
            self._follow(file, sent, receipt.have)
        elif file:
            file.settled = True
        if receipt.state is ChunkState.COMPLETE:
            brought = _note_have(self.spool, name, receipt.total)
            self.complete.add(name)
        elif receipt.state is ChunkState.REFUSED and receipt.code not in _FOR_GOOD:
            _note_have(self.spool, name, receipt.have)
            self._closed = self._closed or receipt.code != _DAMAGED
        return len(self.complete) - known, brought

    def _follow(self, file: _File | None, sent: _Sent | None, have: int) -> None:
        """Cut on where the office stands, unless this answers what was sent before it said so."""
        if sent is None or have == sent.end:
            return
        if file is None:
            self.more = self.more or have < sent.end
        elif file.turn == sent.turn and not self._comes(file, have):
            file.next, file.turn = have, file.turn + 1

    def _comes(self, file: _File, have: int) -> bool:
        """Return whether what the office wants next is next, or under way to it already."""
        return file.next == have or any(
            (one.name, one.turn, one.begin) == (file.name, file.turn, have)
            for one in self._under_way
        )

    def _answered(self, name: str) -> _Sent | None:
        """Return the chunk that an answer is for: they come in the order of the chunks."""
        if self._under_way and self._under_way[0].name == name:
            return self._under_way.popleft()
        return None


def _note_have(spool: Spool, name: str, have: int) -> int:
    """Note how much of a waiting file the office has; return how much more that is.

    That it has all of it is not noted here: the vault has to hear of it first.
    """
    note = _read(spool.get_setting(_KEY + name))
    if note is None:
        return 0
    if note[0] != have < note[1]:
        _note(spool, name, have, note[1])
    return max(have - note[0], 0)


def is_settled(receipt: ChunkReceipt) -> bool:
    """Return whether a file needs no more chunks: the office has it, or will never take it."""
    if receipt.state is ChunkState.REFUSED:
        return receipt.code in _FOR_GOOD
    return receipt.state is ChunkState.COMPLETE


def settle(app: App, receipt: ChunkReceipt) -> None:
    """Lay what the office said of a file into the vault, durably, where that settles it."""
    if is_settled(receipt):
        name = receipt.name.hex()
        done = receipt.state is ChunkState.COMPLETE
        app.attachments.settle(name, RECEIVED if done else REFUSED)
        app.spool.drop_setting(_KEY + name)


def set_aside(spool: Spool, receipt: ChunkReceipt) -> None:
    """Send no more of a settled file while the laptop is locked; the vault hears of it later."""
    name = receipt.name.hex()
    note = _read(spool.get_setting(_KEY + name))
    if is_settled(receipt) and note is not None:
        _note(spool, name, note[1], note[1])
