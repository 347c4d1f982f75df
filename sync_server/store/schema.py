"""Bring a database to the schema of this program, with the migrations that are shipped in it."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from shared_schema.errors import StorageError

NEWEST = "0001"
_PACKAGE = "sync_server.store.migrations"


class DatabaseNewer(StorageError):
    """The database was written by a newer version of this program. Update the program."""

    code = "DATABASE_NEWER"


def migrate(connection: Connection) -> None:
    """Apply what is missing, within the caller's write transaction. Raises DatabaseNewer."""
    config = _config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = revision(connection)
    if present is not None and present not in known:
        raise DatabaseNewer
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """Return the revision that the database is at, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(files(_PACKAGE)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
