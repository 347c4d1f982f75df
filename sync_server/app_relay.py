"""Wiring of a relay: from settings to an opened relay. Its home is its own, never an office's."""

import shutil
from functools import partial
from pathlib import Path

from shared_schema.errors import StorageError
from sync_server import keys
from sync_server.app import database_file, wall_ms
from sync_server.config import Config
from sync_server.relay.errors import RelayHomeTaken, RelayMissing
from sync_server.relay.relay import Relay
from sync_server.relay.settling import settle_in
from sync_server.relay.store import FILE, open_relay_store


def open_relay(config: Config) -> Relay:
    """Return the relay of a home where one was begun. Raises RelayMissing, SecretFileDamaged."""
    if not (config.home / FILE).is_file():
        raise RelayMissing(home=config.home)
    return _open(config)


def begin_relay(config: Config, code: str, upstream: str) -> Relay:
    """Return the relay of a home, made where there is none; see ``settle_in`` for the rest.

    Raises RelayHomeTaken, CodeMissing, RelayCodeForeign, UpstreamMissing, EnrolCodeInvalid.
    """
    if database_file(config).is_file():
        raise RelayHomeTaken(home=config.home)
    if not config.secret_file.exists():
        keys.save(keys.generate(), config.secret_file)
    relay = _open(config)
    settle_in(relay, code, upstream)
    return relay


def _open(config: Config) -> Relay:
    return Relay(
        store=open_relay_store(config.home),
        keys=keys.load(config.secret_file),
        now_ms=wall_ms,
        free=partial(_free, config.home),
    )


def _free(home: Path) -> int:
    """Return how many bytes the disk has left. Raises StorageError."""
    try:
        return shutil.disk_usage(home).free
    except OSError as error:
        raise StorageError from error
