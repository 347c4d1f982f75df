"""Which codec a laptop seals with: the best of which it knows that the office reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.opened import App
from field_client.sync.engine import synchronise
from shared_schema.envelope import parse
from tests.support.laptop import laptop, register
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


def codecs_sealed(app: App) -> list[int]:
    """Give the codec of each batch in the spool, in order."""
    batches = app.spool.batches(app.journal.branches.current().to_bytes())
    return [parse(batch.body).header.codec for batch in batches]


def test_the_codec_follows_what_the_office_said_last(app: App, server: MemoryServer) -> None:
    """Codec 1 until the first welcome; then the best both know, back to 1 if the office goes."""
    for codecs in ((1, 2, 9), (1,), ()):
        register(app, ["Warga Contoh"])
        server.codecs = codecs
        synchronise(app, server)
    register(app, ["Warga Contoh"])
    synchronise(app, server)
    assert codecs_sealed(app) == [1, 2, 1, 1]
    assert len(server.log) == 4
