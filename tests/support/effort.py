"""How often each fault of the vault is tried: in CI, and by `make soak`.

A test marked `in_both` runs once with each scale. The environment's SOAK multiplies the soak's
counts. The counts of CI stand in the table of docs/security.md, and a test compares the two.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SOAK = "SOAK"
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a disk whose flushes cost nothing
PATIENCE_S = 400
EVERY = 10**9
in_both = pytest.mark.parametrize(
    "scale",
    [
        pytest.param("ci", marks=pytest.mark.timeout(PATIENCE_S)),
        pytest.param("soak", marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
    ],
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How many times something is tried; ``test`` is where, below tests/faults.

    `EVERY` in a soak: as many as there are.
    """

    test: str
    ci: int
    soak: int

    def tries(self, scale: str) -> int:
        """Return the count of this run."""
        return self.ci if scale == "ci" else int(self.soak * float(os.environ.get(SOAK, "1")))


def report(**figures: object) -> None:
    """Print what a test did, for `-rP`: the figures in docs/security.md come from such lines."""
    print(f"figures: {json.dumps(figures, default=str)}")  # noqa: T201 - shown with the result


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Give a folder in memory where there is such a thing, for replays with thousands of files."""
    place = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="jemput-", dir=place) as name:
        yield Path(name)
