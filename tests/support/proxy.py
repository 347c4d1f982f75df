"""nginx as Debian ships it, in front of a server: it buffers requests, and cuts long ones."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection

import pytest

from tests.support.processes import LOOPBACK, free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or ""
needs_nginx = pytest.mark.skipif(
    not NGINX, reason="cannot run here: nginx (Debian's nginx) is not installed"
)
PATIENCE_S = 20.0
# What an administrator would write; all else is as it comes. The paths only keep it in its folder.
_CONF = """
user root;
daemon off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {extra}
    server {{
        listen {address}:{port};
        location / {{ proxy_pass http://{address}:{upstream}; }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, upstream: int, extra: str = "") -> Iterator[int]:
    """Run nginx in front of the server at port ``upstream``; give the port it listens at.

    ``extra``: lines of configuration for all servers.
    """
    folder.mkdir()
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(
        _CONF.format(folder=folder, address=LOOPBACK, port=port, upstream=upstream, extra=extra)
    )
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(conf), "-e", str(folder / "error.log")],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port, process, folder / "error.log")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with suppress(OSError), create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(log.read_text() if log.exists() else "nginx did not start")


def statuses(folder: Path) -> list[tuple[int, int]]:
    """Return of each request that nginx logged, in order: its status, and the answer's bytes."""
    lines = (folder / "access.log").read_text().splitlines()
    words = (line.rsplit('"', 4)[0].rsplit('"', 1)[-1].split() for line in lines)
    return [(int(status), int(size)) for status, size in words]
