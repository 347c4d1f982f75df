"""The migrations, run by alembic from inside the package; also from an installed wheel."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_PACKAGE = "sync_server.store.migrations"


def revisions(connection: Connection) -> set[str]:
    """Return the names of all steps that this program knows."""
    scripts = ScriptDirectory.from_config(_config(connection))
    return {script.revision for script in scripts.walk_revisions()}


def run(connection: Connection) -> None:
    """Apply the steps that are missing, within the caller's write transaction."""
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(files(_PACKAGE)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
