"""The open vault: commits, roll-backs, counters, what another program sees, and how it opens."""

import contextlib
import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tinydb import Query, where
from tinydb.table import Document

from field_client.vault import keys as key_slots
from field_client.vault import rows
from field_client.vault.bodies import from_body
from field_client.vault.connection import open_plain
from field_client.vault.errors import (
    DeviceWiped,
    VaultDamaged,
    VaultExists,
    VaultMissing,
    VaultNewer,
)
from field_client.vault.keys import SLOT_FILE, STORE_FILE, VaultKeys
from field_client.vault.spool import SPOOL_FILE, create_spool
from field_client.vault.store import create_vault, open_vault
from field_client.vault.table import document_of

PASSPHRASE = "sandi petugas contoh"


def _person(number: int) -> Document:
    body = {"nik": f"{number:016d}", "state": "draft", "name": f"Warga Contoh {number}"}
    return document_of(body, f"orang-{number}")


def test_created_vault_opens_and_keeps(tmp_path: Path):
    """What one opening saved the next one reads; the files are private."""
    home = tmp_path / "home"
    create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    with open_vault(home, key_slots.unlock(home, "Petugas", PASSPHRASE)) as db:
        db.table("records").insert(_person(1))
    with open_vault(home, key_slots.unlock(home, "Petugas", PASSPHRASE)) as db:
        assert db.table("records").all() == [_person(1)]
        assert db.table("records").get(doc_id="orang-1").doc_id == "orang-1"
        assert {path.stat().st_mode & 0o777 for path in home.iterdir()} == {0o600}
    with pytest.raises(VaultExists):
        create_vault(home, "Petugas", PASSPHRASE, calibrate=False)


def test_creation_cut_before_the_slots_can_be_repeated(tmp_path: Path, monkeypatch):
    """No slots, no vault: what was prepared is replaced."""

    def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(key_slots, "store", cut)
        with pytest.raises(KeyboardInterrupt):
            create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    made = create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    with open_vault(tmp_path, made) as db:
        assert db.check() == []


@pytest.mark.parametrize("name", [STORE_FILE, SPOOL_FILE])
def test_no_store_is_made_beside_the_log_of_a_lost_one(tmp_path: Path, name: str):
    """It would be folded into the new one; nothing is written, nothing taken away."""
    (tmp_path / f"{name}-wal").write_bytes(b"x")
    with pytest.raises(VaultExists):
        create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}-wal"]


def test_creation_cut_while_the_spool_is_made_can_be_repeated(tmp_path: Path):
    """A log beside its own file is no lost store's."""
    create_spool(tmp_path)
    store = open_plain(tmp_path / SPOOL_FILE)
    store.rows("SELECT 1 FROM batches")
    assert (tmp_path / f"{SPOOL_FILE}-wal").exists()
    create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    store.close()


def test_creation_cut_after_the_slots_is_finished_by_opening(tmp_path: Path):
    """The store is whole under its other name; it gets its own."""
    made = create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    (tmp_path / STORE_FILE).rename(tmp_path / f"{STORE_FILE}.new")
    with open_vault(tmp_path, made) as db:
        assert db.check() == []


def test_absent_store_is_never_made_anew(tmp_path: Path, opened, keys: VaultKeys):
    """Missing or empty beside its slots, the store is an error and stays as it is."""
    path = tmp_path / STORE_FILE
    path.write_bytes(b"")
    with pytest.raises(VaultDamaged):
        open_vault(tmp_path, keys)
    path.unlink()
    (tmp_path / SLOT_FILE).write_text("{}")
    with pytest.raises(VaultMissing):
        open_vault(tmp_path, keys)
    assert not path.exists()


def test_foreign_keys_do_not_open(tmp_path: Path, opened, keys: VaultKeys):
    """Another root's key is refused before anything is read."""
    with pytest.raises(VaultDamaged):
        open_vault(tmp_path, replace(keys, root=bytes(32)))


def test_newer_store_is_refused(tmp_path: Path, db, keys: VaultKeys):
    """A store with more migrations than this program knows is left alone."""
    db._store.rows("PRAGMA user_version=99")
    db.close()
    with pytest.raises(VaultNewer):
        open_vault(tmp_path, keys)


def test_wiped_device_does_not_open(tmp_path: Path, opened, keys: VaultKeys):
    """Keys kept in memory open nothing after the wipe."""
    key_slots.wipe(tmp_path)
    with pytest.raises(DeviceWiped):
        open_vault(tmp_path, keys)


def test_failed_transaction_leaves_nothing(db):
    """Rows, index entries, counters and new tables all go back."""
    records = db.table("records")
    records.insert(_person(1))

    def fail():
        with db.transaction():
            records.insert(_person(2))
            records.update({"nik": "x"}, where("state") == "draft")
            db.table("other").insert({})
            assert db.next_number("record") == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert records.all() == [_person(1)]
    assert records.search(where("nik") == _person(1)["nik"]) == [_person(1)]
    assert db.tables() == {"records"}
    assert db.next_number("record") == 1
    assert db.check() == []


