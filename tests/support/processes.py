"""The real programs as processes, the way a user starts them.

Every server listens on loopback at a port that was free a moment ago, every process is ended by
its own id, and what it wrote to standard error is kept for the failure message.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.kennel import Forked, kennel

LOOPBACK = "127.0.0.1"
PASSPHRASE = "sawah-lingko-enam-puluh"
ADMIN_PASSPHRASE = "kadis-uji-coba-empat-belas"
OPERATOR = "petugas"
REGIONS = Path(__file__).parents[2] / "shared_schema" / "data" / "regions-5315-5371.csv"
Started = subprocess.Popen[bytes] | Forked
KEPT_ENVIRONMENT = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE")


class ProgramFailedError(AssertionError):
    """A program that was expected to succeed did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a program left behind when it ended."""

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Parse standard output, which `--json` makes one document."""
        return json.loads(self.stdout)

    @property
    def error_code(self) -> str:
        """Give the code of the last `error [CODE]: ...` line, empty where there is none."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("error [")]
        return lines[-1].partition("[")[2].partition("]")[0] if lines else ""

    def check(self) -> Self:
        """Return itself, or raise ProgramFailedError with all that the program said."""
        if self.returncode == 0:
            return self
        message = f"{' '.join(self.command)} exited {self.returncode}\n{self.stdout}{self.stderr}"
        raise ProgramFailedError(message)


def console(name: str) -> str:
    """Find a console script beside the running Python; raise where it is not installed."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        message = f"{name} is not installed beside {sys.executable}: run `make install`"
        raise FileNotFoundError(message)
    return found


