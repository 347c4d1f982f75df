"""A relay at a district office, with real programs: held, passed on, answered; counted once."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import (
    ServerProcess,
    client,
    enrol,
    init_server,
    server,
    try_client,
    try_server,
)

PEOPLE = [
    json.dumps(
        {
            "name": f"Warga Contoh {name}",
            "sex": "P",
            "village": "53.15.05.2001",
            "birth_date": f"19{year}-05-17",
        }
    )
    for name, year in (("Satu", 70), ("Dua", 81))
]


def until(said: Callable[[], Any], patience_s: float = 20) -> Any:
    """Ask until the answer is true."""
    deadline_s = time.monotonic() + patience_s
    while not (found := said()):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    return found


def add(home: Path, *people: str) -> None:
    """Register people on a laptop."""
    try_client(home, "add", "person", "--from", "-", stdin="\n".join(people)).check()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ServerProcess]:
    """Give an office that is running."""
    home = tmp_path / "office"
    init_server(home)
    with ServerProcess(home=home, forked=True) as running:
        yield running


def relay_at(folder: Path, office: ServerProcess) -> ServerProcess:
    """Enrol a relay and return it, not started."""
    issued = server(
        office.home, "device", "enrol", "--relay", "--label", "Kecamatan Contoh",
        "--scope", "53.15.05", "--url", office.url,
    )  # fmt: skip
    serving = ("relay", "--code", issued["code"])
    return ServerProcess(home=folder, command=serving, forked=True)


def ready(relay: ServerProcess) -> None:
    """Wait until the office has answered the relay."""
    until(lambda: server(relay.home, "relay", "--status")["last_contact"])


def test_a_team_syncs_by_a_relay_while_the_line_is_down(
    tmp_path: Path, office: ServerProcess
) -> None:
    """Held first, received later; by relay, stick and directly it counts once."""
    laptop = tmp_path / "laptop"
    enrol(office.home, laptop, url=office.url, scope="53.15.05", label="Tim Satu")
    client(laptop, "sync")
    with relay_at(tmp_path / "relay", office) as relay:
        ready(relay)
        office.terminate()
        add(laptop, *PEOPLE)
        left = client(laptop, "sync", "--via", relay.url)
        assert (left["relay"], left["held_changes"], left["waiting"]) == ("Kecamatan Contoh", 2, 2)
        assert client(laptop, "status")["held"] == 2
        listed = try_client(laptop, "list", "--lang", "en").check().stdout
        assert listed.count("Waiting (held)") == 2
        stood = server(relay.home, "relay", "--status")
        assert (stood["batches"], stood["devices"][0]["label"]) == (1, "Tim Satu")
        assert "Warga" not in str(stood)
        try_client(laptop, "export", tmp_path / "stick").check()
        office.start()
        until(lambda: server(office.home, "stats")["persons"] == 2, 60)
        until(lambda: server(relay.home, "relay", "--status")["replies"])
        server(office.home, "exchange", tmp_path / "stick", tmp_path / "answer")
        taken = client(laptop, "sync", "--via", relay.url)
        assert (taken["sent_changes"], taken["waiting"], taken["held"]) == (2, 0, 0)
        assert client(laptop, "sync")["waiting"] == 0
        client(laptop, "import", tmp_path / "answer")
        stats = server(office.home, "stats")
        assert (stats["persons"], stats["changes"], stats["batches"]) == (2, 2, 1)
        assert client(laptop, "status")["received"] == 2


def test_a_relay_needs_a_home_of_its_own_and_a_code(tmp_path: Path, office: ServerProcess) -> None:
    """Neither the office's home nor none; another's code is refused."""
    assert try_server(office.home, "relay").error_code == "RELAY_HOME_TAKEN"
    assert try_server(tmp_path / "relay", "relay").error_code == "RELAY_CODE_MISSING"
    assert try_server(tmp_path / "none", "relay", "--status").error_code == "RELAY_MISSING"


def test_a_code_that_names_a_relay_needs_no_other_command(
    tmp_path: Path, office: ServerProcess
) -> None:
    """A plain sync finds a relay there: held, then enrolled and received; unlocked or locked."""
    with relay_at(tmp_path / "relay", office) as relay:
        ready(relay)
        laptop = tmp_path / "laptop"
        enrol(office.home, laptop, url=relay.url, scope="53.15.05", label="Tim Dua")
        office.terminate()
        add(laptop, *PEOPLE)
        left = client(laptop, "sync")
        assert (left["relay"], left["held_changes"], left["held"]) == ("Kecamatan Contoh", 2, 2)
        assert (left["waiting"], left["enrolled"]) == (2, False)
        left = client(laptop, "sync", "--locked")
        assert (left["relay"], left["sealed_waiting"]) == ("Kecamatan Contoh", 2)
        office.start()
        until(lambda: server(relay.home, "relay", "--status")["replies"], 60)
        taken = client(laptop, "sync")
        assert (taken["enrolled"], taken["sent_changes"], taken["waiting"]) == (True, 2, 0)
        assert client(laptop, "status")["received"] == 2
    assert server(office.home, "stats")["persons"] == 2