def test_failed_bulk_insert_leaves_nothing(db):
    """A taken id at the end undoes the documents before it."""
    db.table("records").insert(_person(3))
    with pytest.raises(ValueError, match="exists"):
        db.table("records").insert_multiple(map(_person, range(5)))
    assert len(db.table("records")) == 1


def test_swallowed_error_does_not_commit_half(db):
    """An inner block that failed dooms the outer one, also where somebody catches the error."""

    def swallow():
        with db.transaction():
            db.table("records").insert(_person(1))
            with contextlib.suppress(ValueError):
                db.table("records").insert(_person(1))

    with pytest.raises(RuntimeError, match="swallowed"):
        swallow()
    assert len(db.table("records")) == 0


def test_unjson_document_is_refused_whole(db):
    """What JSON cannot carry is an error before it is a row."""
    for value in (float("nan"), object(), b"bytes", "\ud800"):
        with pytest.raises((TypeError, ValueError)):
            db.table("records").insert({"nik": value})
    assert len(db.table("records")) == 0


def test_nothing_is_shared_between_two_readers(db):
    """Changing what a search returned changes neither the store nor another's result."""
    db.table("records").insert(document_of({"nik": "1", "seen": ["a"]}, "x"))
    db.table("records").search(where("nik") == "1")[0]["seen"].append("b")
    assert db.table("records").search(where("nik") == "1")[0]["seen"] == ["a"]


def test_other_program_sees_changes_and_number_rises(opened):
    """A second opening reads the first one's documents, tables and indexes at once."""
    one, two = opened(), opened()
    before = two.change_number()
    assert two.change_number() == before
    one.table("records").insert(_person(1))
    assert two.change_number() > before
    assert two.tables() == {"records"}
    later = opened(indexes={"records": ("nik",)})
    assert later.table("records").count(where("nik") == _person(1)["nik"]) == 1
    one.table("records").insert(_person(2))
    assert later.table("records").count(where("nik") == _person(2)["nik"]) == 1
    assert later.check() == []


def test_own_commit_raises_the_number(db):
    """A page that remembers the number sees its own program's saves as well."""
    before = db.change_number()
    db.table("records").insert(_person(1))
    assert db.change_number() > before


def test_indexed_equality_does_not_read_the_table(db, monkeypatch):
    """A query with one exact field is answered from index rows, also within a conjunction."""
    records = db.table("records")
    records.insert_multiple(map(_person, range(400)))
    read: list[object] = []

    def reading(body: str | bytes) -> dict[str, object]:
        read.append(body)
        return from_body(body)

    monkeypatch.setattr(rows, "from_body", reading)
    query = (where("state") == "draft") & (Query().nik == _person(7)["nik"])
    assert records.search(query) == [_person(7)]
    assert len(read) == 1


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM doc_index WHERE value='0000000000000001'",
        "DELETE FROM doc_text",
        "UPDATE docs SET text='  lain'",
    ],
)
def test_check_names_a_lost_index_entry(db, loss):
    """An index that lost an entry is found, since searches would miss the document."""
    db.table("records").insert(_person(1))
    assert db.check() == []
    with db.transaction():
        db._store.rows(loss)
    assert db.check() == ["records: orang-1: index"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("santoso", ["b", "c"]),
        ("SANTO Bud", ["b"]),
        ("antos", ["b", "c"]),
        ("bu", ["b", "d"]),
        ("b sa", ["b"]),
        ("an", ["c"]),
        ("", []),
        ("x", []),
        ('"a OR', []),
        ("d'arc", ["e"]),
        ("ä", ["f"]),
    ],
)
def test_match_finds_parts_of_names(db, text: str, expected: list[str]):
    """Three letters anywhere, fewer at the start of a word; every word must be there."""
    names = {
        "a": None,
        "b": "Budi  Santoso",
        "c": "Ani Santoso",
        "d": "Buana Contoh",
        "e": 'Jean D\'Arc "x"',
        "f": "Älva",
    }
    people = [document_of({"name": name}, doc_id) for doc_id, name in names.items()]
    db.table("records").insert_multiple(people)
    db.table("others").insert({"name": "Budi Santoso"})
    assert sorted(found.doc_id for found in db.table("records").match(text)) == expected


def test_match_follows_changes_and_ranks_word_starts_first(db):
    """A changed or removed name is found no more under the old one; word starts come first."""
    records = db.table("records")
    records.insert(document_of({"name": "Rosantina Contoh"}, "inner"))
    records.insert(document_of({"name": "Santi Contoh"}, "start"))
    assert [found.doc_id for found in records.match("sant")] == ["start", "inner"]
    assert [found.doc_id for found in records.match("sant", 1)] == ["start"]
    records.update({"name": "Yohana"}, doc_ids=["start"])
    records.remove(doc_ids=["inner"])
    assert records.match("sant") == []
    assert [found.doc_id for found in records.match("yo")] == ["start"]


