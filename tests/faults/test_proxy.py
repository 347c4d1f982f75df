"""A proxy that buffers stands before the office: real nginx, as Debian configures it."""

import hashlib
import random
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from field_client.app import read_clocks
from field_client.attaching import attach
from field_client.capture import assess
from field_client.entries import Edit
from field_client.opened import App
from field_client.records import PHOTO
from field_client.sync import fallback, opening
from field_client.sync.engine import synchronise
from field_client.sync.errors import LineCut, ProxyRefused, ServerFailed
from field_client.sync.fallback import Pace
from field_client.sync.outcome import Outcome
from field_client.sync.patience import Patience
from field_client.sync.photos_out import counts
from field_client.sync.transport_http import HttpTransport
from shared_schema.records import CheckContext, record_type
from sync_server import setup
from sync_server.api import serving
from sync_server.app import office_of, wall_ms
from sync_server.enrol import Invitation, invite
from sync_server.keys import generate
from sync_server.office import Office
from sync_server.store.engine import open_store
from tests.support.laptop import laptop
from tests.support.line import Line
from tests.support.proxy import needs_nginx, nginx, statuses
from tests.support.records import WARGA
from tests.support.synthetic import TODAY

pytestmark = needs_nginx
LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Found a regency's office."""
    folder = tmp_path_factory.mktemp("office")
    keys = generate()
    store = open_store(f"sqlite:///{folder / 'server.db'}")
    founding = setup.Founding(
        region="53.15",
        name="Kabupaten Contoh",
        timezone="Asia/Makassar",
        regions=setup.shipped_regions(),
        administrator="admin",
        passphrase="kadis-uji-coba",
    )
    setup.found(store, keys, founding, wall_ms())
    yield office_of(store, keys, folder / "photos")
    store.close()


@pytest.fixture(scope="module")
def port(office: Office) -> Iterator[int]:
    """Serve on loopback."""
    server = serving.prepare(office, serving.Listening(host=LOOPBACK, port=0, tls=None))
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield int(server.bind_addr[1])
    server.stop()
    thread.join(10)


@pytest.fixture
def app(tmp_path: Path, office: Office) -> Iterator[App]:
    """Open a laptop with a code."""
    invitation = Invitation(
        label="Laptop contoh", scope=("53.15",), url="", valid_ms=3_600_000, until_ms=None
    )
    with laptop(tmp_path / "a", invite(office, invitation), read_clocks) as opened:
        yield opened


@dataclass(kw_only=True)
class Way:
    """A way to the office, and what is learnt of it from one sync to the next."""

    port: int
    pace: Pace

    def sync(self, app: App, **patience: Any) -> Outcome:
        """Sync once."""
        transport = HttpTransport(url=f"http://{LOOPBACK}:{self.port}", idle_timeout_s=20)
        return synchronise(app, transport, patience=Patience(pace=self.pace, **patience))


