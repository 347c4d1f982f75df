"""One Chromium for everything a process looks at; offices and laptops for a test or a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import chromium
from tests.support.officers import prepare
from tests.support.pages import Pages
from tests.support.scenes import Office, regency


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a browser; each visit has a profile of its own."""
    with chromium() as found:
        yield found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Serve one laptop's pages."""
    home = tmp_path_factory.mktemp("pages") / "a"
    prepare(home)
    with Pages(home=home) as found:
        yield found


@pytest.fixture
def own_pages(tmp_path: Path) -> Iterator[Pages]:
    """Serve a laptop's pages to one test, which may kill them."""
    prepare(tmp_path / "a")
    with Pages(home=tmp_path / "a") as found:
        yield found
