"""Sessions of signed-in users, and where each stood in a queue. Tokens are kept as hashes."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from sync_server.store.access_tables import places, sessions

FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in. ``kind``: page, api or feed. Times in Unix ms."""

    user: str
    kind: str
    begun_ms: int
    seen_ms: int


def add(connection: Connection, token: bytes, session: Session) -> None:
    """Keep a new session under the hash of its token."""
    connection.execute(
        sessions.insert().values(
            token=token,
            user=session.user,
            kind=session.kind,
            begun_ms=session.begun_ms,
            seen_ms=session.seen_ms,
        )
    )


def get(connection: Connection, token: bytes) -> Session | None:
    """Return the session of a token's hash."""
    row = connection.execute(select(sessions).where(sessions.c.token == token)).one_or_none()
    if row is None:
        return None
    return Session(user=row.user, kind=row.kind, begun_ms=row.begun_ms, seen_ms=row.seen_ms)


def seen(connection: Connection, token: bytes, now_ms: int) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.token == token).values(seen_ms=now_ms))


def end(connection: Connection, token: bytes) -> None:
    """End one session."""
    connection.execute(delete(sessions).where(sessions.c.token == token))


def end_of_user(connection: Connection, user: str, *, but: bytes = b"") -> None:
    """End all sessions of a user, except the one whose token has the hash ``but``."""
    connection.execute(delete(sessions).where(sessions.c.user == user, sessions.c.token != but))


def end_before(connection: Connection, begun_ms: int, seen_ms: int) -> None:
    """End the sessions that began, or were last seen, before these times; keys to the feed stay."""
    old = (sessions.c.begun_ms < begun_ms) | (sessions.c.seen_ms < seen_ms)
    connection.execute(delete(sessions).where(old, sessions.c.kind != FEED))


def end_of_kind(connection: Connection, user: str, kind: str) -> None:
    """End all sessions of one kind that a user has."""
    connection.execute(delete(sessions).where(sessions.c.user == user, sessions.c.kind == kind))


def of_kind(connection: Connection, user: str, kind: str) -> Session | None:
    """Return the newest session of one kind that a user has."""
    query = select(sessions).where(sessions.c.user == user, sessions.c.kind == kind)
    row = connection.execute(query.order_by(sessions.c.begun_ms.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Session(user=row.user, kind=row.kind, begun_ms=row.begun_ms, seen_ms=row.seen_ms)


def place(connection: Connection, user: str, queue: str) -> tuple[str, str] | None:
    """Return the place and the filters at which a user stood in a queue."""
    query = select(places.c.place, places.c.filters)
    row = connection.execute(
        query.where(places.c.user == user, places.c.queue == queue)
    ).one_or_none()
    return None if row is None else (row.place, row.filters)


def set_place(connection: Connection, user: str, queue: str, where: str, filters: str) -> None:
    """Keep the place at which a user stands in a queue."""
    row = {"place": where, "filters": filters}
    statement = insert(places).values(user=user, queue=queue, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["user", "queue"], set_=row))
