"""How much memory exports of people take, in a process of its own: `export_weight FOLDER KIND..`.

Makes the workbook of each kind as the pages do, one after the other, and prints as JSON the rows of
each and by how much the process grew from before the first, in bytes of resident memory.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sync_server.accounts import Actor, Role
from sync_server.app import PHOTOS
from sync_server.exporting import Exports, request
from sync_server.keys import generate
from sync_server.office import Office
from sync_server.store.engine import open_store
from tests.support.raw_device import NOW_MS

_ONE, _OTHER = (Actor(name=name, role=Role.SUPERVISOR) for name in ("u-satu", "u-dua"))
_LAST_ROW = re.compile(rb'<row r="(\d+)"')
_MOST_KIB = re.compile(r"VmHWM:\s+(\d+) kB")
_LONGEST_S = 600
_TAIL_BYTES = 100_000


def weigh(folder: Path, *kinds: str) -> dict[str, Any]:
    """Make the exports of the office in a folder in a new process, and give what it printed."""
    command = [sys.executable, "-m", "tests.support.export_weight", str(folder), *kinds]
    done = subprocess.run(command, capture_output=True, check=True, timeout=_LONGEST_S)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _made(office: Office, kind: str) -> int:
    """Ask for an export, agree to it, wait for it; give how many rows it has."""
    exports = Exports(office)
    number = request(office, _ONE, kind, "xlsx", "", "uji coba")
    exports.decide(_OTHER, number, approved=True)
    while exports.rows_made(number) is not None:
        time.sleep(0.05)
    _, file = exports.take(_ONE, number)
    tail = b""
    with ZipFile(file) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        while part := sheet.read(_TAIL_BYTES):
            tail = tail[-_TAIL_BYTES:] + part
    return int(_LAST_ROW.findall(tail)[-1]) - 1


def _resident_bytes() -> int:
    """Return the most memory that this process has had, in bytes.

    Not by `getrusage`, which counts that of the process by which this one was begun.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(_MOST_KIB.findall(status)[0]) * 1024


def main(folder: Path, kinds: list[str]) -> None:
    """Make the exports and print what they took."""
    store = open_store(f"sqlite:///{folder / 'server.db'}")
    made = generate()
    office = Office(store=store, keys=made, now_ms=lambda: NOW_MS, photos=folder / PHOTOS)
    before = _resident_bytes()
    rows = {kind: _made(office, kind) for kind in kinds}
    print(json.dumps({"rows": rows, "grew_bytes": _resident_bytes() - before}))  # noqa: T201
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
