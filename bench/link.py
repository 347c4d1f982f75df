"""Registrations over a radio link: the real client and server, real TCP, beside gzip JSON posts.

Prints one JSON line for each case. The seconds run from the first packet of the sync to the last
that carries data (`closed_seconds`: to the last of any kind, the connection's farewell included);
the bound is what a perfect sender of the same IP bytes would take (tests/support/radio.py). `waste`
is what TCP carried towards the office beyond the sealed batches, as a share of them: what was sent
twice, and the little that stands around a batch. Where chance decides, a case is run several times;
its figures are those of the median, and all the ratios are printed. `ratio_to_bound` is against
all IP bytes towards the office; `ratio_without_repeats` against those that the sealed batches alone
need (as many IP bytes for each byte within TCP), which is stricter.

Where network namespaces are not permitted, or with ``--proxy``, each line says `"link": "proxy"`
and why: a loopback relay with the same rate, delay and gaps (bench/linking/proxy.py). It loses
nothing and knows no packets, so there are neither goals nor the case of losses.

The peers take every case at once, each on a link of its own, before we take them one by one; each
has one run, and is stopped after ``--limit`` seconds (120), which are then in `stopped_after_s`.

    python bench/link.py [--ours] [--proxy] [--limit SECONDS] [CASE..]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from bench.growing.records import saved
from bench.linking import Laying, Link, carried, proxy_link, radio_link
from bench.peers.beside import over_links
from field_client.vault.spool import open_spool
from tests.support.name_lists import ELSEWHERE
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
from tests.support.radio import Radio, permitted
from tests.support.synthetic import Person, population

SEED = 48
TWO_G = Radio(rate_bit_s=48_000, delay_s=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A link how many registrations are to pass, and in how long at the most (``limit_s``).

    ``runs``: how many, each with losses of its own. ``goal``: the most that a figure may be.
    """

    radio: Radio
    count: int
    limit_s: float
    runs: int = 1
    goal: dict[str, float] = field(default_factory=dict)


CASES = {
    "plain": Case(
        radio=TWO_G,
        count=1_000,
        limit_s=120,
        goal={"seconds": 10, "ratio_to_bound": 1.10},
    ),
    "loss": Case(
        radio=replace(TWO_G, loss=0.03),
        count=1_000,
        limit_s=240,
        runs=7,
        goal={"ratio_to_bound": 1.15},
    ),
    "up8_down4": Case(
        radio=replace(TWO_G, up_s=8, down_s=4), count=1_000, limit_s=240, goal={"seconds": 35}
    ),
    "up4_down4": Case(radio=replace(TWO_G, up_s=4, down_s=4), count=1_000, limit_s=240),
    "up20_down4": Case(
        radio=replace(TWO_G, up_s=20, down_s=4),
        count=10_000,
        limit_s=600,
        goal={"ratio_to_bound": 1.2, "waste": 0.15},
    ),
}


def ours(link: Link, case: Case, folder: Path) -> dict[str, Any]:
    """Sync ``case.count`` registrations that wait on a laptop; return what it took."""
    office, laptop = folder / "office", folder / "laptop"
    with serving(link, office):
        url = f"http://{link.far_address}:{link.port}"
        enrol(office, laptop, url=url, scope="53.15.05", label="L1")
        client(laptop, "export", folder / "out")
        server(office, "exchange", folder / "out", folder / "back")
        client(laptop, "import", folder / "back")
        saved(folder, laptop, case.count)
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
    needed = link.up.size_bytes * sealed // max(1, link.up.payload_bytes)
    return measured | {
        "ratio_without_repeats": round(seconds / case.radio.bound_s(needed), 3),
        "received": client(laptop, "status")["received"],
        "tries": tries,
        "sealed_bytes": sealed,
        "waste": round(link.up.payload_bytes / sealed - 1, 3),
    }


def sealed_bytes(laptop: Path) -> int:
    """Return the bytes of the batches on a laptop: what has to pass, at the least."""
    with open_spool(laptop) as spool:
        return sum(spool.waiting(stream, 0)[1] for stream in spool.streams())


def figures(link: Link, case: Case, seconds: float) -> dict[str, Any]:
    """Return the figures of one way of sending, read off the link."""
    bound_s = case.radio.bound_s(link.up.size_bytes)
    return {
        "seconds": round(seconds, 2),
        "closed_seconds": round(link.closed_seconds, 2),
        "bound_s": round(bound_s, 2),
        "ratio_to_bound": round(seconds / bound_s, 3),
        **carried(link),
    }


@contextmanager
def serving(link: Link, office: Path) -> Iterator[None]:
    """Run the office's server at the far end."""
    init_server(office)
    command = ["serve", "--host", link.far_address, "--port", str(link.office_port)]
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


def people(count: int) -> list[Person]:
    """Return the residents of one district whom the wire's dictionary was not trained on."""
    return population(SEED, "53.15.05", ELSEWHERE).people(count)


def main() -> None:
    """Run the cases named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    parser.add_argument("--proxy", action="store_true", help="by a loopback relay in any case")
    parser.add_argument("--limit", type=float, default=120, help="seconds given to a peer")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    wanted = parser.parse_args()
    cases = {name: CASES[name] for name in wanted.cases or CASES}
    reason = "asked for" if wanted.proxy else permitted()
    lay = proxy_link if reason else radio_link
    marks = {"link": "proxy", "because": reason} if reason else {"link": "radio"}
    if reason:
        for name in [name for name, case in cases.items() if case.radio.loss]:
            print(json.dumps({"bench": "link", "case": name, "cannot_run_here": reason} | marks))
            del cases[name]
    beside: dict[str, dict[str, Any]] = {name: {} for name in cases}
    if not wanted.ours:
        radios = {name: case.radio for name, case in cases.items()}
        rows = {name: people(case.count) for name, case in cases.items()}
        beside = over_links(lay, radios, rows, wanted.limit)
    for name, case in cases.items():
        print(json.dumps(line(name, case, lay, beside[name]) | marks), flush=True)


def line(name: str, case: Case, lay: Laying, peers: dict[str, Any]) -> dict[str, Any]:
    """Measure a case; return its line: our figures beside the goal and the peers'."""
    load = round(os.getloadavg()[0], 1)
    own = median(case, lay)
    for peer in peers.values():
        if peer.get("seconds"):
            peer["times_ours"] = round(peer["seconds"] / own["seconds"], 1)
    met = all(own[figure] <= most for figure, most in case.goal.items())
    return {
        "bench": "link",
        "case": name,
        "registrations": case.count,
        "load": load,
        **({"goal": case.goal, "met": met} if lay is radio_link else {}),
        "ours": own,
        **peers,
    }


def median(case: Case, lay: Laying) -> dict[str, Any]:
    """Return the figures of the median run, and the ratios of all."""
    runs = []
    for seed in range(1, case.runs + 1):
        with tempfile.TemporaryDirectory() as folder, lay(case.radio, seed) as link:
            runs.append(ours(link, case, Path(folder)))
    runs.sort(key=lambda run: float(run["ratio_to_bound"]))
    ratios = [run["ratio_to_bound"] for run in runs]
    return runs[len(runs) // 2] | ({"ratios": ratios} if len(runs) > 1 else {})


if __name__ == "__main__":
    main()
