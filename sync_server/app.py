"""Wiring: from settings to an opened office. The one place where keys, store and clock meet."""

import gc
import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from sqlalchemy.engine import make_url

from shared_schema.errors import StorageError
from sync_server import keys, rematching, tallies
from sync_server.config import Config
from sync_server.office import Office
from sync_server.store import schema
from sync_server.store.engine import Store, open_store
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact

PHOTOS = "photos"
_OBJECTS_BETWEEN_LOOKS = 20_000


class ServerMissing(StorageError):
    """There is no server in {home} yet. Run `sync-server init` first, or set SYNC_SERVER_HOME."""

    code = "SERVER_MISSING"


class SecretFileForeign(StorageError):
    """The file with the server's keys belongs to another server. Restore the right one."""

    code = "SECRET_FILE_FOREIGN"


class Step(StrEnum):
    """What an older database goes through, in this order; the first two are one transaction."""

    TABLES = "tables"
    PEOPLE = "people"
    TALLIES = "tallies"


Told = Callable[[Step, int, int], None]


def _untold(_step: Step, _done: int, _total: int) -> None:
    """Say nothing."""


def open_office(config: Config, told: Told = _untold) -> Office:
    """Return the office that ``init`` made, its database brought to this program's schema.

    ``told`` hears which step that is at, how much of it is done, and of how much. Stopped within
    the first two steps the database is as it was; later, what is left is counted when it is needed.

    Raises ServerMissing, SecretFileMissing, SecretFileDamaged, SecretFileForeign,
    DatabaseFailed, DatabaseNewer.
    """
    if not database_file(config).is_file():
        raise ServerMissing(home=config.home)
    spare_the_collector()
    store = open_store(config.database)
    with store.read() as connection:
        at = schema.revision(connection)
        ready = at is not None and facts.get(connection, Fact.REGION) is not None
    if not ready:
        raise ServerMissing(home=config.home)
    if at != schema.NEWEST:
        with store.write() as connection:
            told(Step.TABLES, 0, 0)
            schema.migrate(connection)
            server = bytes.fromhex(facts.need(connection, Fact.SERVER))
            rematching.fill(connection, server, partial(told, Step.PEOPLE))
    loaded = keys.load(config.secret_file)
    with store.read() as connection:
        if facts.need(connection, Fact.SERVER) != loaded.server.hex():
            raise SecretFileForeign
    office = office_of(store, loaded, config.home / PHOTOS)
    if at != schema.NEWEST:
        tallies.finish(office, partial(told, Step.TALLIES))
    return office


def spare_the_collector() -> None:
    """Have Python look for circles of dead objects rarely.

    A batch makes thousands of objects and hardly a circle; looking for them took a twelfth of the
    time of ingest.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)


def office_of(store: Store, loaded: keys.Keys, photos: Path) -> Office:
    """Return an office that goes by this machine's clock; ``photos``: the folder for them."""
    return Office(store=store, keys=loaded, now_ms=wall_ms, photos=photos)


def database_file(config: Config) -> Path:
    """Return the file of the configured database."""
    return Path(make_url(config.database).database or "")


def wall_ms() -> int:
    """Return the server's clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000
