"""strace counts the flushes of a program, or makes each of them take as long as a slow disk's."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CALLS = "fsync,fdatasync"
SLOW_MS = 5


def program(*arguments: object) -> list[str]:
    """Give the command of one of the bench's own programs."""
    return [sys.executable, "-m", "bench.laptop.programs", *map(str, arguments)]


def slowly(command: list[str]) -> list[str]:
    """Give a command under which every flush of every process takes 5 ms longer."""
    delay = f"inject={CALLS}:delay_exit={SLOW_MS * 1000}"
    options = ["-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", f"trace={CALLS}"]
    return ["strace", *options, "-e", delay, *command]


def refusal() -> str | None:
    """Say why nothing can be traced here, None where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-qqq", "-e", f"trace={CALLS}", "true"],
        capture_output=True,
        check=False,
    )
    return None if tried.returncode == 0 else "tracing is not permitted"


def flushes(command: list[str]) -> int:
    """Run a command and count the flushes of its processes."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "calls"
        options = ["-f", "-qqq", "-o", str(log), "-e", f"trace={CALLS}"]
        subprocess.run(["strace", *options, *command], check=True, capture_output=True)
        lines = log.read_text(encoding="utf-8").splitlines()
    return sum("sync(" in line for line in lines)
