"""A laptop's store as the first release made it: nothing in it is looked up by what came later.

Everything else in it is what this program writes; its version says 1: opening it updates it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from field_client import app as wiring
from field_client import healing, journal, receiving
from field_client.entries import record_document
from field_client.opened import App
from field_client.tables import INDEXES, put
from field_client.vault import migrations
from field_client.vault.table import VaultTable
from tests.support.laptop import OPERATOR, PASSPHRASE

SINCE = frozenset({"born", "to_record", "brief", "saved"})
_BEFORE = {
    name: tuple(field for field in fields if field not in SINCE) for name, fields in INDEXES.items()
}


@contextmanager
def older_laptop(home: Path, code: str) -> Iterator[App]:
    """Make and open a laptop by the older program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        patch.setattr(wiring, "INDEXES", _BEFORE)
        for module in (journal, receiving, healing):
            patch.setattr(module, "record_document", _older_document)
        patch.setattr(journal, "put", _older_put)
        with wiring.create_device(home, code, OPERATOR, PASSPHRASE, calibrate=False) as app:
            yield app


def _older_put(table: VaultTable, doc_id: str, content: Mapping[str, Any]) -> None:
    put(table, doc_id, {name: value for name, value in content.items() if name not in SINCE})


def _older_document(*args: Any, **more: Any) -> dict[str, Any]:
    made = record_document(*args, **more)
    return {name: value for name, value in made.items() if name not in SINCE}
