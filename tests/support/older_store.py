"""A laptop's store as the first release made it: no record says when somebody was born or is due.

Everything else in it is what this program writes; its version says 1: opening it updates it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from field_client import app as wiring
from field_client import healing, journal, receiving
from field_client.entries import record_document
from field_client.opened import App
from field_client.tables import INDEXES
from field_client.vault import migrations
from tests.support.laptop import OPERATOR, PASSPHRASE

SINCE = frozenset({"born", "to_record"})
_BEFORE = {**INDEXES, "records": tuple(n for n in INDEXES["records"] if n not in SINCE)}


@contextmanager
def older_laptop(home: Path, code: str) -> Iterator[App]:
    """Make and open a laptop by the older program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        patch.setattr(wiring, "INDEXES", _BEFORE)
        for module in (journal, receiving, healing):
            patch.setattr(module, "record_document", _older_document)
        with wiring.create_device(home, code, OPERATOR, PASSPHRASE, calibrate=False) as app:
            yield app


def _older_document(*args: Any, **more: Any) -> dict[str, Any]:
    made = record_document(*args, **more)
    return {name: value for name, value in made.items() if name not in SINCE}
