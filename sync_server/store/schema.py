"""Which schema a database has, and bringing it to that of this program."""

from importlib import import_module

from sqlalchemy import Connection, inspect, text

from shared_schema.errors import StorageError

NEWEST = "0014"


class DatabaseNewer(StorageError):
    """The database was written by a newer version of this program. Update the program."""

    code = "DATABASE_NEWER"


def migrate(connection: Connection) -> None:
    """Apply what is missing, within the caller's write transaction. Raises DatabaseNewer.

    Alembic is loaded here and not before: it takes longer than most commands.
    """
    upgrade = import_module("sync_server.store.upgrade")
    present = revision(connection)
    if present is not None and present not in upgrade.revisions(connection):
        raise DatabaseNewer
    upgrade.run(connection)


def revision(connection: Connection) -> str | None:
    """Return the revision that the database is at, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
