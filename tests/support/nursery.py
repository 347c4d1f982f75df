"""A program that forks others, all that is slow at first use done: real processes in milliseconds.

Each child runs one function, ``module:function``, with its arguments; what it prints goes to a
file. On Linux it ends with the program that forked it, also where a test run is killed. Under
strace as ``prefix`` every child is watched, or has a call fail: see `faulting`.
"""

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.processes import environment

REPOSITORY = Path(__file__).parents[2]
PRELOADED = "tests.support.works"
_LINE_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1


class Nursery:
    """The forking program; use ``with``."""

    def __init__(self, *prefix: str, env: dict[str, str] | None = None) -> None:
        asks, self._asked = os.pipe()
        self._answers, answered = os.pipe()
        self._program = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.support.nursery", str(asks), str(answered)],
            cwd=REPOSITORY,
            env=environment() | (env or {}),
            stdin=subprocess.DEVNULL,
            pass_fds=(asks, answered),
        )
        os.close(asks)
        os.close(answered)
        self._children: set[int] = set()

    def start(self, function: str, *args: Any, out: Path) -> int:
        """Fork a child that runs ``function`` and prints to ``out``; return its process id."""
        out.touch()
        child = self._ask({"do": function, "args": args, "out": str(out)})
        self._children.add(child)
        return child

    def wait(self, child: int) -> int:
        """Wait for a child's end and return its exit code, negative for a signal."""
        self._children.discard(child)
        return self._ask({"wait": child})

    def run(self, function: str, *args: Any, out: Path) -> int:
        """Fork a child, wait for its end and return its exit code."""
        return self.wait(self.start(function, *args, out=out))

    def _ask(self, question: dict[str, Any]) -> int:
        os.write(self._asked, json.dumps(question).encode() + b"\n")
        return int(os.read(self._answers, _LINE_BYTES))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._children:
            os.kill(child, signal.SIGKILL)
        os.close(self._asked)
        try:
            self._program.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        os.close(self._answers)


def serve(asks: int, answers: int) -> None:
    """Fork or wait, a line at a time, until there are no more."""
    import_module(PRELOADED).warm_up()
    gc.collect()
    gc.freeze()
    with os.fdopen(asks, "rb") as lines:
        for line in lines:
            question = json.loads(line)
            if "wait" in question:
                _, status = os.waitpid(question["wait"], 0)
                answer = os.waitstatus_to_exitcode(status)
            else:
                answer = os.fork()
                if answer == 0:
                    become(question["do"], question["args"], question["out"])
            os.writev(answers, [b"%d\n" % answer])


def become(function: str, args: Sequence[Any], out: str) -> None:
    """Turn this child into the program that was asked for; never returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(handle, 1)
    module, _, name = function.partition(":")
    code = 1
    try:
        getattr(import_module(module), name)(*args)
        sys.stdout.flush()
        code = 0
    except BaseException:  # noqa: BLE001 - the child must not go on as the nursery
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