def environment(**settings: str) -> dict[str, str]:
    """Build a program's environment: the system's own, nothing of ours but what is given."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return kept | {"PYTHONUTF8": "1", "PYTHONWARNINGS": "default"} | settings


def client_environment(home: Path, passphrase: str, operator: str) -> dict[str, str]:
    """Build the environment of `field-client` on one device."""
    return environment(
        FIELD_CLIENT_HOME=str(home),
        FIELD_CLIENT_PASSPHRASE=passphrase,
        FIELD_CLIENT_OPERATOR=operator,
    )


def server_environment(home: Path) -> dict[str, str]:
    """Build the environment of `sync-server` in one home."""
    return environment(SYNC_SERVER_HOME=str(home), SYNC_SERVER_ADMIN_PASSPHRASE=ADMIN_PASSPHRASE)


def run(name: str, *args: object, env: dict[str, str], stdin: str = "") -> Finished:
    """Run a program to its end, whatever its exit code: forked from one that has it loaded."""
    home = kennel(environment())
    if home is None:
        return run_script(name, *args, env=env, stdin=stdin)
    with tempfile.TemporaryDirectory(prefix="jemput-run-") as folder:
        files = [Path(folder) / part for part in ("stdin", "stdout", "stderr")]
        files[0].write_text(stdin, encoding="utf-8")
        given = [*map(str, args)]
        code = home.run(name, given, env, files)
        out, err = (path.read_text(encoding="utf-8") for path in files[1:])
    return Finished(command=(name, *given), returncode=code, stdout=out, stderr=err)


def run_script(
    name: str, *args: object, env: dict[str, str], stdin: str = "", timeout_s: float = 90
) -> Finished:
    """Run a console script to its end, whatever its exit code."""
    command = (name, *map(str, args))
    done = subprocess.run(
        [console(name), *command[1:]],
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )
    return Finished(
        command=command, returncode=done.returncode, stdout=done.stdout, stderr=done.stderr
    )


def try_client(
    home: Path,
    *args: object,
    passphrase: str = PASSPHRASE,
    operator: str = OPERATOR,
    stdin: str = "",
) -> Finished:
    """Run `field-client ARGS` on the device in `home`, whatever its exit code."""
    env = client_environment(home, passphrase, operator)
    return run("field-client", *args, env=env, stdin=stdin)


def client(
    home: Path,
    *args: object,
    passphrase: str = PASSPHRASE,
    operator: str = OPERATOR,
    stdin: str = "",
) -> Any:
    """Run `field-client ARGS --json`, which must succeed; return the parsed document."""
    done = try_client(home, *args, "--json", passphrase=passphrase, operator=operator, stdin=stdin)
    return done.check().json


def start_client(
    home: Path, *args: object, passphrase: str = PASSPHRASE, operator: str = OPERATOR
) -> subprocess.Popen[bytes]:
    """Start `field-client ARGS` and return at once: for tests that kill it midway."""
    return subprocess.Popen(
        [console("field-client"), *map(str, args)],
        env=client_environment(home, passphrase, operator),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def started(
    name: str, args: list[str], env: dict[str, str], said: tuple[Path, Path], *, forked: bool
) -> Started:
    """Start a program that says what it says into two files, and return at once.

    ``forked``: from one that has it loaded, where that can be done.
    """
    home = kennel(environment()) if forked else None
    if home is not None:
        return Forked(home, home.start(name, args, env, [Path(os.devnull), *said]))
    with said[0].open("ab") as out, said[1].open("ab") as err:
        command = [console(name), *args]
        return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)


def try_server(home: Path, *args: object) -> Finished:
    """Run `sync-server ARGS` in `home`, whatever its exit code."""
    return run("sync-server", *args, env=server_environment(home))


def server(home: Path, *args: object) -> Any:
    """Run `sync-server ARGS --json`, which must succeed; return the parsed document."""
    return try_server(home, *args, "--json").check().json


def init_server(home: Path, *, region: str = "53.15", name: str = "Kabupaten Uji") -> None:
    """Set up a server for a regency with the region codes that the project ships."""
    try_server(
        home,
        "init",
        "--region",
        region,
        "--name",
        name,
        "--admin",
        "penyelia",
        "--regions",
        REGIONS,
    ).check()


def enrol(server_home: Path, client_home: Path, *, url: str, scope: str, label: str) -> None:
    """Issue a one-time code on the server and enrol a new device with it."""
    issued = server(
        server_home, "device", "enrol", "--label", label, "--scope", scope, "--url", url
    )
    try_client(client_home, "enrol", issued["code"], "--operator", OPERATOR).check()


def free_port() -> int:
    """Ask the system for a TCP port that nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        return int(sock.getsockname()[1])


@dataclass(slots=True, kw_only=True)
class ServerProcess:
    """One `sync-server serve` over a home that `init_server` made; keeps its port on a restart.

    ``command``: what is served, with its own options. ``forked``: started fast, by a kennel.
    """

    home: Path
    port: int = field(default_factory=free_port)
    patience_s: float = 30
    command: tuple[str, ...] = ("serve",)
    forked: bool = False
    process: Started | None = None

    @property
    def url(self) -> str:
        """Give the address that devices are enrolled with."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """Name the file that collects the standard error of every start."""
        return self.home.with_name(f"{self.home.name}.stderr")

    def start(self) -> Self:
        """Start the server and wait until it answers `/healthz`."""
        args = [*self.command, "--host", LOOPBACK, "--port", str(self.port)]
        env, said = server_environment(self.home), (self.log, self.log)
        self.process = started("sync-server", args, env, said, forked=self.forked)
        deadline_s = time.monotonic() + self.patience_s
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                self.kill()
                message = f"sync-server did not come up:\n{self.log.read_text(encoding='utf-8')}"
                raise ProgramFailedError(message)
            time.sleep(0.05)
        return self

    def healthy(self) -> bool:
        """Ask `/healthz` once."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def terminate(self) -> int:
        """Ask the server to stop, as a service manager does; return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End the server in the middle of whatever it does (SIGKILL)."""
        return self._end(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)

    def _end(self, number: int) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            code = self.process.wait(timeout=self.patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.terminate()
