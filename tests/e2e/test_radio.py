"""A sync over real TCP on a 2G link whose coverage comes and goes every few seconds."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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
from tests.support.scenes import people
from tests.support.synthetic import write_jsonl

REGISTRATIONS, PORT = 400, 8800
RIDGE = Radio(rate_bit_s=48_000, delay_s=0.2, up_s=2, down_s=2)


@contextmanager
def serving(link: RadioLink, office: Path) -> Iterator[str]:
    """Serve at the far end; give the address."""
    log = office.with_name("serve.log")
    command = link.far(console("sync-server"), "serve", "--host", link.far_address)
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command, "--port", str(PORT)],
            env=server_environment(office),
            stdout=written,
            stderr=written,
        )
    try:
        yield f"http://{link.far_address}:{PORT}"
    finally:
        process.terminate()
        process.wait()


@pytest.mark.soak
def test_a_day_gets_through_in_turns_of_two_seconds(tmp_path: Path) -> None:
    """One command, whatever is cut: all is received, and little more was sent than is lost."""
    if reason := permitted():
        pytest.skip(f"cannot run here: {reason}")
    office, laptop = tmp_path / "office", tmp_path / "laptop"
    init_server(office)
    with RadioLink(radio=RIDGE) as link, serving(link, office) as url:
        enrol(office, laptop, url=url, scope="53.15", label="L1")
        client(laptop, "export", tmp_path / "out")
        server(office, "exchange", tmp_path / "out", tmp_path / "back")
        client(laptop, "import", tmp_path / "back")
        lines = write_jsonl(tmp_path / "people", people(1, REGISTRATIONS))
        client(laptop, "add", "person", "--from", lines, "--accept-warnings", "diperiksa")
        time.sleep(2)
        link.restart()
        done = subprocess.run(
            link.near(console("field-client"), "sync", "--json"),
            env=client_environment(laptop, PASSPHRASE, OPERATOR),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
    assert (said["confirmed_changes"], said["waiting"]) == (REGISTRATIONS, 0)
    assert link.up.lost + link.down.lost > 0, "the gaps were met"
    assert link.up.payload_bytes < 6 * said["confirmed_bytes"]
    assert client(laptop, "status")["received"] == REGISTRATIONS
