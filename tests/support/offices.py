"""An office in a temporary folder, with a clock that the test moves: the real store, no process."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shared_schema.clock import DAY_MS
from shared_schema.errors import JemputError
from shared_schema.frames import Frame, read_frames
from sync_server import keys, setup
from sync_server.app import open_office
from sync_server.config import load_config
from sync_server.enrol import Invitation, invite
from sync_server.exchange import converse, open_section
from sync_server.inbound import Inbound
from sync_server.office import Office
from sync_server.store.engine import open_store
from sync_server.store.queries import raw
from sync_server.store.tables import PROJECTIONS
from tests.support.raw_device import NOW_MS, Answer, RawDevice


@dataclass(slots=True, kw_only=True)
class Bench:
    """An office and its clock (Unix ms)."""

    office: Office
    clock: list[int] = field(default_factory=lambda: [NOW_MS])

    def device(
        self, scope: tuple[str, ...] = ("53.15.05",), *, until_ms: int | None = None
    ) -> RawDevice:
        """Invite a device and let it enrol."""
        device = RawDevice.of(code_of(self.office, scope, until_ms=until_ms))
        assert self.exchange(device, device.enrol()).errors == []
        return device

    def exchange(self, device: RawDevice, *frames: Frame | bytes) -> Answer:
        """Let a device exchange one section."""
        return device.read(self.answer(device.section(*frames)))

    def answer(self, body: bytes) -> list[Frame]:
        """Answer a body; errors are in the frames."""
        troubles: list[JemputError] = []
        frames = Inbound(iter(read_frames(body)), all_here=True)
        return list(converse(self.office, frames, open_section(self.office, frames), troubles))

    def copy(self, folder: Path) -> "Bench":
        """Open a copy of this office, as it is now, in another folder."""
        self.office.store.close()
        source = Path(str(self.office.store.engine.url.database))
        (folder / "server.db").write_bytes(source.read_bytes())
        return _open(folder, self.office.keys)

    def projections(self) -> dict[str, list[dict[str, Any]]]:
        """Dump every projection, row for row."""
        with self.office.store.read() as connection:
            return {table.name: list(raw.rows(connection, table)) for table in PROJECTIONS}


def code_of(
    office: Office,
    scope: tuple[str, ...] = ("53.15.05",),
    *,
    url: str = "",
    valid_ms: int = DAY_MS,
    until_ms: int | None = None,
) -> str:
    """Make an enrolment code, as `device enrol` does."""
    invitation = Invitation(
        label="Laptop Contoh", scope=scope, url=url, valid_ms=valid_ms, until_ms=until_ms
    )
    return invite(office, invitation)


def office_in(home: Path) -> Office:
    """Open the office in a home that `sync-server init` made, beside whatever serves it."""
    return open_office(load_config({"SYNC_SERVER_HOME": str(home)}))


def found_office(folder: Path) -> Bench:
    """Make a server in a folder; the passphrase is hashed once a test run, being slow."""
    data, made = _founded()
    (folder / "server.db").write_bytes(data)
    return _open(folder, made)


def reopen_office(folder: Path, made: keys.Keys) -> Bench:
    """Open an office of `found_office` again, maybe in another process."""
    return _open(folder, made)


def _open(folder: Path, made: keys.Keys) -> Bench:
    store = open_store(f"sqlite:///{folder / 'server.db'}")
    clock = [NOW_MS]
    photos = folder / "photos"
    office = Office(store=store, keys=made, now_ms=lambda: clock[0], photos=photos)
    return Bench(office=office, clock=clock)


@cache
def _founded() -> tuple[bytes, keys.Keys]:
    made = keys.generate()
    founding = setup.Founding(
        region="53.15",
        name="Kabupaten Uji",
        timezone="Asia/Makassar",
        regions=setup.shipped_regions(),
        administrator="penyelia",
        passphrase="sandi-uji-coba",
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "server.db"
        store = open_store(f"sqlite:///{path}")
        setup.found(store, made, founding, NOW_MS)
        store.close()
        return path.read_bytes(), made
