"""A relay's word to a locked laptop: kept as it came, judged and shown from the next unlock on.

Of each visit no more is kept than who spoke and, of each stream, how far the relay holds it. That
turns nothing into anything; without it, what was left there would look as if nobody had taken it.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_client import receiving
from field_client.opened import App
from field_client.outbox import find_batch
from field_client.sync.departure import Departure
from field_client.vault.errors import VaultDamaged
from field_client.vault.spool import Spool
from shared_schema.errors import CustodyError
from shared_schema.frames import Frame, Kind, read_frames
from shared_schema.relaying import HeldBatch, Listener


@dataclass(slots=True)
class RelayWord:
    """What is worth keeping of one visit. ``batches``: of each stream the last that is held."""

    introduced: Frame | None = None
    batches: dict[bytes, tuple[int, Frame]] = field(default_factory=dict)

    def hear(self, frame: Frame, heard: object) -> None:
        """Note one frame of the relay's; its first one says who it is."""
        if self.introduced is None:
            self.introduced = frame
        elif isinstance(heard, HeldBatch):
            last = heard.first + heard.count - 1
            stream = heard.stream.to_bytes()
            if last > self.batches.get(stream, (0, frame))[0]:
                self.batches[stream] = (last, frame)

    def keep(self, spool: Spool, departure: Departure, section: bytes) -> None:
        """Lay it by, in place of words that say no more; nothing where one says as much."""
        if self.introduced is None or not self.batches:
            return
        ours = {stream: last for stream, (last, _) in self.batches.items()}
        before = {each: _through(spool, departure, each) for each in _words(spool)}
        if any(_says_as_much(theirs, ours) for theirs in before.values()):
            return
        for frame in (self.introduced, *(frame for _, frame in self.batches.values())):
            spool.heard.keep(section, frame.to_bytes())
        for each, theirs in before.items():
            if _says_as_much(ours, theirs):
                spool.heard.forget(each)


def is_word(spool: Spool, section: bytes) -> bool:
    """Whether a kept section is a relay's word, not an office's answer. Raises VaultDamaged."""
    return next(spool.heard.frames(section))[0] == Kind.HELD


def take_in(app: App, section: bytes) -> None:
    """Show as held what a relay holds of ours. Raises CustodyError, VaultDamaged."""
    listener = Listener(device=app.device_keys.device, office=app.device.server_signing)
    for held in _batches(app.spool, listener, section):
        batch = find_batch(app, held.stream, held.first, held.hash)
        if batch is not None:
            receiving.note_held(app.journal, held.stream, batch.last)


def _batches(spool: Spool, listener: Listener, section: bytes) -> list[HeldBatch]:
    found = []
    for body in spool.heard.frames(section):
        (frame,) = read_frames(body)
        heard = listener.hear(frame)
        if isinstance(heard, HeldBatch):
            found.append(heard)
    return found


def _words(spool: Spool) -> list[bytes]:
    return [each for each in spool.heard.sections() if _is_readable_word(spool, each)]


def _is_readable_word(spool: Spool, section: bytes) -> bool:
    try:
        return is_word(spool, section)
    except VaultDamaged:
        return False


def _through(spool: Spool, departure: Departure, section: bytes) -> dict[bytes, int]:
    """Return how far a kept word says that each stream is held; of a damaged one nothing."""
    office = Ed25519PublicKey.from_public_bytes(departure.server)
    listener = Listener(device=departure.device, office=office)
    try:
        batches = _batches(spool, listener, section)
    except (CustodyError, VaultDamaged):
        return {}
    found: dict[bytes, int] = {}
    for one in batches:
        stream = one.stream.to_bytes()
        found[stream] = max(found.get(stream, 0), one.first + one.count - 1)
    return found


def _says_as_much(one: dict[bytes, int], other: dict[bytes, int]) -> bool:
    return all(one.get(stream, 0) >= last for stream, last in other.items())
