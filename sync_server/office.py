"""One regency's server, opened: its store, its keys and its clock, passed to whatever works on it.

``app.py`` makes it; nothing here knows of the environment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from sqlalchemy import Connection

from shared_schema.messages import Signatory
from sync_server.keys import Keys
from sync_server.store.engine import Store
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What ingest, pull and the commands work with.

    ``now_ms``: the server's clock, Unix ms. ``photos``: the folder of the sealed photos.
    ``rebuilding``: set while this program makes all tables anew, and nobody else can write.
    """

    store: Store
    keys: Keys
    now_ms: Callable[[], int]
    photos: Path
    rebuilding: Event = field(default_factory=Event, repr=False)

    def signatory(self, connection: Connection) -> Signatory:
        """Return who signs, in the epoch that the database is in."""
        epoch = int(facts.need(connection, Fact.EPOCH))
        return Signatory(server=self.keys.server, epoch=epoch, key=self.keys.signing)
