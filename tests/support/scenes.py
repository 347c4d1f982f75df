"""Steps that several tests of the real programs share: an office, laptops, people, kills.

A laptop's store is created at the floor of the key derivation, as tests do; everything after that
goes through the two programs. Nothing here knows what a right outcome is.
"""

import json
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.app import create_device
from shared_schema.enrolment import EnrolmentCode, code_text
from tests.support.processes import (
    OPERATOR,
    PASSPHRASE,
    REGIONS,
    Finished,
    ServerProcess,
    client_environment,
    console,
    run,
    server_environment,
    start_client,
)
from tests.support.synthetic import Person, population, write_jsonl

REGION = "53.15"
PROJECTIONS = (
    "unfolded",
    "records",
    "record_writers",
    "record_parents",
    "identity_keys",
    "candidates",
    "edges",
    "clusters",
    "person_names",
)
LOG = "changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """One device; ``home`` is its folder."""

    home: Path

    def run(self, *args: object) -> Any:
        """Run `field-client ARGS --json`, which must succeed."""
        return self.attempt(*args, "--json").check().json

    def attempt(self, *args: object, stdin: str = "", passphrase: str = PASSPHRASE) -> Finished:
        """Run `field-client ARGS`, whatever its exit code."""
        env = client_environment(self.home, passphrase, OPERATOR)
        return run("field-client", *args, env=env, stdin=stdin)

    def add(self, kind: str, rows: Sequence[Mapping[str, Any]], *args: object) -> Any:
        """Take records from a file and return what became of the lines."""
        source = self.home.with_name(f"{self.home.name}-{kind}.jsonl")
        return self.run("add", kind, "--from", write_jsonl(source, map(dict, rows)), *args)

    def add_person(self, **values: object) -> str:
        """Register one person and return the id."""
        return str(self.add("person", [values])["records"][0]["id"])

    def edit(self, record: str, **values: object) -> Any:
        """Correct a record."""
        return self.run("edit", record, *(f"{name}={value}" for name, value in values.items()))

    def sync(self) -> Any:
        """Sync, which must succeed."""
        return self.run("sync")

    def status(self) -> dict[str, int]:
        """Return the counts of records by their state."""
        found = self.run("status")
        return {name: found[name] for name in ("draft", "waiting", "received", "attention")}

    def records(self, *args: object) -> dict[str, dict[str, Any]]:
        """Return what `list ARGS` says, by record id."""
        return {found["id"]: found for found in self.run("list", *args)["records"]}

    def values(self, kind: str = "person") -> dict[str, dict[str, Any]]:
        """Return the field values of this laptop's own records, by id."""
        return {record: found["values"] for record, found in self.records(kind).items()}

    def roster(self, kind: str = "person") -> dict[str, dict[str, Any]]:
        """Return the field values of records that came from the office, by id."""
        found = self.records(kind, "--state", "roster")
        return {record: one["values"] for record, one in found.items()}

    def start(self, *args: object) -> subprocess.Popen[bytes]:
        """Start a command and return at once."""
        return start_client(self.home, *args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A regency's server; ``process`` listens while it is started."""

    process: ServerProcess

    @property
    def home(self) -> Path:
        """Name the server's folder."""
        return self.process.home

    @property
    def database(self) -> Path:
        """Name the file that holds log and projections."""
        return self.home / "server.db"

    def run(self, *args: object) -> Any:
        """Run `sync-server ARGS --json`, which must succeed."""
        return self.attempt(*args, "--json").check().json

    def attempt(self, *args: object) -> Finished:
        """Run `sync-server ARGS`, whatever its exit code."""
        return run("sync-server", *args, env=server_environment(self.home))

    def code(self, label: str, scope: str = REGION, url: str | None = None, *more: object) -> str:
        """Issue a one-time code."""
        address = self.process.url if url is None else url
        where = ("--url", address) if address else ()
        issued = self.run("device", "enrol", "--label", label, "--scope", scope, *where, *more)
        return str(issued["code"])

    def laptop(self, label: str, scope: str = REGION, url: str | None = None) -> Laptop:
        """Issue a code and set up a new device with it beside the server's folder."""
        return laptop(self.home.with_name(label), self.code(label, scope, url))

    def start(self, *args: object) -> subprocess.Popen[bytes]:
        """Start a command and return at once."""
        return subprocess.Popen(
            [console("sync-server"), *map(str, args)],
            env=server_environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def stats(self) -> dict[str, int]:
        """Return the server's counts."""
        found: dict[str, int] = self.run("stats")
        return found

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the database directly."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def values(self, kind: str = "person") -> dict[str, dict[str, Any]]:
        """Return the field values that the regency's records show, by id."""
        found = self.rows("SELECT record, shown FROM records WHERE type = ? ORDER BY born", kind)
        return {
            record: {n: v for n, v in json.loads(shown).items() if not n.startswith("_")}
            for record, shown in found
        }

    def projections(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every projection, sorted."""
        return {
            table: sorted(self.rows(f"SELECT * FROM {table}"), key=repr) for table in PROJECTIONS
        }


def laptop(home: Path, code: str) -> Laptop:
    """Set up a device at the floor of the key derivation; it enrols at its first exchange."""
    create_device(home, code, OPERATOR, PASSPHRASE, calibrate=False).close()
    return Laptop(home=home)


def far_code() -> str:
    """Return a code of an office that exists nowhere."""
    code = EnrolmentCode(
        url="",
        signing=Ed25519PrivateKey.generate().public_key().public_bytes_raw(),
        sealing=X25519PrivateKey.generate().public_key().public_bytes_raw(),
        secret=bytes(16),
        expires_ms=1 << 41,
    )
    return code_text(code)


def far_laptop(home: Path) -> Laptop:
    """Set up a device whose office exists nowhere: for work that needs no answer."""
    return laptop(home, far_code())


@contextmanager
def regency(folder: Path, *, serving: bool = True) -> Iterator[Office]:
    """Give an office in ``folder``, listening unless only files travel; stop it afterwards."""
    process = ServerProcess(home=folder / "server", forked=True)
    office = Office(process=process)
    named = ("--name", "Kabupaten Uji", "--admin", "penyelia", "--regions", REGIONS)
    office.run("init", "--region", REGION, *named)
    if serving:
        process.start()
    try:
        yield office
    finally:
        process.terminate()


def people(seed: int, count: int, area: str = REGION) -> list[Person]:
    """Give synthetic people of an area whose lines need no reasons."""
    return population(seed, area).people(count)


def exchange_by_file(office: Office, device: Laptop, stem: str = "kiriman") -> Any:
    """Carry an export to the office and its answer back; return what `import` says."""
    out, answer = stick(device, stem)
    device.run("export", out)
    office.run("exchange", out, answer)
    return device.run("import", answer)


def stick(device: Laptop, stem: str) -> tuple[Path, Path]:
    """Name an export and its answer on the device's stick."""
    folder = device.home.with_name(f"{device.home.name}-stick")
    folder.mkdir(exist_ok=True)
    return folder / f"{stem}.jemput", folder / f"{stem}-jawaban.jemput"


def kill_within(process: subprocess.Popen[bytes], chance: random.Random, longest_s: float) -> int:
    """End a process (SIGKILL) at a random moment; return its exit code, also if it was faster."""
    try:
        process.wait(timeout=chance.uniform(0, longest_s))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode


def until_it_succeeds(device: Laptop, *args: object, attempts: int = 8) -> Finished:
    """Repeat a command until it exits 0, as an officer would."""
    done = device.attempt(*args)
    for _ in range(attempts - 1):
        if done.returncode == 0:
            break
        time.sleep(0.2)
        done = device.attempt(*args)
    return done.check()


@dataclass(slots=True, kw_only=True)
class Seed:
    """A seed that a failing test shows, so that its luck can be had again."""

    value: int = field(default_factory=lambda: random.SystemRandom().randrange(1 << 32))

    def chance(self) -> random.Random:
        """Return the generator that everything random is drawn from, after printing the seed."""
        print(f"seed {self.value}")  # noqa: T201 - pytest shows it where the test fails
        return random.Random(self.value)
