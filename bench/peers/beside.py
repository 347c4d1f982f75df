"""The peers over loopback and over radio links; all links at once, which costs little time."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from bench.linking import Laying, Link, carried
from bench.peers import kinto
from bench.peers.kinto import Absent
from tests.support.processes import LOOPBACK, free_port
from tests.support.radio import Radio
from tests.support.synthetic import Person, write_jsonl

ROOT = Path(__file__).parents[2]
PEERS = ("gzip_json", "kinto")
PREPARE_S, QUIET_S = 90, 2.0
Figures = dict[str, Any]
Place = Callable[..., list[str]]


def over_loopback(peer: str, rows: Sequence[Person]) -> Figures:
    """Return what passed, in how many round trips and seconds; or why it cannot be run."""
    try:
        with tempfile.TemporaryDirectory() as name:
            folder, port = Path(name), free_port()
            lines = write_jsonl(folder / "people", rows)
            with served(peer, folder, LOOPBACK, port, here):
                _client(here, peer, LOOPBACK, port, "prepare", PREPARE_S)
                passed, _ = _client(here, peer, LOOPBACK, port, str(lines), 600)
    except Absent as reason:
        return {"cannot_run_here": str(reason)}
    assert passed["received"] == len(rows), passed
    return {
        "up": round(passed["up"] / len(rows), 1),
        "down": round(passed["down"] / len(rows), 1),
        "both": round((passed["up"] + passed["down"]) / len(rows), 1),
        "round_trips": passed["connections"] + passed["requests"],
        "records_a_second": round(len(rows) / passed["seconds"]),
    }


def over_links(
    lay: Laying, radios: dict[str, Radio], rows: dict[str, list[Person]], limit_s: float
) -> dict[str, Figures]:
    """Return the figures of every peer on every link, by the link's name and the peer's."""
    jobs = list(product(radios, PEERS))
    with ThreadPoolExecutor(len(jobs)) as pool:
        done = pool.map(
            lambda job: over_link(job[1], lay(radios[job[0]], 1), rows[job[0]], limit_s), jobs
        )
    found: dict[str, Figures] = {name: {} for name in radios}
    for (name, peer), figures in zip(jobs, done, strict=True):
        found[name][peer] = figures
    return found


def over_link(peer: str, laid: Link, rows: Iterable[Person], limit_s: float) -> Figures:
    """Return the seconds of one peer on one link; one that needs longer is stopped."""
    try:
        with tempfile.TemporaryDirectory() as name, laid as link:
            folder, host = Path(name), link.far_address
            lines = write_jsonl(folder / "people", rows)
            with served(peer, folder, host, link.office_port, link.far):
                _client(link.near, peer, host, link.port, "prepare", PREPARE_S)
                time.sleep(QUIET_S)
                link.restart()
                passed, ended = _client(link.near, peer, host, link.port, str(lines), limit_s)
            return {
                "seconds": round(link.seconds, 2) if ended else None,
                **({} if ended else {"stopped_after_s": limit_s}),
                "received": passed.get("received", 0),
                **carried(link),
            }
    except Absent as reason:
        return {"cannot_run_here": str(reason)}


def here(*command: str) -> list[str]:
    """Return a command as it runs on this machine, without a link."""
    return list(command)


@contextmanager
def served(peer: str, folder: Path, host: str, port: int, place: Place) -> Iterator[None]:
    """Run a peer's server until the end of the block. Raises Absent."""
    if peer == "kinto":
        command = kinto.command(folder, host, port)
    else:
        command = [sys.executable, "-m", "bench.peers.gzip_server", host, str(port)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(place(*command), stdout=log, stderr=log, cwd=ROOT)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _client(
    place: Place, peer: str, host: str, port: int, what: str, limit_s: float
) -> tuple[Figures, bool]:
    """Run a peer's client; return the last that it said, and whether it came to its end."""
    command = place(sys.executable, "-m", "bench.peers.posting", peer, host, str(port), what)
    ended = True
    try:
        said = subprocess.run(
            command, stdout=subprocess.PIPE, timeout=limit_s, check=True, cwd=ROOT
        ).stdout
    except subprocess.TimeoutExpired as error:
        if what == "prepare":
            raise Absent(f"{peer} did not answer within {limit_s:g} s") from error
        said, ended = error.stdout or b"", False
    whole = said[: said.rfind(b"\n") + 1].splitlines()
    return (json.loads(whole[-1]) if whole else {}), ended
