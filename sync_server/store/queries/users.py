"""People who may use the office's side: name, role, area, and wrong passphrases in a row."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.canonical import decode, encode
from sync_server.store.access_tables import sign_in_failures, users


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user. ``area``: region codes, none for the whole regency. Times in Unix ms.

    ``fresh``: the passphrase was chosen by somebody else and is to be changed first.
    """

    name: str
    role: str
    passphrase_hash: str = field(repr=False)
    created_ms: int
    area: tuple[str, ...] = ()
    disabled_ms: int | None = None
    fresh: bool = False


def add(
    connection: Connection, name: str, role: str, passphrase_hash: str, created_ms: int
) -> None:
    """Keep a new user for the whole regency; the name is not taken yet."""
    save(
        connection,
        User(name=name, role=role, passphrase_hash=passphrase_hash, created_ms=created_ms),
    )


def save(connection: Connection, user: User) -> None:
    """Insert a user or replace what is kept of them."""
    row = {
        "role": user.role,
        "passphrase_hash": user.passphrase_hash,
        "area": encode(list(user.area)).decode(),
        "disabled_ms": user.disabled_ms,
        "fresh": user.fresh,
    }
    statement = insert(users).values(name=user.name, created_ms=user.created_ms, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def get(connection: Connection, name: str) -> User | None:
    """Return a user, disabled or not; None where there is none of this name."""
    row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    return None if row is None else _user(row)


def everyone(connection: Connection) -> list[User]:
    """Return all users in the order of their names."""
    return [_user(row) for row in connection.execute(select(users).order_by(users.c.name))]


def first_administrator(connection: Connection) -> str | None:
    """Return the name of the administrator who founded the server."""
    query = select(users.c.name).where(users.c.role == "administrator")
    return connection.execute(query.order_by(users.c.created_ms).limit(1)).scalar()


def set_passphrase(connection: Connection, name: str, passphrase_hash: str, *, fresh: bool) -> None:
    """Replace a user's passphrase."""
    values = {"passphrase_hash": passphrase_hash, "fresh": fresh}
    connection.execute(update(users).where(users.c.name == name).values(values))


def failures(connection: Connection, name: str) -> tuple[int, int]:
    """Return how many wrong passphrases in a row were given for a name, and when the last."""
    query = select(sign_in_failures).where(sign_in_failures.c.name == name)
    row = connection.execute(query).one_or_none()
    return (0, 0) if row is None else (row.wrong, row.last_ms)


def note_failure(connection: Connection, name: str, count: int, now_ms: int) -> None:
    """Set the count of a name, known or not."""
    row = {"wrong": count, "last_ms": now_ms}
    statement = insert(sign_in_failures).values(name=name, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def forget_failures(connection: Connection, *, name: str | None = None, until_ms: int = 0) -> None:
    """Forget the count of a name, or all counts whose last failure is older than a time."""
    table = sign_in_failures
    wanted = table.c.last_ms < until_ms if name is None else table.c.name == name
    connection.execute(delete(table).where(wanted))


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        name=row.name,
        role=row.role,
        passphrase_hash=row.passphrase_hash,
        created_ms=row.created_ms,
        area=tuple(decode(row.area.encode())),
        disabled_ms=row.disabled_ms,
        fresh=row.fresh,
    )
