"""A district's relay for the state machine: the real one, on a disk that may be put back."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from shared_schema.errors import CustodyError, JemputError, NetworkError, StorageError
from shared_schema.frames import Frame
from sync_server import keys
from sync_server.enrol import Invitation, invite
from sync_server.relay.errors import RelayUnready
from sync_server.relay.forwarding import Transport
from sync_server.relay.holding import converse, open_section
from sync_server.relay.pacing import pass_on_all
from sync_server.relay.relay import Relay
from sync_server.relay.settling import settle_in
from sync_server.relay.store import open_relay_store
from tests.support.disks import Image, image_of, put_back
from tests.support.fuses import FusedStore
from tests.support.regency import EVERYWHERE, YEARS_MS, Regency, Unheard

ROOM_BYTES = 1 << 40


class District:
    """The relay of all runs; its clock is the office's."""

    old = False

    def __init__(self, folder: Path, regency: Regency) -> None:
        self.folder = folder
        self.store = FusedStore(open_relay_store(folder).engine)
        self.relay = Relay(
            store=self.store,
            keys=keys.generate(),
            now_ms=lambda: regency.clock[0],
            free=lambda: ROOM_BYTES,
        )
        invitation = Invitation(
            label="Kecamatan Contoh",
            scope=EVERYWHERE,
            url="http://127.0.0.1:9",
            valid_ms=YEARS_MS,
            until_ms=None,
            relay=True,
        )
        settle_in(self.relay, invite(regency.office, invitation), "")
        self.founded: Image = {}
        self.image: Image = {}

    def found(self) -> None:
        """Begin every run with what is on the disk now."""
        self.founded = self.content()

    def begin(self) -> None:
        """Begin a run."""
        self.store.fuses.clear()
        self.image = self.founded
        self.roll_back()

    def content(self) -> Image:
        """Return the disk as it stands."""
        self.store.close()
        return image_of(self.folder)

    def keep_image(self) -> None:
        """Keep the disk as it stands."""
        self.image = self.content()

    def roll_back(self) -> None:
        """Put the disk back; what was held since is held no more."""
        self.store.close()
        put_back(self.folder, self.image)

    def answer(self, frames: list[Frame]) -> list[Frame]:
        """Answer a whole request."""
        return list(self.converse(iter(frames)))

    def converse(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Answer frame by frame. Raises Unheard, OfficeDown; any failure of its own is a fault."""
        troubles: list[JemputError] = []
        try:
            opening = open_section(self.relay, frames)
        except (CustodyError, RelayUnready) as error:
            raise Unheard from error
        yield from converse(self.relay, frames, opening, troubles)
        assert not [one for one in troubles if isinstance(one, StorageError)], troubles

    def pass_on(self, line: Transport) -> None:
        """Pass on what is due, as far as the line goes."""
        with suppress(NetworkError, CustodyError):
            pass_on_all(self.relay, line)
