"""Remarks of the office that its own update settles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.entries import Standing
from field_client.opened import App
from field_client.sync.engine import synchronise
from shared_schema.records import record_type
from tests.support.laptop import laptop, register, seen, write
from tests.support.memory_server import MemoryServer


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop that has not enrolled yet."""
    with laptop(tmp_path / "a", server.code()) as opened:
        yield opened


@pytest.mark.parametrize("code", ["TYPE_UNKNOWN", "TYPE_NEWER"])
def test_what_an_older_office_did_not_know_is_settled_by_its_update(
    app: App, server: MemoryServer, code: str
) -> None:
    """Its welcome says what it knows now; other remarks stay."""
    ours, wrong = register(app, ["Warga Contoh 1", "Warga Contoh 2"])
    version = record_type("person").version
    server.types, server.remarks = {"person": version - 1}, {"name": code}
    synchronise(app, server)
    write(app, wrong, religion="?")
    server.remarks = {"religion": "CODE_UNKNOWN"}
    synchronise(app, server)
    assert {seen(app, one).state for one in (ours, wrong)} == {Standing.ATTENTION}
    server.types["person"] = version
    synchronise(app, server)
    assert seen(app, ours).state is Standing.RECEIVED
    assert seen(app, wrong).state is Standing.ATTENTION
