"""What the programs leave anywhere: every file they write is found out, and none shows a name.

Core dumps are allowed and provoked; a control program with the same rights does leave one, and
the same scan finds the name in it.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.canary import scan
from tests.support.effort import Effort, report
from tests.support.iotrace import require_strace
from tests.support.processes import PASSPHRASE, client_environment, console
from tests.support.scenes import far_laptop, people

NAME = "Kenari Xyloquartz Berbisik"
NIK = "5315051705700001"
ROW: dict[str, Any] = {
    **people(41, 1, "53.15.05")[0],
    "name": NAME,
    "nik": NIK,
    "sex": "L",
    "birth_date": "1970-05-17",
}
SECRETS = (NAME, NIK, PASSPHRASE)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("add", "person", "--from", "-"),
    ("search", "Xyloquartz"),
    ("list", "--json"),
    ("edit", "orang-yang-tidak-ada", f"name={NAME}"),
    ("add", "person", "--from", "-"),
    ("export", "keluar.jemput"),
    ("backup", "cadangan.jemput"),
    ("sync",),
    ("verify",),
)
TRACES = Effort("test_vault_traces.py::test_no_file_shows_a_name", ci=len(COMMANDS), soak=0)
DUMPS = Effort("test_vault_traces.py::test_no_core_is_dumped", ci=2, soak=0)
EFFORTS = (TRACES, DUMPS)
OPENED = re.compile(r'(?:openat|open|creat)\(.*?"([^"]+)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT)')
MADE = re.compile(r'(?:mkdir|rename|link|symlink)\w*\(.*"([^"]+)"')
CALLS = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
WATCH = ("strace", "-f", "--seccomp-bpf", "-qq", "-A", "-s", "4096", "-e", f"trace={CALLS}")
CONTROL = f"import time\nname = {NAME!r}\nprint('up', flush=True)\ntime.sleep(60)"
DEVICES = ("/dev/", "/proc/")


class Room:
    """A laptop's home, and folders of its user's own for everything else a program may write."""

    def __init__(self, folder: Path) -> None:
        self.device = far_laptop(folder / "laptop")
        self.folder = folder / "room"
        for name in ("home", "tmp", "work"):
            (self.folder / name).mkdir(parents=True)
        self.work = self.folder / "work"

    @property
    def env(self) -> dict[str, str]:
        """The settings of a program that runs here."""
        places = {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp")}
        more = places | {"PYTHONDONTWRITEBYTECODE": "1"}
        return client_environment(self.device.home, PASSPHRASE, "petugas") | more

    def is_ours(self, path: str) -> bool:
        """Whether a file lies where the program was to write."""
        return Path(path).is_relative_to(self.folder.parent) or path.startswith(DEVICES)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Give a laptop."""
    return Room(tmp_path)


def hits(*places: Path) -> list[object]:
    """Return where any of the secrets stands."""
    return [hit for secret in SECRETS for hit in scan(places, secret)]


def test_no_file_shows_a_name(room: Room, tmp_path: Path) -> None:
    """Each command is watched: it writes nowhere else, and nothing that it writes is readable."""
    require_strace()
    log, said = tmp_path / "log", b""
    for command in COMMANDS:
        done = subprocess.run(
            [*WATCH, "-o", log, console("field-client"), *command],
            cwd=room.work,
            env=room.env,
            input=(json.dumps(ROW) + "\n").encode(),
            capture_output=True,
            check=False,
            timeout=100,
        )
        assert b"Traceback" not in done.stderr
        said += done.stderr
    text = log.read_text()
    written = {*OPENED.findall(text), *MADE.findall(text)}
    inside = {str(room.work / path) for path in written}
    assert [path for path in inside if not room.is_ours(path)] == []
    assert any(path.endswith("vault.db-wal") for path in inside)
    (tmp_path / "said").write_bytes(said)
    assert not hits(room.device.home, room.folder, tmp_path / "said")
    report(commands=len(COMMANDS), files=len(inside))
    assert len(COMMANDS) == TRACES.ci


def allow_dumps() -> None:
    """Let this process leave a core dump of any size."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def forbids(process: int) -> bool:
    """Whether a process has asked for no core dumps, which is the first thing it does."""
    limits = Path(f"/proc/{process}/limits").read_text()
    return re.search(r"Max core file size +0 ", limits) is not None


def aborted(command: Sequence[object], room: Room, sign: Path | None = None) -> list[Path]:
    """Start a program, abort it while it works, and return the core dumps in its folder.

    It is given a line with the name. ``sign``: a file that shows that the store is open.
    """
    for old in room.work.iterdir():
        old.unlink()
    program = subprocess.Popen(
        [*map(str, command)],
        cwd=room.work,
        env=room.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=allow_dumps,  # noqa: PLW1509 - no thread is running that could hold a lock
    )
    assert program.stdin is not None
    program.stdin.write((json.dumps(ROW) + "\n").encode())
    program.stdin.flush()
    deadline = time.monotonic() + 30
    while sign is not None and not (sign.exists() and forbids(program.pid)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    os.kill(program.pid, signal.SIGABRT)
    program.communicate(timeout=30)
    assert program.returncode == -signal.SIGABRT
    return list(room.work.iterdir())


def require_dumps(room: Room) -> None:
    """Skip where a core dump would not land in the program's folder, or not at all."""
    pattern = Path("/proc/sys/kernel/core_pattern")
    if sys.platform != "linux" or not pattern.exists() or "/" in pattern.read_text():
        pytest.skip("cannot run here: core dumps are not left in the program's folder")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("cannot run here: core dumps are forbidden")
    assert shutil.disk_usage(room.work).free > 1 << 30


def test_no_core_is_dumped(room: Room) -> None:
    """Aborted with the store open, and while it takes in people: nothing is left of its memory."""
    require_dumps(room)
    room.device.add("person", [ROW])
    program, log = console("field-client"), room.device.home / "vault.db-wal"
    assert not log.exists()
    assert aborted([program, "sync", "--watch"], room, log) == []
    assert log.exists()
    assert aborted([program, "add", "person", "--from", "-"], room, log) == []
    assert not hits(room.device.home, room.folder)
    control = aborted([sys.executable, "-c", CONTROL], room)
    assert len(control) == 1
    assert scan(control, NAME)
    control[0].unlink()
    report(aborted=2, dumps=0)
