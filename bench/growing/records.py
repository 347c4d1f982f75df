"""One laptop's sync of so many records over loopback: the real programs, and what it cost each."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.line import Line
from tests.support.name_lists import ELSEWHERE
from tests.support.processes import (
    OPERATOR,
    PASSPHRASE,
    ServerProcess,
    client,
    client_environment,
    console,
    enrol,
    init_server,
)
from tests.support.synthetic import population, write_jsonl

AREA, SEED = "53.15.05", 48
AT_ONCE = 1_000
REQUESTS = (b"POST /v1/", b"GET /v1/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one `field-client sync` took: by the clock, of the processors, over the line.

    ``round_trips``: connections made and requests sent.
    """

    seconds: float
    client_cpu_s: float
    server_cpu_s: float
    size_bytes: int
    round_trips: int


def measured(folder: Path, count: int) -> dict[str, Any]:
    """Save ``count`` records on a fresh laptop of a fresh office, sync, and tell the cost each.

    The seconds and the processors' time include what a sync takes that has nothing to send;
    that is told beside it.
    """
    office, laptop = folder / "office", folder / "laptop"
    init_server(office)
    with ServerProcess(home=office) as serving:
        line = Line(server_port=serving.port)
        enrol(office, laptop, url=line.url, scope=AREA, label="L1")
        synced(laptop, serving, line)
        empty = synced(laptop, serving, line)
        saved_s = saved(folder, laptop, count)
        full = synced(laptop, serving, line)
        line.close()
    status = client(laptop, "status")
    assert status["received"] == count, status
    return {
        "bytes_each": round(full.size_bytes / count, 1),
        "round_trips": full.round_trips,
        "sync_s": round(full.seconds, 2),
        "sync_of_nothing_s": round(empty.seconds, 2),
        "client_cpu_ms_each": round(1000 * full.client_cpu_s / count, 2),
        "server_cpu_ms_each": round(1000 * full.server_cpu_s / count, 2),
        "save_ms_each": round(1000 * saved_s / count, 2),
    }


def saved(folder: Path, laptop: Path, count: int) -> float:
    """Save people whom the dictionary of the wire does not know; return the seconds."""
    people = population(SEED, AREA, ELSEWHERE).people(count)
    begun_s = time.perf_counter()
    for at in range(0, count, AT_ONCE):
        lines = write_jsonl(folder / f"people-{at}", people[at : at + AT_ONCE])
        client(laptop, "add", "person", "--from", lines, "--accept-warnings", "bench")
    return time.perf_counter() - begun_s


def synced(laptop: Path, serving: ServerProcess, line: Line) -> Cost:
    """Let a laptop sync; return what it took."""
    before_s, line.captured, line.connections = server_cpu_s(serving), bytearray(), 0
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        [console("field-client"), "sync", "--json"],
        env=client_environment(laptop, PASSPHRASE, OPERATOR),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun_s
    assert process.returncode == 0, "the sync did not end well"
    return Cost(
        seconds=seconds,
        client_cpu_s=usage.ru_utime + usage.ru_stime,
        server_cpu_s=server_cpu_s(serving) - before_s,
        size_bytes=len(line.captured),
        round_trips=line.connections + sum(map(line.captured.count, REQUESTS)),
    )


def server_cpu_s(serving: ServerProcess) -> float:
    """Return the processors' time that the server's process has used."""
    assert serving.process is not None
    stat = Path(f"/proc/{serving.process.pid}/stat").read_text(encoding="utf-8")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
