"""The settings of the field client: read from the environment in this one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

HOME = "FIELD_CLIENT_HOME"
OPERATOR = "FIELD_CLIENT_OPERATOR"
PASSPHRASE = "FIELD_CLIENT_PASSPHRASE"  # noqa: S105 - the variable's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``home``: the folder of the store. ``operator``, ``passphrase``: None where to be asked."""

    home: Path
    operator: str | None = None
    passphrase: str | None = field(default=None, repr=False)


def load_config(environment: Mapping[str, str] | None = None) -> Config:
    """Return the settings of this run; empty variables count as absent."""
    given = os.environ if environment is None else environment
    home = given.get(HOME)
    return Config(
        home=Path(home).expanduser() if home else user_data_path("jemput", appauthor=False),
        operator=given.get(OPERATOR) or None,
        passphrase=given.get(PASSPHRASE) or None,
    )
