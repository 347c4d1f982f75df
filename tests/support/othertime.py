"""Programs that see another time than this machine's, by libfaketime."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.support.processes import (
    OPERATOR,
    PASSPHRASE,
    Finished,
    ServerProcess,
    client_environment,
    console,
    run_script,
    server_environment,
)
from tests.support.scenes import Laptop, Office

FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
needs_faketime = pytest.mark.skipif(
    not FAKETIME, reason="cannot run here: libfaketime (Debian's faketime) is not installed"
)
_STARTS = 3
_PATIENCE_S = 30.0


def at(offset: str, device: Laptop, *args: object) -> Finished:
    """Run a command on a laptop whose clock is off by ``offset``, such as +10y."""
    env = client_environment(device.home, PASSPHRASE, OPERATOR) | off(offset)
    return run_script("field-client", *args, env=env)


def off(offset: str) -> dict[str, str]:
    """Return the settings under which a program sees another time."""
    return {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def changing(file: Path) -> dict[str, str]:
    """Return the settings under which a program sees the time that ``file`` says at any moment."""
    settings = {"FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    return {name: value for name, value in off("").items() if name != "FAKETIME"} | settings


def served(office: Office, offset: str) -> ServerProcess:
    """Start the office's server under another time, again where it does not come to answer.

    libfaketime now and then leaves a program of many threads waiting at its start, and makes an
    error of every sleep in Python, so that it cannot stop by itself: it is not waited for.
    """
    wrapped = ServerProcess(home=office.home, port=office.process.port, patience_s=0)
    for _ in range(_STARTS):
        wrapped.process = subprocess.Popen(
            [console("sync-server"), "serve", "--port", str(wrapped.port)],
            env=server_environment(office.home) | off(offset),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            if wrapped.healthy():
                return wrapped
            time.sleep(0.1)
        wrapped.kill()
    raise AssertionError("the server never answered under another time")
