"""Settings of the server: read from the environment once, checked once, then passed on.

Nothing else in the package asks the environment.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shared_schema.errors import InputError

HOME = "SYNC_SERVER_HOME"
DATABASE = "SYNC_SERVER_DATABASE"
SECRET_FILE = "SYNC_SERVER_SECRET_FILE"  # noqa: S105 (the name of a setting)
ADMIN_PASSPHRASE = "SYNC_SERVER_ADMIN_PASSPHRASE"  # noqa: S105 (the name of a setting)
HOSTS = "SYNC_SERVER_HOSTS"
PROXIES = "SYNC_SERVER_TRUSTED_PROXIES"
_MOST_PROXIES = 9
_DATABASE_NAME = "server.db"
_SECRET_NAME = "secret.json"  # noqa: S105 (the name of a file)


class SettingInvalid(InputError):
    """The setting {name} cannot be used ({reason}). Correct it; docs/settings.md explains it."""

    code = "SETTING_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the server keeps its things.

    ``database``: a SQLAlchemy URL of an SQLite file. ``admin_passphrase``: for ``init`` without
    a prompt, else None. ``hosts``: names under which the pages answer, beside numbers.
    ``proxies``: how many proxies of our own stand before the server; their headers are believed.
    """

    home: Path
    database: str
    secret_file: Path
    admin_passphrase: str | None = field(default=None, repr=False)
    hosts: frozenset[str] = frozenset()
    proxies: int = 0


def load_config(environment: Mapping[str, str] | None = None) -> Config:
    """Return the settings of this run. Raises SettingInvalid naming the variable."""
    given = os.environ if environment is None else environment
    home = Path(given.get(HOME) or Path.home() / ".sync-server").expanduser().absolute()
    database = given.get(DATABASE) or f"sqlite:///{home / _DATABASE_NAME}"
    try:
        url = make_url(database)
    except (ArgumentError, ValueError) as error:
        raise SettingInvalid(name=DATABASE, reason="not a database address") from error
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise SettingInvalid(name=DATABASE, reason="only sqlite:///FILE is supported so far")
    secret = given.get(SECRET_FILE)
    return Config(
        home=home,
        database=database,
        secret_file=Path(secret).expanduser().absolute() if secret else home / _SECRET_NAME,
        admin_passphrase=given.get(ADMIN_PASSPHRASE) or None,
        hosts=frozenset(given.get(HOSTS, "").lower().replace(",", " ").split()),
        proxies=_proxies(given.get(PROXIES) or "0"),
    )


def _proxies(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_PROXIES):
        raise SettingInvalid(name=PROXIES, reason=f"a number from 0 to {_MOST_PROXIES}")
    return int(text)
