"""An office for the files whose laptops are real ones; many files have another of their own."""

from pathlib import Path

import pytest

from tests.support.laptop import still
from tests.support.offices import Bench, found_office


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office whose clock stands where the laptops' do."""
    made = found_office(tmp_path)
    made.clock[0] = still().wall_ms
    return made