def register(app: App, count: int, note_bytes: int) -> None:
    """Register people with notes that no compression makes shorter."""
    chance = random.Random(count)
    with app.journal.transaction():
        for at in range(count):
            note = chance.randbytes(note_bytes // 2).hex()
            values = {**WARGA, "name": f"Warga Contoh {at}", "note": note}
            edit = Edit(record=app.journal.new_record(), type="person", version=1, values=values)
            app.journal.write([edit])


def received(app: App) -> int:
    """Count what has its receipt."""
    counts = app.journal.counts()
    return counts["received"] + counts["attention"]


def test_a_day_goes_through_in_one_request(app: App, port: int, tmp_path: Path) -> None:
    """The proxy gives the server the length, an old HTTP, and the answer at once; all is well."""
    register(app, 60, 40)
    with nginx(tmp_path / "proxy", port) as at:
        outcome = Way(port=at, pace=Pace()).sync(app)
    assert (outcome.enrolled, outcome.changes, received(app)) == (True, 60, 60)
    assert [status for status, _ in statuses(tmp_path / "proxy")] == [200]


def test_what_is_too_long_goes_in_pieces(app: App, port: int, tmp_path: Path) -> None:
    """413 beyond a megabyte; then requests that double, and no second refusal."""
    app.changes_a_batch = 20
    register(app, 260, 9600)
    with nginx(tmp_path / "proxy", port) as at:
        way = Way(port=at, pace=Pace())
        outcome = way.sync(app)
    found = [status for status, _ in statuses(tmp_path / "proxy")]
    assert found[0] == 413
    assert set(found[1:]) == {200}
    assert 4 <= len(found) <= 12
    assert (outcome.changes, received(app)) == (260, 260)
    assert way.pace.separate


def test_silence_while_sending_ends_the_request(
    app: App, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow line through the proxy: what was sent is confirmed before the line is cut.

    One long request would have been lost as a whole.
    """
    monkeypatch.setattr(fallback, "SILENCE_S", 0.5)
    monkeypatch.setattr(opening, "tune", _hold_little)  # loopback would hold megabytes
    register(app, 120, 8000)
    with (
        nginx(tmp_path / "proxy", port) as at,
        Line(server_port=at, rate_bytes_s=200_000, window_bytes=8192) as line,
    ):
        line.cut_after(350_000)
        way = Way(port=_port(line), pace=Pace())
        with pytest.raises(LineCut):
            way.sync(app)
        assert line.cuts == 1
        assert 8 <= received(app) < 120
        line.up()
        way.sync(app)
    assert received(app) == 120


def test_the_proxy_as_we_advise_it_keeps_nothing_back(
    app: App, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the settings of docs/settings.md a cut line keeps what was receipted on the way."""
    monkeypatch.setattr(opening, "tune", _hold_little)
    register(app, 120, 8000)
    with (
        nginx(tmp_path / "proxy", port, advised()) as at,
        Line(server_port=at, rate_bytes_s=200_000, window_bytes=8192) as line,
    ):
        line.cut_after(350_000)
        way = Way(port=_port(line), pace=Pace())
        with pytest.raises(LineCut):
            way.sync(app)
        assert 8 <= received(app) < 120
        line.up()
        way.sync(app)
        assert not way.pace.separate
    assert received(app) == 120
    assert len(statuses(tmp_path / "proxy")) == 2


def advised() -> str:
    """Return the settings for nginx that the documentation advises, without the address."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    block = text.partition("location /v1/exchange {")[2].partition("}")[0]
    return "".join(line for line in block.splitlines(keepends=True) if "proxy_pass" not in line)


def test_photos_go_in_pieces_too(app: App, port: int, tmp_path: Path) -> None:
    """More than a megabyte of them: none is lost to a refusal, and no record waits for one."""
    register(app, 1, 40)
    record = next(iter(app.journal.entries("person"))).id
    for seed in range(5):
        photo(app, record, random.Random(seed).randbytes(300_000))
    with nginx(tmp_path / "proxy", port) as at:
        Way(port=at, pace=Pace()).sync(app)
    found = [status for status, _ in statuses(tmp_path / "proxy")]
    assert found.count(413) == 1
    assert len(found) <= 12
    assert counts(app) == {"waiting": 0, "waiting_bytes": 0, "received": 5}
    assert app.journal.counts()["waiting"] == 0


def photo(app: App, record: UUID, content: bytes) -> None:
    """Attach a photo; nothing here looks inside."""
    values = {
        "record": str(record),
        "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": "image/webp",
        "bytes": len(content),
    }
    attach(app, content, assess(record_type(PHOTO), values, CheckContext(today=TODAY)))


def test_a_narrow_proxy_is_found_out(app: App, port: int, tmp_path: Path) -> None:
    """Whatever length it refuses, ours goes below; what it will never pass is named."""
    register(app, 24, 2000)
    with nginx(tmp_path / "proxy", port, "client_max_body_size 20k;") as at:
        Way(port=at, pace=Pace()).sync(app)
    assert received(app) == 24
    register(app, 4, 2000)
    with (
        nginx(tmp_path / "closed", port, "client_max_body_size 300;") as at,
        pytest.raises(ProxyRefused),
    ):
        Way(port=at, pace=Pace()).sync(app)
    assert len(statuses(tmp_path / "closed")) < 10
    assert app.journal.counts()["waiting"] == 4


def test_the_office_behind_it_is_down(app: App, tmp_path: Path) -> None:
    """What the proxy says then is told as a fault of the server, and nothing is lost."""
    register(app, 1, 40)
    with nginx(tmp_path / "proxy", 9) as at, pytest.raises(ServerFailed):
        Way(port=at, pace=Pace()).sync(app)
    assert app.journal.counts()["waiting"] == 1


def test_a_request_of_known_length_needs_no_proxy(app: App, port: int) -> None:
    """Straight to our server, which answers while it is being sent."""
    register(app, 60, 2000)
    way = Way(port=port, pace=Pace(whole=True))
    assert way.sync(app).changes == 60


def _hold_little(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 10)


def _port(line: Line) -> int:
    return int(line.url.rpartition(":")[2])
