"""Records every change that a program makes to the files of a folder, in order, byte for byte.

The program runs under strace. What it writes to standard output is recorded as well, in the same
order, so that it is exact which words were said before which write. Left out: files that are only
shared memory (SQLite's ``-shm``), which it rebuilds, and reading.

Limit: the program writes its files from one process that does not fork.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CALLS = (
    "openat,open,creat,pwrite64,pwritev,write,writev,ftruncate,truncate,fallocate,fsync,fdatasync,"
    "sync_file_range,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,"
    "symlink,symlinkat,lseek,sendfile,copy_file_range"
)
IGNORED_SUFFIXES = ("-shm",)
STDOUT = 1

_TEXT = r'"((?:\\x[0-9a-f]{2})*)"'
_FD = r"(\d+)<([^>]*)>(?!\(deleted\))"
_CALL = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+|\?)(.*)")
_UNFINISHED = re.compile(r"(\d+) +(.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_OPEN = re.compile(rf"(?:[^,]*, )?{_TEXT}, ([A-Z_|]+)")
_PATHS = re.compile(rf"(?:\w+<([^>]*)>, )?{_TEXT}")
_PWRITE = re.compile(rf"{_FD}, {_TEXT}, \d+, (\d+)")
_WRITE = re.compile(rf"{_FD}, {_TEXT}, \d+")
_SIZE = re.compile(rf"{_FD}, (\d+)")
_ONLY_FD = re.compile(_FD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    ``kind``: create, write, truncate, sync, rename, unlink, mkdir or say. ``begun``: how many
    events were complete when a sync began, which are those it makes durable.
    """

    kind: str
    path: str = ""
    target: str = ""
    offset: int = 0
    size: int = 0
    begun: int = 0
    data: bytes = field(default=b"", repr=False)


def require_strace() -> None:
    """Skip the test where programs cannot be watched."""
    if not _strace_works():
        pytest.skip("cannot run here: strace is not installed or not permitted")


@functools.cache
def _strace_works() -> bool:
    if shutil.which("strace") is None:
        return False
    command = ["strace", "-f", "--seccomp-bpf", "-o", os.devnull, "-e", "trace=fsync", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def record(command: Sequence[object], root: Path, timeout_s: float = 100) -> list[Event]:
    """Run ``command``, which must succeed, and return what it did below ``root`` and said."""
    with tempfile.TemporaryDirectory(prefix="iotrace-") as folder:
        log = Path(folder) / "log"
        options = [
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-y",
            "-xx",
            "-s",
            "100000000",
            "-e",
            "signal=none",
        ]
        subprocess.run(
            ["strace", *options, "-e", f"trace={CALLS}", "-o", log, "--", *map(str, command)],
            check=True,
            stdout=subprocess.PIPE,
            timeout=timeout_s,
        )
        with log.open(encoding="ascii") as lines:
            return list(_Reader(str(root)).events(lines))


class _Reader:
    """Turns strace's lines into events; knows each open file's position."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._events: list[Event] = []
        self._positions: dict[int, int] = {}
        self._halves: dict[str, tuple[str, int]] = {}

    def events(self, lines: Iterator[str]) -> list[Event]:
        for line in lines:
            self._line(line)
        return self._events

    def _line(self, line: str) -> None:
        if unfinished := _UNFINISHED.match(line):
            self._halves[unfinished[1]] = (unfinished[0][: -len(" <unfinished ...>")], self._count)
            return
        begun = self._count
        if resumed := _RESUMED.match(line):
            first, begun = self._halves.pop(resumed[1])
            line = first + resumed[2]
        if (call := _CALL.match(line)) and call[4] not in ("?", "-1"):
            read = getattr(self, f"_{call[2].removesuffix('64')}", None)
            if read is None:
                self._unknown(call[2], call[3])
            else:
                read(call[3], int(call[4]), begun)

    @property
    def _count(self) -> int:
        return len(self._events)

    def _add(self, kind: str, path: str, **more: object) -> None:
        if self._concerns(path):
            self._events.append(Event(kind=kind, path=path, **more))  # type: ignore[arg-type]

    def _concerns(self, path: str) -> bool:
        inside = path == self._root or path.startswith(self._root + "/")
        return inside and not path.endswith(IGNORED_SUFFIXES)

    def _unknown(self, call: str, arguments: str) -> None:
        """Refuse what would make the record incomplete."""
        names = [
            _decoded(text) for text in re.findall(r"[<\"]((?:\\x[0-9a-f]{2})+)[>\"]", arguments)
        ]
        if any(self._concerns(os.fsdecode(name)) for name in names):
            raise NotImplementedError(f"{call}({arguments[:200]})")

    # One method for each call: its arguments as strace shows them, its result, the events before

    def _openat(self, arguments: str, result: int, _begun: int) -> None:
        if not (found := _OPEN.match(arguments)):
            raise NotImplementedError(arguments)
        (path,) = _paths(arguments)
        flags = found[2].split("|")
        self._positions[result] = 0
        if "O_CREAT" in flags:
            self._add("create", path)
        if "O_TRUNC" in flags:
            self._add("truncate", path)
        if "O_APPEND" in flags and self._concerns(path):
            raise NotImplementedError(f"O_APPEND {path}")

    _open = _openat

    def _pwrite(self, arguments: str, result: int, _begun: int) -> None:
        if found := _PWRITE.match(arguments):
            self._written(found[2], int(found[4]), found[3], result)

    def _write(self, arguments: str, result: int, _begun: int) -> None:
        if not (found := _WRITE.match(arguments)):
            return
        number = int(found[1])
        if number == STDOUT:
            self._events.append(Event(kind="say", data=_decoded(found[3])))
            return
        offset = self._positions.get(number, 0)
        self._positions[number] = offset + result
        self._written(found[2], offset, found[3], result)

    def _written(self, path: str, offset: int, data: str, count: int) -> None:
        name = os.fsdecode(_decoded(path))
        if self._concerns(name):
            self._add("write", name, offset=offset, data=_decoded(data)[:count])

    def _lseek(self, arguments: str, result: int, _begun: int) -> None:
        if found := _ONLY_FD.match(arguments):
            self._positions[int(found[1])] = result

    def _ftruncate(self, arguments: str, _result: int, _begun: int) -> None:
        if found := _SIZE.match(arguments):
            self._add("truncate", os.fsdecode(_decoded(found[2])), size=int(found[3]))

    def _fsync(self, arguments: str, _result: int, begun: int) -> None:
        if found := _ONLY_FD.match(arguments):
            self._add("sync", os.fsdecode(_decoded(found[2])), begun=begun)

    _fdatasync = _fsync

    def _rename(self, arguments: str, _result: int, _begun: int) -> None:
        source, target = _paths(arguments)
        if self._concerns(source) or self._concerns(target):
            self._events.append(Event(kind="rename", path=source, target=target))

    _renameat = _renameat2 = _rename

    def _unlink(self, arguments: str, _result: int, _begun: int) -> None:
        (path,) = _paths(arguments)
        self._add("unlink", path)

    _unlinkat = _rmdir = _unlink

    def _mkdir(self, arguments: str, _result: int, _begun: int) -> None:
        (path,) = _paths(arguments)
        self._add("mkdir", path)

    _mkdirat = _mkdir


def _paths(arguments: str) -> list[str]:
    """Return the paths that a call names, each from the folder that it is given with."""
    return [
        str(Path(os.fsdecode(_decoded(folder))) / os.fsdecode(_decoded(name)))
        for folder, name in _PATHS.findall(arguments)
    ]


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
