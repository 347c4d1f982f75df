"""Registrations over a radio link: the real client and server, real TCP, beside gzip JSON posts.

Prints one JSON line for each case. The seconds run from the first packet of the sync to the last
that carries data (`closed_seconds`: to the last of any kind, the connection's farewell included);
the bound is what a perfect sender of the same IP bytes would take (tests/support/radio.py). `waste`
is what TCP carried towards the office beyond the sealed batches, as a share of them: what was sent
twice, and the little that stands around a batch. Where chance decides, a case is run several times;
its figures are those of the median, and all the ratios are printed. Where
namespaces are not permitted it says so and measures nothing: a proxy in their place would not
meet TCP's own losses and round trips.

    python bench/link.py [--ours] [CASE..]
"""

import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from field_client.vault.spool import open_spool
from tests.support.processes import (
    OPERATOR,
    PASSPHRASE,
    client,
    client_environment,
    console,
    enrol,
    init_server,
    server,
    server_environment,
)
from tests.support.radio import Radio, RadioLink, permitted
from tests.support.synthetic import population, write_jsonl

SEED, BATCH, PORT = 48, 50, 8800
TWO_G = {"rate_bit_s": 48_000.0, "delay_s": 0.4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A link and how many registrations are to pass; ``limit_s`` ends a peer that never does.

    ``runs``: how many, each with losses of its own.
    """

    radio: Radio
    count: int
    limit_s: float
    runs: int = 1


Way = Callable[[RadioLink, Case, Path], dict[str, Any]]
CASES = {
    "plain": Case(radio=Radio(**TWO_G), count=1_000, limit_s=120),
    "loss": Case(radio=Radio(**TWO_G, loss=0.03), count=1_000, limit_s=240, runs=7),
    "up8_down4": Case(radio=Radio(**TWO_G, up_s=8, down_s=4), count=1_000, limit_s=240),
    "up4_down4": Case(radio=Radio(**TWO_G, up_s=4, down_s=4), count=1_000, limit_s=240),
    "up20_down4": Case(radio=Radio(**TWO_G, up_s=20, down_s=4), count=10_000, limit_s=600),
}


def ours(link: RadioLink, case: Case, folder: Path) -> dict[str, Any]:
    """Sync ``case.count`` registrations that wait on a laptop; return what it took."""
    office, laptop = folder / "office", folder / "laptop"
    with serving(link, office):
        url = f"http://{link.far_address}:{PORT}"
        enrol(office, laptop, url=url, scope="53.15.05", label="L1")
        client(laptop, "export", folder / "out")
        server(office, "exchange", folder / "out", folder / "back")
        client(laptop, "import", folder / "back")
        lines = write_jsonl(folder / "people", people(case.count))
        client(laptop, "add", "person", "--from", lines, "--accept-warnings", "bench")
        link.restart()
        tries = 0
        deadline_s = time.monotonic() + case.limit_s
        command = link.near(console("field-client"), "sync", "--json")
        env = client_environment(laptop, PASSPHRASE, OPERATOR)
        while time.monotonic() < deadline_s:
            tries += 1
            if subprocess.run(command, env=env, capture_output=True, check=False).returncode == 0:
                break
        seconds = link.seconds
        measured = figures(link, case, seconds)
    sealed = sealed_bytes(laptop)
    return measured | {
        "received": client(laptop, "status")["received"],
        "tries": tries,
        "sealed_bytes": sealed,
        "waste": round(link.up.payload_bytes / sealed - 1, 3),
    }


def sealed_bytes(laptop: Path) -> int:
    """Return the bytes of the batches on a laptop: what has to pass, at the least."""
    with open_spool(laptop) as spool:
        return sum(spool.waiting(stream, 0)[1] for stream in spool.streams())


def gzip_posts(link: RadioLink, case: Case, folder: Path) -> dict[str, Any]:
    """Post the same people as gzip JSON, 50 at a time, each post again until it is answered."""
    lines = write_jsonl(folder / "people", people(case.count))
    peer = subprocess.Popen(link.far(sys.executable, __file__, "--peer-server"))
    try:
        time.sleep(1)
        link.restart()
        command = link.near(sys.executable, __file__, "--peer-client", str(lines))
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=case.limit_s
        )
        return figures(link, case, link.seconds) | {"received": int(done.stdout or 0)}
    except subprocess.TimeoutExpired:
        return {"seconds": None, "limit_s": case.limit_s}
    finally:
        peer.kill()
        peer.wait()


def figures(link: RadioLink, case: Case, seconds: float) -> dict[str, Any]:
    """Return the figures of one way of sending, read off the link."""
    bound_s = case.radio.bound_s(link.up.size_bytes)
    return {
        "seconds": round(seconds, 2),
        "closed_seconds": round(link.closed_seconds, 2),
        "bound_s": round(bound_s, 2),
        "ratio_to_bound": round(seconds / bound_s, 3),
        "ip_bytes_up": link.up.size_bytes,
        "ip_bytes_down": link.down.size_bytes,
        "packets_lost": link.up.lost + link.down.lost,
    }


@contextmanager
def serving(link: RadioLink, office: Path) -> Iterator[None]:
    """Run the office's server at the far end."""
    init_server(office)
    command = ["serve", "--host", link.far_address, "--port", str(PORT)]
    with (office.parent / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            link.far(console("sync-server"), *command),
            env=server_environment(office),
            stdout=log,
            stderr=log,
        )
    try:
        time.sleep(3)
        yield
    finally:
        process.terminate()
        process.wait()


def people(count: int) -> list[dict[str, object]]:
    """Return the residents of one district, the same for the same count."""
    return population(SEED, "53.15.05").people(count)


class PostsHandler(BaseHTTPRequestHandler):
    """Answers each post of the peer with the ids of what it held."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take one body and answer it."""
        rows = json.loads(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
        ids = json.dumps([f"{number:036d}" for number in range(len(rows))]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(ids)))
        self.end_headers()
        self.wfile.write(ids)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def post_all(lines: Path) -> int:
    """Post what is in ``lines``; a post that fails is tried again on a new connection."""
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    connection, at = None, 0
    while at < len(rows):
        body = gzip.compress(json.dumps(rows[at : at + BATCH], ensure_ascii=False).encode(), 9)
        try:
            connection = connection or http.client.HTTPConnection("10.77.0.2", PORT, timeout=20)
            connection.request("POST", "/", body)
            at += len(json.loads(connection.getresponse().read()))
        except (OSError, http.client.HTTPException):
            connection = None
    return at


def main(arguments: list[str]) -> None:
    """Run the cases named, or all."""
    if reason := permitted():
        print(json.dumps({"bench": "link", "cannot_run_here": reason}))
        return
    ways = (ours,) if "--ours" in arguments else (ours, gzip_posts)
    for name in [one for one in arguments if one in CASES] or CASES:
        case = CASES[name]
        result: dict[str, object] = {"bench": "link", "case": name, "registrations": case.count}
        result["load"] = round(os.getloadavg()[0], 1)
        for way in ways:
            result[way.__name__] = median(way, case)
        print(json.dumps(result), flush=True)


def median(way: Way, case: Case) -> dict[str, Any]:
    """Return the figures of the median run, and the ratios of all."""
    runs = []
    for seed in range(1, case.runs + 1):
        link = RadioLink(radio=case.radio, seed=seed)
        with tempfile.TemporaryDirectory() as folder, link:
            runs.append(way(link, case, Path(folder)))
    runs.sort(key=lambda run: float(run.get("ratio_to_bound", "inf")))
    ratios = [run.get("ratio_to_bound") for run in runs]
    return runs[len(runs) // 2] | ({"ratios": ratios} if len(runs) > 1 else {})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer-server"]:
        HTTPServer(("10.77.0.2", PORT), PostsHandler).serve_forever()
    elif sys.argv[1:2] == ["--peer-client"]:
        print(post_all(Path(sys.argv[2])))
    else:
        main(sys.argv[1:])
