"""People who may use the office's side, by name and role."""

from sqlalchemy import Connection, select

from sync_server.store.tables import users


def add(
    connection: Connection, name: str, role: str, passphrase_hash: str, created_ms: int
) -> None:
    """Keep a new user; the name is not taken yet."""
    connection.execute(
        users.insert().values(
            name=name, role=role, passphrase_hash=passphrase_hash, created_ms=created_ms
        )
    )


def first_administrator(connection: Connection) -> str | None:
    """Return the name of the administrator who founded the server."""
    query = select(users.c.name).where(users.c.role == "administrator")
    return connection.execute(query.order_by(users.c.created_ms).limit(1)).scalar()
