"""The two programs, loaded once and then forked for each command: real processes, started fast.

A command runs in a process of its own with its own environment and files, from `main` to its exit,
exactly as from its console script; only the imports were done before the fork, and a passphrase
that an earlier command stretched with the same salt at the same cost is not stretched again: that
is two thirds of what most commands take. What kills, times or serves uses the console scripts
themselves (`tests.support.processes`), as does any system that cannot fork.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support import stretching
from tests.support.processes import Finished, environment, run

PROGRAMS = {"field-client": "field_client.cli", "sync-server": "sync_server.cli"}
REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 110.0
_LINE_BYTES = 1 << 20


class Kennel:
    """The process that forks, started at the first command and ended with this one."""

    def __init__(self) -> None:
        asks, self._asked = os.pipe()
        self._answers, answered = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", str(asks), str(answered)],
            cwd=REPOSITORY,
            env=environment(),
            stdin=subprocess.DEVNULL,
            pass_fds=(asks, answered),
        )
        os.close(asks)
        os.close(answered)

    def run(self, name: str, args: list[str], env: Mapping[str, str], stdin: str) -> Finished:
        """Run a program to its end."""
        with tempfile.TemporaryDirectory(prefix="warm-") as folder:
            files = [Path(folder) / part for part in ("stdin", "stdout", "stderr")]
            files[0].write_text(stdin, encoding="utf-8")
            ask = {"name": name, "args": args, "env": dict(env), "files": [*map(str, files)]}
            try:
                code = self._answer(json.dumps(ask).encode() + b"\n")
            except BaseException:
                self.process.kill()  # else its late answer would be taken for the next one's
                self.process.wait()
                raise
            out, err = (path.read_text(encoding="utf-8") for path in files[1:])
        return Finished(command=(name, *args), returncode=code, stdout=out, stderr=err)

    def _answer(self, ask: bytes) -> int:
        """Return the exit code of what is asked for; TimeoutError where it does not end."""
        os.write(self._asked, ask)
        if not select.select([self._answers], [], [], PATIENCE_S)[0]:
            raise TimeoutError(ask.decode())
        return int(os.read(self._answers, _LINE_BYTES))


_KENNELS: dict[int, Kennel] = {}


def run_warm(name: str, *args: object, env: dict[str, str], stdin: str = "") -> Finished:
    """Run a program to its end, whatever its exit code."""
    if not hasattr(os, "fork"):
        return run(name, *args, env=env, stdin=stdin)
    kennel = _KENNELS.get(os.getpid())
    if kennel is None or kennel.process.poll() is not None:
        kennel = _KENNELS[os.getpid()] = Kennel()
    return kennel.run(name, [*map(str, args)], env, stdin)


def serve(asks: int, answers: int) -> None:
    """Fork a process for each line that comes, until there are no more."""
    for module in PROGRAMS.values():
        import_module(module)
    stretching.remember()
    with os.fdopen(asks, "rb") as lines:
        for line in lines:
            ask = json.loads(line)
            child = os.fork()
            if child == 0:
                become(ask)
            _, status = os.waitpid(child, 0)
            os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))


def become(ask: Mapping[str, Any]) -> None:
    """Turn this process into the program that was asked for; leaves with its exit code."""
    for number, path in enumerate(ask["files"]):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(path, flags, 0o600), number)
    os.environ.clear()
    os.environ.update(ask["env"])
    sys.argv = [ask["name"], *ask["args"]]
    main = import_module(PROGRAMS[ask["name"]]).main
    sys.exit(main(args=ask["args"], prog_name=ask["name"]))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
