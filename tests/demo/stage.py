"""The stage of the demo: two offices, three laptops, a line that can be cut, a narrator.

Everything is the real programs as processes; every figure that is told is read back from them.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.line import Line
from tests.support.processes import (
    Finished,
    ServerProcess,
    client,
    server,
    try_client,
    try_server,
)

RATE_BYTES_S = 6_000  # 48 kbit/s, as 2G gives


@dataclass(slots=True, kw_only=True)
class Narrator:
    """Tells each step in one line, numbered, with the seconds since the start."""

    started_s: float = field(default_factory=time.monotonic)
    steps: int = 0

    def act(self, title: str) -> None:
        """Begin a part of the story."""
        print(f"\n== {title}", flush=True)

    def tell(self, sentence: str) -> None:
        """Say what has just happened."""
        self.steps += 1
        seconds = time.monotonic() - self.started_s
        print(f"{self.steps:3}. [{seconds:5.1f} s] {sentence}", flush=True)

    def show(self, text: str) -> None:
        """Show what a program printed, set apart."""
        print("\n".join(f"     | {line}" for line in text.rstrip().splitlines()), flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """A team's laptop: its home and the operator who works on it."""

    home: Path
    operator: str

    def run(self, *args: object) -> Any:
        """Run a command that must succeed; return its JSON document."""
        return client(self.home, *args, operator=self.operator)

    def attempt(self, *args: object) -> Finished:
        """Run a command that may fail."""
        return try_client(self.home, *args, operator=self.operator)

    def add(self, type_name: str, path: Path) -> list[str]:
        """Add the lines of a file; return the new ids in order."""
        added = self.run("add", type_name, "--from", path)
        return [record["id"] for record in added["records"]]

    def received(self) -> str:
        """Return how many records wait and were received, in words."""
        status = self.run("status")
        return f"{status['received']} received, {status['waiting']} waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A regency's office: its home, its server's process, the line that laptops reach it by."""

    home: Path
    process: ServerProcess
    line: Line

    def run(self, *args: object) -> Any:
        """Run a command that must succeed; return its JSON document."""
        return server(self.home, *args)

    def text(self, *args: object) -> str:
        """Run a command that must succeed; return what it printed for people."""
        return try_server(self.home, *args).check().stdout

    def enrol(self, laptop: Laptop, label: str, scope: str) -> dict[str, Any]:
        """Issue a one-time code and enrol the laptop with it."""
        issued = self.run(
            "device", "enrol", "--label", label, "--scope", scope, "--url", self.line.url
        )
        enrolled: dict[str, Any] = laptop.run(
            "enrol", issued["code"], "--operator", laptop.operator
        )
        return enrolled


def open_office(home: Path, region: str, name: str) -> Office:
    """Set up a regency and start its server and its line."""
    try_server(home, "init", "--region", region, "--name", name, "--admin", "penyelia").check()
    process = ServerProcess(home=home).start()
    return Office(
        home=home, process=process, line=Line(server_port=process.port, rate_bytes_s=RATE_BYTES_S)
    )


def close_office(office: Office) -> None:
    """End the server's process and the line."""
    office.line.close()
    office.process.terminate()
