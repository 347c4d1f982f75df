"""`sync --watch` as a process: a hotspot's page, then the office, then a save, then the end."""

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from tests.support.othertime import needs_faketime, off
from tests.support.processes import (
    LOOPBACK,
    OPERATOR,
    PASSPHRASE,
    client_environment,
    console,
)
from tests.support.scenes import Laptop, regency

PORTAL = (
    b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n"
    b'{"error": {"code": "LOGIN_REQUIRED"}}'
)
PERSON = {"name": "Warga Contoh 1", "sex": "P", "village": "53.15.05.2001", "birth_date": "1970"}
ALL_THERE = "Everything saved on this laptop is at the office."
PATIENCE_S = 60.0
NOTHING: Mapping[str, str] = MappingProxyType({})


@contextmanager
def hotspot(port: int) -> Iterator[list[float]]:
    """Answer everybody with a page of its own; give the times at which somebody came."""
    came: list[float] = []
    with socket.create_server((LOOPBACK, port)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    came.append(time.monotonic())
                    with line, suppress(OSError):
                        line.recv(65536)
                        line.sendall(PORTAL)
                        line.recv(65536)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield came
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def await_(true: Callable[[], bool], said: Path) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s, said.read_text(encoding="utf-8")
        time.sleep(0.05)


@contextmanager
def watching(
    device: Laptop,
    said: Path,
    *more: str,
    passphrase: str = PASSPHRASE,
    settings: Mapping[str, str] = NOTHING,
) -> Iterator[subprocess.Popen[str]]:
    """Run a watch whose messages go to a file."""
    words = ["sync", "--watch", "--patience", "0", "--json", "--lang=en", *more]
    with said.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [console("field-client"), *words],
            env={**client_environment(device.home, passphrase, OPERATOR), **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def test_a_watch_from_a_hotspot_to_the_office(tmp_path: Path) -> None:
    """Told once of the hotspot, quiet until the office is there, true at each step, then ended."""
    said = tmp_path / "said"
    with regency(tmp_path / "kantor") as office:
        device = office.laptop("siap", "53.15.05")
        port = office.process.port
        office.process.terminate()
        device.add_person(
            name="Warga Contoh 1", sex="P", village="53.15.05.2001", birth_date="1970"
        )

        def told(what: str) -> int:
            return said.read_text(encoding="utf-8").count(what)

        with watching(device, said) as process:
            with hotspot(port) as came:
                await_(lambda: len(came) >= 2, said)
                await_(lambda: told("No exchange with the office now") >= 1, said)
                assert told("NOT_OUR_SERVER") == 1
                assert told(ALL_THERE) == 0
                assert came[1] - came[0] > 2
            office.process.start()
            await_(lambda: told(ALL_THERE) == 1, said)
            assert device.status()["received"] == 1
            device.add_person(**PERSON | {"name": "Warga Contoh 2"})
            await_(lambda: told("Not confirmed by the office yet: 1 changes.") == 1, said)
            begun_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            document = json.loads(process.communicate(timeout=PATIENCE_S)[0])
            assert time.monotonic() - begun_s < 10
        assert process.returncode == 0, said.read_text(encoding="utf-8")
        assert (document["unconfirmed"], document["sent_changes"]) == (1, 1)
        assert document["attempts"] > document["succeeded"] == 1
        assert document["error"] is None
        assert told(ALL_THERE) == 1
        assert "Traceback" not in said.read_text(encoding="utf-8")
        device.sync()
        assert device.status()["received"] == 2


def test_a_locked_laptop_is_watched(tmp_path: Path) -> None:
    """No passphrase: what was sealed goes once there is an office, and no more is claimed."""
    said = tmp_path / "said"
    sealed = "Locked. Of what was sealed at the last lock, 0 changes still wait."
    with regency(tmp_path / "kantor") as office:
        device = office.laptop("terkunci", "53.15.05")
        device.add_person(**PERSON)
        device.run("lock")
        device.add_person(**PERSON | {"name": "Warga Contoh 2"})
        office.process.terminate()
        with watching(device, said, "--locked", passphrase="") as process:
            await_(lambda: "No exchange" in said.read_text(encoding="utf-8"), said)
            office.process.start()
            await_(lambda: sealed in said.read_text(encoding="utf-8"), said)
            process.send_signal(signal.SIGINT)
            document = json.loads(process.communicate(timeout=PATIENCE_S)[0])
        assert process.returncode == 0, said.read_text(encoding="utf-8")
        assert document["sent_changes"] == 1
        assert ALL_THERE not in said.read_text(encoding="utf-8")
        assert office.stats()["persons"] == 1
        assert device.status() == {"draft": 0, "waiting": 1, "received": 1, "attention": 0}


@needs_faketime
def test_a_watch_under_a_wrong_clock_goes_on(tmp_path: Path) -> None:
    """Four days off: told once, everything sent all the same, and the end is an orderly one."""
    said = tmp_path / "said"
    with regency(tmp_path / "kantor") as office:
        device = office.laptop("salah", "53.15.05")
        device.add_person(**PERSON)
        with watching(device, said, settings=off("+4d")) as process:
            await_(lambda: ALL_THERE in said.read_text(encoding="utf-8"), said)
            assert office.stats()["persons"] == 1
            process.send_signal(signal.SIGTERM)
            document = json.loads(process.communicate(timeout=PATIENCE_S)[0])
        assert process.returncode == 0, said.read_text(encoding="utf-8")
        assert said.read_text(encoding="utf-8").count("CLOCK_OFF") == 1
        assert (document["sent_changes"], document["unconfirmed"]) == (1, 0)
        assert device.status()["received"] == 1
