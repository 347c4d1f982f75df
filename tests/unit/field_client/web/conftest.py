"""A laptop's store, its desk with a clock that the test moves, and browsers without a network."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from field_client.web.desk import Desk
from field_client.web.pages import create_app
from tests.support.laptop import OPERATOR, PASSPHRASE, laptop, register
from tests.support.memory_server import MemoryServer

BASE = "http://127.0.0.1:8801"
PIN = "271828"
FORM_KEY = re.compile(r'name="form_key" value="([^"]+)"')


@dataclass
class Clock:
    """Seconds that only rise, and only when told."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        """Read the clock."""
        return self.now_s


@dataclass
class Browser:
    """One browser with its own cookies; ``page`` is what it shows."""

    client: FlaskClient
    page: str = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page, without following where it leads."""
        return self._shown(self.client.get(path, base_url=BASE, **more))

    def post(self, path: str, *, key: str | None = None, **fields: str) -> TestResponse:
        """Send a form with the key of the page that is shown."""
        found = FORM_KEY.search(self.page)
        given = key if key is not None else found[1] if found else ""
        data = {"form_key": given, **fields}
        return self._shown(self.client.post(path, base_url=BASE, data=data))

    def unlock(self, passphrase: str = PASSPHRASE) -> TestResponse:
        """Give the passphrase."""
        self.get("/unlock")
        return self.post("/unlock", operator=OPERATOR, passphrase=passphrase)

    def set_pin(self, digits: str = PIN) -> TestResponse:
        """Set a PIN."""
        self.get("/pin/new")
        return self.post("/pin/new", pin=digits)

    def _shown(self, response: TestResponse) -> TestResponse:
        if response.status_code != 303:
            self.page = response.text
        response.close()
        return response


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def home(tmp_path: Path, server: MemoryServer) -> Path:
    """Make a laptop with two residents that wait."""
    with laptop(tmp_path / "a", server.code()) as app:
        register(app, ["Maria Contoh", "Yohanes Contoh"])
    return tmp_path / "a"


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the desk."""
    return Clock()


@pytest.fixture
def desk(home: Path, clock: Clock) -> Iterator[Desk]:
    """Return the desk of that laptop."""
    made = Desk(home=home, clock=clock)
    yield made
    made.end()


@pytest.fixture
def browsers(desk: Desk) -> Callable[[], Browser]:
    """Return what starts a browser over the same pages."""
    app = create_app(desk, "id", routed=lambda: False)
    return lambda: Browser(client=app.test_client())


@pytest.fixture
def browser(browsers: Callable[[], Browser]) -> Browser:
    """Return a browser."""
    return browsers()