def test_text_index_declared_later_covers_what_is_there(opened):
    """Declaring fields on a store with documents indexes those."""
    opened().table("records").insert_multiple(map(_person, range(300)))
    later = opened(indexes={"records": ("nik",)}, text_indexes={"records": ("name",)})
    assert [found.doc_id for found in later.table("records").match("contoh 299")] == ["orang-299"]
    assert later.check() == []


def test_dropped_table_takes_its_indexes_along(db):
    """Nothing of a dropped table answers under a new one of its name."""
    db.table("records").insert(_person(1))
    db.drop_table("records")
    assert db.tables() == set()
    db.table("records").insert(document_of({"name": "Lain"}, "x"))
    assert db.table("records").match("warga") == []
    assert db.table("records").count(where("nik") == _person(1)["nik"]) == 0


def test_threads_take_turns(db):
    """Eight threads of one program count to eighty without losing a number."""
    drawn: list[int] = []

    def draw():
        drawn.extend(db.next_number("record") for _ in range(10))

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == list(range(1, 81))


def _insert_many(home: Path, keys: VaultKeys) -> None:
    with open_vault(home, keys) as db:
        for _ in range(50):
            with db.transaction():
                db.table("records").insert({"number": db.next_number("record")})


def test_two_programs_never_collide(tmp_path: Path, opened, keys: VaultKeys):
    """Ids and numbers drawn by two processes at once are all different and all there."""
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=_insert_many, args=(tmp_path, keys)) for _ in range(2)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
        assert program.exitcode == 0
    found = opened().table("records").all()
    assert sorted(each["number"] for each in found) == list(range(1, 101))
    assert len({each.doc_id for each in found}) == 100


def test_match_takes_any_way_of_a_word(db):
    """Of the ways in which a word may be written one is enough; every word must be there."""
    names = {"a": "Mohtar Contoh", "b": "Muhamad Contoh", "c": "Muhamad Lain", "d": "Maria Contoh"}
    records = db.table("records")
    records.insert_multiple(document_of({"name": name}, one) for one, name in names.items())
    wanted = [["moh", "muhamad"], ["con"]]
    assert sorted(found.doc_id for found in records.match(wanted)) == ["a", "b"]


def test_match_keeps_to_its_table(db):
    """What another table holds of the same words is neither found nor in the way."""
    db._catalogue.declare({}, {"others": ("name",)})
    db.table("records").insert_multiple(map(_person, range(300)))
    db.table("others").insert(document_of({"name": "Warga Lain"}, "x"))
    assert [found.doc_id for found in db.table("others").match("warga")] == ["x"]
    assert len(db.table("records").match("warga", 1000)) == 300


def test_beginning_of_an_indexed_field(db):
    """Found in the order of the values, no more than asked for."""
    db.table("records").insert_multiple(_person(number) for number in (121, 12, 120, 7))
    found = db.table("records").beginning("nik", f"{12:015d}")
    assert [one.doc_id for one in found] == ["orang-120", "orang-121"]
    assert len(db.table("records").beginning("nik", "0", 3)) == 3


def test_ids_by_their_ends(db):
    """An id is named by its start or its end, written with hyphens or without."""
    records = db.table("records")
    records.insert_multiple(document_of({}, one) for one in ("ab-cd", "ab-ef", "xx-cd"))
    assert sorted(records.named("abc")) == ["ab-cd"]
    assert sorted(records.named("cd")) == ["ab-cd", "xx-cd"]
    assert records.named("zz") == []


def test_documents_stand_in_the_order_of_their_insertion_whoever_wrote_them(opened):
    """Two openings in turns, roll-backs and a removal between: as they were inserted."""
    one, other = opened(), opened()
    for number in range(1, 7):
        with contextlib.suppress(ZeroDivisionError), one.transaction():
            one.table("records").add("lost", {"state": "never"})
            raise ZeroDivisionError
        (one if number % 3 else other).table("records").insert(_person(number))
        if number == 4:
            one.table("records").remove(doc_ids=["orang-4"])
    kept = [f"orang-{number}" for number in (1, 2, 3, 5, 6)]
    for db in (one, other):
        assert [document.doc_id for document in db.table("records")] == kept


def test_id_that_is_taken_is_refused_and_nothing_of_it_stays(db):
    """Adding under the id of another document changes neither it nor the indexes."""
    db.table("records").add("satu", {"nik": "1"})
    with pytest.raises(ValueError, match="already exists"):
        db.table("records").add("satu", {"nik": "2"})
    assert db.table("records").all() == [{"nik": "1"}]
    assert db.check() == []
