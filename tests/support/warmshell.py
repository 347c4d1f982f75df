"""The two programs under their own names in a shell, forked from a process that has loaded them.

`programs` makes a folder for PATH with a `field-client` and a `sync-server` in it. Each hands its
arguments, folder, environment and open files to that process, which forks and becomes the command;
signals are passed on, the exit code comes back. What is spared: see `tests.support.kennel`.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from tests.support import stretching, templates
from tests.support.kennel import PROGRAMS, REPOSITORY, load, play
from tests.support.processes import environment

_LOOK_S = 0.005
_ENDED = 30
_SHIM = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as desk:
    desk.connect({desk!r})
    socket.send_fds(desk, [b"f"], [0, 1, 2])
    ask = {{"name": {name!r}, "args": sys.argv[1:], "folder": os.getcwd(), "env": dict(os.environ)}}
    desk.sendall(json.dumps(ask).encode() + b"\\n")
    with desk.makefile() as told:
        child = int(told.readline())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: os.kill(child, number))
        code = int(told.readline())
sys.exit(code if code >= 0 else 128 - code)
"""


@contextmanager
def programs(folder: Path) -> Iterator[Path]:
    """Give a folder with both programs, as long as the block lasts.

    Where nothing can be forked it is the folder of the console scripts themselves.
    """
    if not hasattr(os, "fork"):
        yield Path(sys.executable).parent
        return
    desk = folder / "desk"
    for name in PROGRAMS:
        shim = folder / name
        text = _SHIM.format(python=sys.executable, desk=str(desk), name=name)
        shim.write_text(text, encoding="utf-8")
        shim.chmod(0o700)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.warmshell", str(desk)],
        cwd=REPOSITORY,
        env={**environment(), **stretching.told(), **templates.told()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield folder
        process.communicate(timeout=_ENDED)


def serve(address: str) -> None:
    """Become whatever is asked for at ``address``, each in a fork, until standard input ends.

    What a drill that failed left running is then ended.
    """
    load()
    waiting: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)  # noqa: T201 - the word that `programs` waits for
        while True:
            asked = [listener, sys.stdin]
            ready, _, _ = select.select(asked, [], [], _LOOK_S if waiting else None)
            if sys.stdin in ready:
                for child, desk in waiting.items():
                    os.kill(child, signal.SIGTERM)
                    desk.close()
                return
            if listener in ready:
                _begin(listener.accept()[0], waiting)
            _tell(waiting)


def _begin(desk: socket.socket, waiting: dict[int, socket.socket]) -> None:
    _, files, _, _ = socket.recv_fds(desk, 1, 3)
    with desk.makefile("rb") as lines:
        ask = json.loads(lines.readline())
    child = os.fork()
    if child == 0:
        for held in (desk, *waiting.values()):
            held.close()
        _become(ask, files)
    for number in files:
        os.close(number)
    desk.sendall(b"%d\n" % child)
    waiting[child] = desk


def _tell(waiting: dict[int, socket.socket]) -> None:
    """Say how those ended that did."""
    while waiting:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        with waiting.pop(child) as desk, suppress(OSError):
            desk.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(ask: Mapping[str, Any], files: Sequence[int]) -> NoReturn:
    for number, given in enumerate(files):
        os.dup2(given, number)
        os.close(given)
    os.chdir(ask["folder"])
    os.environ.clear()
    os.environ.update(ask["env"])
    play(ask["name"], ask["args"])


if __name__ == "__main__":
    serve(sys.argv[1])
