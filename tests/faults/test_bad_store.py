"""A laptop's folder that is damaged, wiped or opened by the wrong person; codes that do not fit."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.processes import OPERATOR
from tests.support.scenes import Laptop, Office, far_laptop, laptop, people, regency

ROWS = people(61, 30, "53.15.05")
SLOTS = ("slots.json", "slots.copy.json")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


def named(device: Laptop, *args: object, code: str, stdin: str = "") -> None:
    """Check that a command fails with this code, says so in one line, and shows no trace."""
    done = device.attempt(*args, stdin=stdin)
    assert (done.returncode != 0, done.error_code) == (True, code), done.stderr
    assert "Traceback" not in done.stderr


def put_back(home: Path, content: dict[str, bytes]) -> None:
    """Put files of a folder back, inodes unchanged."""
    for name, data in content.items():
        (home / name).write_bytes(data)


def files(home: Path) -> dict[str, bytes]:
    """Return the content of every file."""
    return {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}


def test_a_wrong_passphrase_and_a_damaged_store_are_told_apart(tmp_path: Path) -> None:
    """Every file of the store in turn: named, nothing replaced, whole again when put back.

    The two copies of the key slots stand for one another, so both are damaged at once.
    """
    device = far_laptop(tmp_path / "laptop")
    device.add("person", ROWS[:20])
    device.run("export", tmp_path / "keluar")
    wrong = device.attempt("status", passphrase="sawah-lingko-enam-satu")
    assert (wrong.returncode != 0, wrong.error_code) == (True, "PASSPHRASE_WRONG")
    whole = files(device.home)
    assert len(whole) >= 3
    seen = set()
    for name, data in whole.items():
        if not data or name.endswith((".lock", "-shm", "-wal")):
            continue
        names = SLOTS if name in SLOTS else (name,)
        for damage in (flipped, halved, emptied):
            put_back(device.home, {each: damage(whole[each]) for each in names})
            for args in (("verify",), ("add", "person", "--from", "-")):
                done = device.attempt(*args, stdin='{"name": "Warga Contoh Rusak"}')
                if args == ("verify",) or done.error_code != "LINES_INVALID":
                    assert (done.returncode != 0, bool(done.error_code)) == (True, True), name
                assert "Traceback" not in done.stderr
                seen.add(done.error_code)
            assert (device.home / name).exists()
            put_back(device.home, whole)
    assert {"VAULT_DAMAGED", "VAULT_SLOT_DAMAGED"} <= seen
    assert device.run("verify")["sound"] is True
    assert device.status()["waiting"] == 20


def test_one_damaged_copy_of_the_key_slots_is_mended(tmp_path: Path) -> None:
    """The other one opens the store, and `verify` finds both as they were."""
    device = far_laptop(tmp_path / "laptop")
    whole = files(device.home)
    for name in SLOTS:
        for damage in (flipped, halved, emptied):
            (device.home / name).write_bytes(damage(whole[name]))
            assert device.run("verify")["parts"]["keys"] == "sound"
            assert files(device.home)[name] == whole[name]


def halved(data: bytes) -> bytes:
    """Return the first half of data."""
    return data[: len(data) // 2]


def emptied(_data: bytes) -> bytes:
    """Return nothing."""
    return b""


def flipped(data: bytes) -> bytes:
    """Return data with a byte altered in each kilobyte."""
    bad = bytearray(data)
    for at in range(min(500, len(bad) // 2), len(bad), 1024):
        bad[at] ^= 0x10
    return bytes(bad)


def test_an_altered_sealed_batch_never_leaves(office: Office) -> None:
    """`verify` names it; the office refuses what does not bear the signature; nothing is lost."""
    device = office.laptop("laptop")
    device.sync()
    device.add("person", ROWS[:3])
    device.run("export", device.home.with_name("keluar"))
    whole = files(device.home)
    with closing(sqlite3.connect(device.home / "spool.db")) as spool:
        ((body,),) = spool.execute("SELECT body FROM batches").fetchall()
        spool.execute("UPDATE batches SET body = ?", [body[:200] + b"!" + body[201:]])
        spool.commit()
    named(device, "verify", code="STORE_UNSOUND")
    done = device.attempt("sync")
    assert (done.returncode != 0, bool(done.error_code)) == (True, True)
    assert office.stats()["persons"] == 0
    for extra in device.home.glob("spool.db-*"):
        extra.unlink()
    put_back(device.home, whole)
    device.sync()
    assert office.stats()["persons"] == 3


def test_codes_that_do_not_fit(office: Office, tmp_path: Path) -> None:
    """Mistyped, foreign, used by another laptop and expired: each by its own name."""
    code = office.code("satu")
    at = len(code) // 2
    mistyped = code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :]
    fresh = Laptop(home=tmp_path / "baru")
    for wrong in (mistyped, code[:-9], "JEMPUT-", "bukan kode"):
        named(fresh, "enrol", wrong, "--operator", OPERATOR, code="ENROL_CODE_INVALID")
    assert not fresh.home.exists() or not any(fresh.home.iterdir())
    first, second = laptop(tmp_path / "satu", code), laptop(tmp_path / "dua", code.lower())
    first.add("person", ROWS[:2])
    second.add("person", ROWS[2:5])
    first.sync()
    named(second, "sync", code="ENROL_USED")
    assert second.status()["waiting"] == 3
    assert [one["refused_enrolments"] for one in office.run("device", "list")] == [1]
    expired = laptop(tmp_path / "lewat", office.code("lewat", "53.15", None, "--days", "0"))
    expired.add("person", ROWS[5:7])
    named(expired, "sync", code="ENROL_EXPIRED")
    assert expired.status()["waiting"] == 2
    for device, label in ((second, "dua"), (expired, "lewat")):
        device.attempt("enrol", office.code(label), "--operator", OPERATOR).check()
        device.sync()
        assert device.status()["waiting"] == 0
    assert office.stats()["persons"] == 7
    assert office.stats()["devices"] == 3


def test_another_offices_laptop_is_refused(office: Office, tmp_path: Path) -> None:
    """A laptop that means another server gets no answer it could mistake for its own."""
    (tmp_path / "lain").mkdir()
    with regency(tmp_path / "lain", serving=False) as other:
        stray = laptop(tmp_path / "tersesat", other.code("tersesat", "53.15", office.process.url))
        stray.add("person", ROWS[:2])
        done = stray.attempt("sync")
        assert (done.returncode != 0, bool(done.error_code)) == (True, True)
        assert stray.status()["waiting"] == 2
        assert office.stats()["persons"] == 0
        stray.run("export", tmp_path / "keluar")
        refused = office.attempt("exchange", tmp_path / "keluar", tmp_path / "jawaban")
        assert (refused.returncode != 0, refused.error_code) == (True, "SERVER_FOREIGN")
        other.run("exchange", tmp_path / "keluar", tmp_path / "jawaban")
        stray.run("import", tmp_path / "jawaban")
        assert other.stats()["persons"] == 2


def test_a_revoked_laptop_hands_over_and_is_wiped(office: Office) -> None:
    """What it still holds waits in quarantine; accepting makes it appear, once."""
    device = office.laptop("laptop")
    device.add("person", ROWS[:2])
    device.sync()
    device.add("person", ROWS[2:5])
    device.run("export", device.home.with_name("keluar"))
    device.add("person", ROWS[5:7])
    office.run("device", "revoke", "laptop")
    named(device, "sync", code="DEVICE_REVOKED")
    named(device, "status", code="DEVICE_WIPED")
    named(device, "enrol", office.code("lagi"), "--operator", OPERATOR, code="DEVICE_WIPED")
    assert office.stats()["persons"] == 2
    kept = office.run("quarantine", "list")
    assert office.stats()["quarantined"] == len(kept) == 2
    for batch in kept:
        office.run("quarantine", "accept", batch["id"])
    assert office.stats()["persons"] == 7
    assert office.stats()["quarantined"] == 0
    assert sorted(v["name"] for v in office.values().values()) == sorted(
        str(row["name"]) for row in ROWS[:7]
    )
    office.attempt("exchange", device.home.with_name("keluar"), device.home.with_name("jawaban"))
    assert office.stats()["persons"] == 7
    office.run("verify")


def test_a_laptop_revoked_while_on_the_road_hands_over_by_file(office: Office) -> None:
    """The same on a stick: wiped only when everything final has been taken over."""
    device = office.laptop("laptop", url="")
    device.add("person", ROWS[:2])
    out, answer = device.home.with_name("keluar"), device.home.with_name("jawaban")
    device.run("export", out)
    office.run("exchange", out, answer)
    device.run("import", answer)
    office.run("device", "revoke", "laptop")
    device.add("person", ROWS[2:4])
    device.run("export", out)
    office.attempt("exchange", out, answer)
    device.add("person", ROWS[4:5])
    named(device, "import", answer, code="DEVICE_REVOKED_WAITING")
    device.run("export", out)
    office.attempt("exchange", out, answer)
    named(device, "import", answer, code="DEVICE_REVOKED")
    named(device, "list", code="DEVICE_WIPED")
    for batch in office.run("quarantine", "list"):
        office.run("quarantine", "accept", batch["id"])
    assert office.stats()["persons"] == 5
    office.run("verify")
