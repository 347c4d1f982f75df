"""A disk that forgets: what may be found after the power failed between two recorded events.

The model. Bytes written to a file are durable once a flush of that file has returned; until then
each 512-byte sector of each write may be there or not, whatever came later, and so may a new
length. A name (made, changed, removed) is durable once its folder was flushed; until then each
change of a name may be there or not. A rename is there wholly or not at all, durable with the
folder it leads to.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.iotrace import Event

SECTOR_BYTES = 512
VARIANTS = ("nothing", "everything", "names", "bytes", "some", "torn")
Left = dict[str, bytes | None]


@dataclass(slots=True, kw_only=True)
class _Node:
    """A file or folder under whatever names: what is durable, and what came after, in order."""

    folder: bool = False
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, Event]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Naming:
    """A change of a folder's names: ``old`` goes, ``new`` stands for the node."""

    number: int
    folder: str
    node: int
    old: str = ""
    new: str = ""

    def apply(self, names: dict[str, int]) -> None:
        names.pop(self.old, None)
        if self.new:
            names[self.new] = self.node


class Disk:
    """What recorded events have made of a folder so far; `after_cut` says what is left of it."""

    def __init__(self, root: Path) -> None:
        """Begin with what the folder holds now, all of it durable."""
        self._root = str(root)
        self._count = 0
        self._nodes: list[_Node] = []
        self._names: dict[str, int] = {}
        self._namings: list[_Naming] = []
        for path in sorted(root.rglob("*")):
            content = bytearray() if path.is_dir() else bytearray(path.read_bytes())
            self._names[str(path)] = self._new(folder=path.is_dir(), content=content)
        self._durable_names = dict(self._names)

    def _new(self, *, folder: bool, content: bytearray | None = None) -> int:
        self._nodes.append(_Node(folder=folder, durable=content or bytearray()))
        return len(self._nodes) - 1

    def apply(self, event: Event) -> None:
        """Let the next event happen."""
        if event.kind == "sync" or (event.kind != "say" and event.path != self._root):
            getattr(self, f"_{event.kind}")(event)
        self._count += 1

    def _create(self, event: Event) -> None:
        if event.path not in self._names:
            self._name(self._new(folder=False), new=event.path)

    def _mkdir(self, event: Event) -> None:
        self._name(self._new(folder=True), new=event.path)

    def _rename(self, event: Event) -> None:
        self._name(self._names[event.path], old=event.path, new=event.target)

    def _unlink(self, event: Event) -> None:
        self._name(self._names[event.path], old=event.path)

    def _name(self, node: int, *, old: str = "", new: str = "") -> None:
        folder = str(Path(new or old).parent)
        change = _Naming(number=self._count, folder=folder, node=node, old=old, new=new)
        change.apply(self._names)
        self._namings.append(change)

    def _write(self, event: Event) -> None:
        self._nodes[self._names[event.path]].pending.append((self._count, event))

    _truncate = _write

    def _sync(self, event: Event) -> None:
        node = None if event.path == self._root else self._nodes[self._names[event.path]]
        if node is None or node.folder:
            self._sync_folder(event)
        else:
            for _, change in (each for each in node.pending if each[0] < event.begun):
                _lay(node.durable, change)
            node.pending = [each for each in node.pending if each[0] >= event.begun]

    def _sync_folder(self, event: Event) -> None:
        left = []
        for change in self._namings:
            if change.folder == event.path and change.number < event.begun:
                change.apply(self._durable_names)
            else:
                left.append(change)
        self._namings = left

    def after_cut(self, variant: str, dice: random.Random) -> Left:
        """Return the files (None for a folder) that a power cut now may leave, by relative name.

        ``variant``, of what was not flushed: nothing is left, everything, only names, only bytes,
        some of it, or everything but the end of the last write.
        """
        names = dict(self._durable_names)
        share = dice.choice((0.1, 0.5, 0.9))
        for change in self._namings:
            if variant in ("everything", "names", "torn") or (
                variant == "some" and dice.random() < share
            ):
                change.apply(names)
        keep = self._keeper(variant, dice, share)
        return {
            str(Path(name).relative_to(self._root)): self._content(self._nodes[node], keep)
            for name, node in names.items()
            if self._is_reachable(name, names)
        }

    def _is_reachable(self, name: str, names: dict[str, int]) -> bool:
        parent = str(Path(name).parent)
        return parent == self._root or (parent in names and self._is_reachable(parent, names))

    def _keeper(
        self, variant: str, dice: random.Random, share: float
    ) -> Callable[[int, Event], Iterable[Event]]:
        last = max((number for node in self._nodes for number, _ in node.pending), default=-1)

        def keep(number: int, event: Event) -> Iterable[Event]:
            if variant == "some":
                return (part for part in _sectors(event) if dice.random() < share)
            if variant == "torn" and number == last:
                parts = list(_sectors(event))
                return parts[: dice.randrange(len(parts))]
            return [event] if variant in ("everything", "bytes", "torn") else []

        return keep

    def _content(self, node: _Node, keep: Callable[[int, Event], Iterable[Event]]) -> bytes | None:
        if node.folder:
            return None
        content = bytearray(node.durable)
        for number, event in node.pending:
            for part in keep(number, event):
                _lay(content, part)
        return bytes(content)


def _lay(content: bytearray, event: Event) -> None:
    """Write to or cut a file; a gap before the write reads as zeros."""
    if event.kind == "truncate":
        del content[event.size :]
        content.extend(bytes(event.size - len(content)))
        return
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data


def _sectors(event: Event) -> Iterator[Event]:
    """Cut a write where the disk's sectors end; a change of length is one piece."""
    if event.kind == "truncate":
        yield event
        return
    start = event.offset
    end = start + len(event.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        data = event.data[start - event.offset : stop - event.offset]
        yield Event(kind="write", path=event.path, offset=start, data=data)
        start = stop


def lay_out(left: Left, folder: Path) -> None:
    """Make ``folder``, which must not exist, hold what was left."""
    folder.mkdir(parents=True)
    for name in sorted(left):
        content = left[name]
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)


@dataclass(slots=True, kw_only=True)
class Cuts:
    """How far a replay went: cuts tried, and the different folders that they left."""

    cuts: int = 0
    left: int = 0


def replay(
    events: Sequence[Event],
    disk: Disk,
    judge: Callable[[Left, list[str], str], None],
    *,
    seed: int,
    moments: int | None = None,
) -> Cuts:
    """Cut the power after each event, or after ``moments`` of them drawn at random; each variant.

    ``judge`` gets what was left, the lines that had been said by then, and the variant with the
    number of the event. A folder that was judged already with the same words is not judged again.
    """
    dice = random.Random(seed)
    chosen = set(range(len(events)))
    if moments is not None and moments < len(events):
        chosen = set(dice.sample(range(len(events)), moments))
    found, judged = Cuts(), set()
    words = b""
    for number, event in enumerate(events):
        disk.apply(event)
        words += event.data if event.kind == "say" else b""
        if number not in chosen:
            continue
        for variant in VARIANTS:
            left = disk.after_cut(variant, dice)
            found.cuts += 1
            key = hash((tuple(sorted(left.items(), key=lambda one: one[0])), words))
            if key not in judged:
                judged.add(key)
                judge(left, words.decode().splitlines(), f"{variant} after event {number}")
    found.left = len(judged)
    return found
