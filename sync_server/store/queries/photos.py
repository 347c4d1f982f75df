"""Photos that are here whole: which sealed file holds which, and who sent it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from sync_server.store.queries.records import chunks
from sync_server.store.tables import photos


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A photo. ``name``, ``sealed_bytes``: of the sealed file; ``sha256``, ``bytes``: opened."""

    name: str
    sha256: str
    bytes: int
    sealed_bytes: int
    device: str
    received_ms: int


def add(connection: Connection, kept: Kept) -> None:
    """Keep a photo; one that is known keeps its first date and sender."""
    statement = insert(photos).values(
        name=kept.name,
        sha256=kept.sha256,
        bytes=kept.bytes,
        sealed_bytes=kept.sealed_bytes,
        device=kept.device,
        received_ms=kept.received_ms,
    )
    connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def get(connection: Connection, name: str) -> Kept | None:
    """Return the photo in a sealed file, None for one that never came."""
    row = connection.execute(select(photos).where(photos.c.name == name)).one_or_none()
    return None if row is None else Kept(**row._mapping)  # noqa: SLF001 - the row's own columns


def showing(connection: Connection, hashes: Iterable[str]) -> dict[str, Kept]:
    """Return by the SHA-256 of the opened photo those that are here, the first that came."""
    found: dict[str, Kept] = {}
    for names in chunks(sorted(set(hashes))):
        query = select(photos).where(photos.c.sha256.in_(names)).order_by("received_ms", "name")
        for row in connection.execute(query):
            found.setdefault(row.sha256, Kept(**row._mapping))  # noqa: SLF001
    return found


def everything(connection: Connection) -> list[Kept]:
    """Return all photos in the order in which they came."""
    query = select(photos).order_by(photos.c.received_ms, photos.c.name)
    return [Kept(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001
