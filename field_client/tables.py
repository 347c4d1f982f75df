"""The document tables of the vault: what stands in each, and under which id.

    changes   "<stream hex>:<sequence, 8 digits>"  change, digest, record, saved
    records   record id                            type, version, mine, base, last, ...
    drafts    record id                            type, version, values, problems, corrects
    remarks   record id                            what the server remarked on its last own change
    aliases   old record id                        the id it was given when a branch was left
    imports   a caller's key                       the record that the key made
    due       record id                            when its details go, the soonest first
    trash     record id                            a draft that was thrown away, see `trash`
    attachments  hash of a sealed photo            its key, see `vault.attachments`
    meta      device, streams, clock, server, regions, cursor, last_receipt

``brief``, ``saved``: see `briefs`.
``corrects``: whether a draft is of a record that was there; others move with the branch.
``mine`` is the state that this store's own changes amount to, ``base`` what the server sent.
A record whose details went has ``reduced`` as well, and so have its changes: see `reduction`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from field_client.vault.store import VaultDB
from field_client.vault.table import VaultTable, document_of
from shared_schema.canonical import Json
from shared_schema.ids import Stream

INDEXES: Mapping[str, tuple[str, ...]] = {
    "changes": ("record", "saved"),
    "records": (
        *("type", "own", "contested", "nik", "kk_number", "parent"),
        *("born", "to_record", "brief"),
    ),
    "attachments": ("sha256",),
    "trash": ("with",),
}
TEXT_INDEXES: Mapping[str, tuple[str, ...]] = {
    "records": ("search_key", "nik", "kk_number"),
    "drafts": ("search_key",),
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The open vault's tables by name."""

    db: VaultDB

    @property
    def changes(self) -> VaultTable:
        """The device's own changes."""
        return self.db.table("changes")

    @property
    def records(self) -> VaultTable:
        """Every record that is known here."""
        return self.db.table("records")

    @property
    def drafts(self) -> VaultTable:
        """What is not final yet."""
        return self.db.table("drafts")

    @property
    def remarks(self) -> VaultTable:
        """What the server remarked."""
        return self.db.table("remarks")

    @property
    def aliases(self) -> VaultTable:
        """Ids that were exchanged."""
        return self.db.table("aliases")

    @property
    def imports(self) -> VaultTable:
        """Lines that were taken in already."""
        return self.db.table("imports")

    @property
    def due(self) -> VaultTable:
        """Records whose details go one day."""
        return self.db.table("due")

    @property
    def attachments(self) -> VaultTable:
        """The keys of photos."""
        return self.db.table("attachments")

    @property
    def trash(self) -> VaultTable:
        """Drafts that were thrown away."""
        return self.db.table("trash")

    def read_meta(self, key: str) -> dict[str, Any]:
        """Return the settings kept under ``key``, empty where there are none."""
        return dict(self.db.table("meta").get(doc_id=key) or {})

    def write_meta(self, key: str, content: Mapping[str, Json]) -> None:
        """Keep ``content`` under ``key``; what is there under other names stays."""
        put(self.db.table("meta"), key, content)


def add(table: VaultTable, doc_id: str, content: Mapping[str, Json]) -> None:
    """Insert a document under an id of the caller's choice; ValueError where it is taken."""
    table.add(doc_id, content)


def put(table: VaultTable, doc_id: str, content: Mapping[str, Json]) -> None:
    """Insert a document, or set those fields of the one that has this id."""
    table.upsert(document_of(content, doc_id))


def change_key(stream: Stream, sequence: int) -> str:
    """Return the id of a change's document."""
    return f"{stream.hex()}:{sequence:08d}"


def id_of(document: Any) -> str:
    """Return the id of a stored document."""
    return str(document.doc_id)
