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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.canary import scan
from tests.support.effort import Effort, report
from tests.support.iotrace import require_strace
from tests.support.pages import Browser
from tests.support.pictures import photo
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
    ("attach", "{record}", "{photo}", "--note", NAME),
    ("show", "{record}"),
)
TRACES = Effort("test_vault_traces.py::test_no_file_shows_a_name", ci=len(COMMANDS), soak=0)
DUMPS = Effort("test_vault_traces.py::test_no_core_is_dumped", ci=2, soak=0)
PAGES = Effort("test_vault_traces.py::test_no_page_leaves_a_name", ci=4, soak=0)
EFFORTS = (TRACES, DUMPS, PAGES)
OPENED = re.compile(r'(?:openat|open|creat)\(.*?"([^"]+)", [^)\n]*(?:O_WRONLY|O_RDWR|O_CREAT)')
MADE = re.compile(r'(?:mkdir|rename|link|symlink)\w*\(.*"([^"]+)"')
PHOTO = photo(NAME, size=(320, 240)) + bytes(1 << 20)  # what werkzeug lays into a file
URL = re.compile(rb'"url": "([^"]+)"')
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
        self.work, self.temporary = self.folder / "work", self.folder / "tmp"
        self.photo = folder / "kamera.jpg"
        self.photo.write_bytes(PHOTO)

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
    known = {"photo": str(room.photo), "record": room.device.add_person(**ROW)}
    for number, command in enumerate(COMMANDS):
        done = subprocess.run(
            [
                *(*WATCH, "-o", f"{log}{number}", console("field-client")),
                *(part.format_map(known) for part in command),
            ],
            cwd=room.work,
            env=room.env,
            input=(json.dumps(ROW) + "\n").encode(),
            capture_output=True,
            check=False,
            timeout=100,
        )
        assert b"Traceback" not in done.stderr
        said += done.stderr
    inside = written(room, *(Path(f"{log}{number}") for number in range(len(COMMANDS))))
    (photo,) = room.device.run("show", known["record"])["attachments"]
    assert photo["values"]["note"] == NAME
    (tmp_path / "said").write_bytes(said)
    assert not hits(room.device.home, room.folder, tmp_path / "said")
    report(commands=len(COMMANDS), files=len(inside))
    assert len(COMMANDS) == TRACES.ci


def written(room: Room, *logs: Path) -> set[str]:
    """Return every file that watched programs wrote to or made; all of them are the laptop's."""
    text = "".join(log.read_text() for log in logs)
    found = {*OPENED.findall(text), *MADE.findall(text)}
    inside = {str(room.work / path) for path in found}
    assert [path for path in inside if not room.is_ours(path)] == []
    assert any(path.endswith("vault.db-wal") for path in inside)
    return inside


@contextmanager
def pages_of(room: Room, log: Path) -> Iterator[Browser]:
    """Serve the officer's pages, watched; they end as a service ends them."""
    command = [*WATCH, "-o", str(log), console("field-client"), "web", "--port", "0", "--json"]
    with subprocess.Popen(
        command,
        cwd=room.work,
        env={**room.env, "FIELD_CLIENT_PASSPHRASE": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as program:
        try:
            assert program.stdout is not None
            found = next(filter(None, map(URL.search, program.stdout)))
            yield Browser(url=found[1].decode())
        finally:
            os.killpg(program.pid, signal.SIGTERM)
            said, _ = program.communicate(timeout=60)
    assert NAME.encode() not in said


def test_no_page_leaves_a_name(room: Room, tmp_path: Path) -> None:
    """Unlocked, registered, an outage reported with a photo that werkzeug would lay down, sought.

    No temporary file is made for a form or a photo, and nothing that is written is readable.
    """
    require_strace()
    log = tmp_path / "log"
    with pages_of(room, log) as browser:
        assert "Buka kunci" not in browser.unlock()
        browser.get("/new/person")
        form = re.search(r'action="(/form/[^"]+)"', browser.page)
        assert form
        person = {name: str(ROW[name]) for name in ("name", "nik", "sex", "village", "birth_date")}
        browser.post(form[1], **person, go="save")
        browser.get("/outage/new")
        report_ = {"component": "camera", "place": NAME, "status": "broken"}
        days = {"started": "01-11-2026", "started_precision": "month"}
        assert "Foto (1)" in browser.upload("/outage/new", "photo", PHOTO, **report_, **days)
        browser.get("/")
        assert NAME in browser.post("/search", q="Xyloquartz")
    inside = written(room, log)
    assert not [path for path in inside if Path(path).is_relative_to(room.temporary)]
    assert not hits(room.device.home, room.folder)
    assert {one["name"] for one in room.device.values().values()} == {NAME}
    report(forms=PAGES.ci, files=len(inside))


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
