"""A process that has loaded both programs and forks for each command, or server, that is asked for.

What is forked has its own environment and files and runs from `main` to its exit, exactly as from
its console script; only the imports were done before, and what anybody stretched or compiled is
not done again (`tests.support.stretching`, `tests.support.templates`). At the end it finishes its
threads, runs what was registered for its exit and leaves: taking apart a thousand modules by hand,
as an interpreter does, would take ten times what most commands do.
"""

import atexit
import ctypes
import gc
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tests.support import stretching, templates

PROGRAMS = {"field-client": "field_client.cli", "sync-server": "sync_server.cli"}
REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 110.0
_PACKAGES = ("shared_schema", "field_client", "sync_server")
_UNLOADED = "sync_server.store.migrations."
_LINE_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1


class Kennel:
    """The process that forks, started at the first command and ended with this one."""

    def __init__(self, env: Mapping[str, str]) -> None:
        asks, self._asked = os.pipe()
        self._answers, answered = os.pipe()
        self._turn = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.kennel", str(asks), str(answered)],
            cwd=REPOSITORY,
            env={**env, **stretching.told(), **templates.told()},
            stdin=subprocess.DEVNULL,
            pass_fds=(asks, answered),
        )
        os.close(asks)
        os.close(answered)

    def run(self, name: str, args: list[str], env: Mapping[str, str], files: list[Path]) -> int:
        """Run a program to its end on three files; return its exit code."""
        return self.wait(self.start(name, args, env, files))

    def start(self, name: str, args: list[str], env: Mapping[str, str], files: list[Path]) -> int:
        """Start a program on the files that are its input, output and errors; return its id."""
        on = [*map(str, files)]
        return self._ask({"name": name, "args": args, "env": dict(env), "files": on})

    def wait(self, child: int) -> int:
        """Wait for a program's end; return its exit code, negative for a signal."""
        return self._ask({"wait": child})

    def _ask(self, question: Mapping[str, Any]) -> int:
        """Return the answer; TimeoutError where none comes."""
        answer = b""
        try:
            with self._turn:
                os.write(self._asked, json.dumps(question).encode() + b"\n")
                if select.select([self._answers], [], [], PATIENCE_S)[0]:
                    answer = os.read(self._answers, _LINE_BYTES)
        finally:
            if not answer:  # else a late one would be taken for the next one's
                self.process.kill()
                self.process.wait()
        if not answer:
            raise TimeoutError(question)
        return int(answer)


class Forked:
    """A program that a kennel forked: what is used of `subprocess.Popen`."""

    def __init__(self, kennel: Kennel, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._kennel = kennel
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            os.close(self._handle)
            gone = self._kennel.process.poll() is not None
            self.returncode = -signal.SIGKILL if gone else self._kennel.wait(self.pid)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to it where it still runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


_KENNELS: dict[int, Kennel] = {}


def kennel(env: Mapping[str, str]) -> Kennel | None:
    """Return this process's kennel, None where processes cannot be forked so."""
    if not hasattr(os, "fork") or not hasattr(os, "pidfd_open"):
        return None
    found = _KENNELS.get(os.getpid())
    if found is None or found.process.poll() is not None:
        found = _KENNELS[os.getpid()] = Kennel(env)
    return found


# Within the process that forks


def load() -> None:
    """Import all that a command may import, and let no collection look through it again."""
    for package in map(import_module, _PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(_UNLOADED) and not module.name.endswith("__main__"):
                with suppress(Exception):  # told by the command that needs it
                    import_module(module.name)
    stretching.remember()
    templates.remember()
    gc.collect()
    gc.freeze()


def serve(asks: int, answers: int) -> None:
    """Fork or wait, a line at a time, until there are no more."""
    load()
    with os.fdopen(asks, "rb") as lines:
        for line in lines:
            ask = json.loads(line)
            if "wait" in ask:
                _, status = os.waitpid(ask["wait"], 0)
                answer = os.waitstatus_to_exitcode(status)
            else:
                answer = os.fork()
                if answer == 0:
                    os.close(answers)
                    become(ask)
            os.write(answers, b"%d\n" % answer)


def become(ask: Mapping[str, Any]) -> NoReturn:
    """Turn this process into the program that was asked for; leaves with its exit code."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number, path in enumerate(ask["files"]):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(ask["env"])
    play(ask["name"], ask["args"])


def play(name: str, args: list[str]) -> NoReturn:
    """Be a program from its `main` to its exit."""
    sys.argv = [name, *args]
    main = import_module(PROGRAMS[name]).main
    leave(lambda: main(args=args, prog_name=name))


def leave(work: Callable[[], object]) -> NoReturn:
    """Do the work and leave as Python does, but for taking every module apart."""
    code = 1
    try:
        code = _exit_code(work)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        gc.collect()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _exit_code(work: Callable[[], object]) -> int:
    try:
        work()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
