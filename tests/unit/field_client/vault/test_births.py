"""A laptop's store from before people were looked up by a thing: it gets it, and loses nothing."""

from pathlib import Path
from typing import Any

import pytest
from tinydb import where

from field_client.entries import born as day
from field_client.entries import shown
from field_client.tables import INDEXES, TEXT_INDEXES
from field_client.vault import migrations
from field_client.vault.connection import open_encrypted
from field_client.vault.keys import STORE_FILE
from field_client.vault.snapshot import Progress, unseen
from field_client.vault.store import PURPOSE, RAW_KEY_BYTES, VaultDB, open_vault
from tests.unit.field_client.vault.conftest import KEYS

SINCE = {"born", "to_record", "brief"}
WITHOUT = {**INDEXES, "records": tuple(n for n in INDEXES["records"] if n not in SINCE)}
PEOPLE = 300  # more than one piece
STAMP = "01a0c4506c010000.000102030405060708090a0b"
LATER_STAMP = "02a0c4506c010000.000102030405060708090a0b"


def part(number: int, stamp: str = STAMP, **values: Any) -> dict[str, Any]:
    """Give what the office sent, or a laptop wrote, of one record."""
    heads = {name: {"heads": [[stamp, each]], "superseded": []} for name, each in values.items()}
    return {"record": f"01a0c450-6c01-8000-8000-{number:012d}", "type": "person", "fields": heads}


def old(number: int) -> dict[str, Any]:
    """Give a person's document as it was written then."""
    base = part(
        number,
        name=f"Warga {number}",
        birth_date=f"19{number % 90 + 10}-11-05",
        village=f"53.15.05.200{number % 2}",
        central_status=("UNREGISTERED", "CARD_PRINTED")[number // 2 % 2],
    )
    return {
        "type": "person",
        "own": False,
        "base": base,
        "mine": None,
        "nik": f"{number:016d}",
        "conflicts": [],
        "last": {},
    }


ODD = {
    "mended": old(900) | {"mine": part(900, LATER_STAMP, birth_date="1981-02-03"), "own": True},
    "year": old(901) | {"base": part(901, birth_date="1970-01-01", birth_date_precision="year")},
    "none": old(902) | {"base": part(902, name="Warga")},
    "outage": {
        "type": "outage",
        "own": True,
        "base": None,
        "mine": part(903),
        "conflicts": [],
        "last": {"aa": 1},
    },
    "newer": old(904) | {"born": "1999-01-01"},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a store that the first version made."""
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        key = KEYS.derive(PURPOSE, RAW_KEY_BYTES)
        store = open_encrypted(tmp_path / STORE_FILE, key, create=True)
        migrations.create(store)
        store.close()
        with opened(tmp_path, WITHOUT) as db, db.transaction():
            for number in range(PEOPLE):
                db.table("records").add(f"warga-{number}", old(number))
            for name, document in ODD.items():
                db.table("records").add(name, document)
            db.table("meta").add("device", {"type": "person"})
    return tmp_path


def test_a_store_that_knows_births_learns_whom_to_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the second version wrote stays, and nothing is indexed twice."""
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        key = KEYS.derive(PURPOSE, RAW_KEY_BYTES)
        store = open_encrypted(tmp_path / STORE_FILE, key, create=True)
        migrations.create(store)
        store.close()
        indexes = {**WITHOUT, "records": (*WITHOUT["records"], "born")}
        with opened(tmp_path, indexes) as db, db.transaction():
            for number in range(PEOPLE):
                values = shown(old(number))
                db.table("records").add(f"warga-{number}", old(number) | {"born": day(values)})
    with opened(tmp_path) as db:
        assert born(db, "1910-05-11") == ["warga-0", "warga-90", "warga-180", "warga-270"]
        found = db.table("records").between(
            "to_record", "53.15.05.2001 ", "53.15.05.2001 1911-12-31"
        )
        assert {one.doc_id for one in found} == {f"warga-{at}" for at in (1, 181)}
        assert db.check() == []


def opened(home: Path, indexes: Any = INDEXES, updating: Progress = unseen) -> VaultDB:
    """Open the store as the program does."""
    return open_vault(home, KEYS, indexes=indexes, text_indexes=TEXT_INDEXES, updating=updating)


def born(db: VaultDB, day: str) -> list[str]:
    """Name those who are found under a day of birth; nothing but the index may be read."""
    number = db.table("records")._fields().values["born"]
    sql = "SELECT id FROM docs JOIN doc_index USING (seq) WHERE field=? AND value=? ORDER BY seq"
    return [name for (name,) in db._store.rows(sql, (number, day))]


@pytest.mark.parametrize("looked_up_before", [False, True])
def test_an_old_store_gets_its_days_of_birth(
    home: Path, monkeypatch: pytest.MonkeyPatch, looked_up_before: bool
) -> None:
    """Whether or not a program between declared the index; every document stays as it was."""
    if looked_up_before:
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
            with opened(home) as db:
                assert born(db, "1910-05-11") == []
    shares: list[float] = []
    with opened(home, updating=shares.append) as db:
        assert shares == sorted(shares)
        assert [share for share in shares if 0.25 < share <= 1]
        assert born(db, "1910-05-11") == ["warga-0", "warga-90", "warga-180", "warga-270"]
        assert born(db, "1981-02-03") == ["mended"]
        assert born(db, "1999-01-01") == ["newer"]
        found = {document.doc_id: dict(document) for document in db.table("records")}
        assert [name for name in ODD if found[name].get("born") is None] == [
            "year",
            "none",
            "outage",
        ]
        before = {f"warga-{number}": old(number) for number in range(PEOPLE)} | ODD
        new = dict.fromkeys(SINCE)
        without = {name: each | new for name, each in before.items()}
        assert {name: each | new for name, each in found.items()} == without
        assert "to_record" not in found["outage"] or found["outage"]["to_record"] is None
        assert db.table("meta").all() == [{"type": "person"}]
        assert db.table("records").search(where("nik") == f"{7:016d}")[0].doc_id == "warga-7"
        unrecorded = db.table("records").between(
            "to_record", "53.15.05.2000 ", "53.15.05.2000 1910-12-31"
        )
        assert {one.doc_id for one in unrecorded} == {"warga-0", "warga-180"}
        assert db.table("records").count_between("to_record", "5", "6") == len(
            [one for one in found.values() if one.get("to_record")]
        )
        assert db.check() == []
    assert [path.name for path in migrations.kept_copies(home / STORE_FILE)] == [
        f"{STORE_FILE}{migrations.KEPT}1"
    ]
    with opened(home) as db:
        assert len(db.table("records")) == PEOPLE + len(ODD)
