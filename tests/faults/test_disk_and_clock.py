"""Disks that are full and clocks that are years off, at the laptop and at the office."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.othertime import at, needs_faketime, served
from tests.support.processes import Finished
from tests.support.scenes import Laptop, people, regency, stick
from tests.support.synthetic import write_jsonl


@contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """Mount a small file system."""
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("cannot run here: mounting a small disk needs Linux and root")
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]
    if subprocess.run(["mount", *options, place], check=False, capture_output=True).returncode:
        pytest.skip("cannot run here: mounting is not permitted")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def enlarge(place: Path) -> None:
    """Give a mounted file system room."""
    subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)


def fill(place: Path, spare_bytes: int) -> Path:
    """Fill a file system up to a few spare bytes."""
    ballast = place / "ballast"
    free = os.statvfs(place)
    ballast.write_bytes(bytes(max(free.f_bavail * free.f_frsize - spare_bytes, 0)))
    return ballast


def refused(done: Finished, *codes: str) -> None:
    """Check that a command failed by one of these names, in one line."""
    assert (done.returncode != 0, done.error_code in codes) == (True, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_at_the_laptop(tmp_path: Path) -> None:
    """Nothing of the refused file is saved, all that was saved stays, and room mends it."""
    rows = people(81, 400, "53.15.05")
    source = write_jsonl(tmp_path / "baris.jsonl", rows[5:])
    with (
        regency(tmp_path / "kantor") as office,
        disk(tmp_path / "disk", "6m") as place,
    ):
        device = office.laptop("siap", "53.15.05")
        shutil.copytree(device.home, place / "laptop")
        device = Laptop(home=place / "laptop")
        saved = device.run("add", "person", "--from", write_jsonl(tmp_path / "awal", rows[:5]))
        assert saved["saved"] == 5
        ballast = fill(place, 200_000)
        refused(device.attempt("add", "person", "--from", source), "DISK_FULL")
        ballast.unlink()
        ballast = fill(place, 0)
        refused(device.attempt("sync"), "DISK_FULL", "VAULT_IO")
        refused(device.attempt("export", place / "keluar"), "DISK_FULL", "VAULT_IO")
        assert not (place / "keluar").exists()
        ballast.unlink()
        enlarge(place)
        assert device.status()["waiting"] == 5
        assert device.run("add", "person", "--from", source)["saved"] == 395
        device.sync()
        assert device.status() == {"draft": 0, "waiting": 0, "received": 400, "attention": 0}
        assert device.run("verify")["sound"] is True
        assert office.stats()["persons"] == 400
        assert office.values() == device.values()


def test_a_full_disk_at_the_office(tmp_path: Path) -> None:
    """What does not fit is not acknowledged; with room again the same sync goes through."""
    with disk(tmp_path / "disk", "3m") as place, regency(place) as office:
        device = office.laptop("laptop")
        shutil.move(device.home, tmp_path / "laptop")
        device = Laptop(home=tmp_path / "laptop")
        device.sync()
        device.add("person", people(82, 300))
        ballast = fill(place, 60_000)
        failed = device.attempt("sync")
        assert (failed.returncode != 0, bool(failed.error_code)) == (True, True), failed.stderr
        received = device.status()["received"]
        assert received < 300
        assert office.process.healthy(), "the server goes on serving"
        ballast.unlink()
        enlarge(place)
        assert office.stats()["changes"] >= received
        device.sync()
        assert device.status() == {"draft": 0, "waiting": 0, "received": 300, "attention": 0}
        assert (office.stats()["persons"], office.stats()["changes"]) == (300, 300)
        office.run("verify")


@needs_faketime
@pytest.mark.parametrize("offset", ["+10y", "-10y"])
def test_a_laptops_clock_is_ten_years_off(tmp_path: Path, offset: str) -> None:
    """Everything is sent and received, the officer is told, and nobody else's clock follows."""
    with regency(tmp_path) as office:
        wrong, right = office.laptop("salah", "53.15.05"), office.laptop("benar", "53.15.05")
        source = write_jsonl(tmp_path / "baris.jsonl", people(83, 3, "53.15.05"))
        at(offset, wrong, "add", "person", "--from", source).check()
        told = at(offset, wrong, "sync")
        refused(told, "CLOCK_OFF")
        assert wrong.status() == {"draft": 0, "waiting": 0, "received": 3, "attention": 0}
        assert office.stats()["persons"] == 3
        right.sync()
        (record, *_) = right.roster()
        right.edit(record, rt="008")
        right.sync()
        (mine,) = [one for one in right.run("history", record)["changes"] if one["own"]]
        year = str(datetime.now(tz=UTC).year)
        assert mine["time"][:4] == year, "a clock from the future drags no other along"
        wrong.sync()
        assert wrong.run("show", record)["values"]["rt"] == "008"
        assert office.values()[record]["rt"] == "008"
        assert wrong.run("history", record)["changes"]
        wrong.edit(record, rt="009")
        wrong.sync()
        right.sync()
        assert right.run("show", record)["values"]["rt"] == "009", "what names it replaces it"
        assert office.stats()["conflicts"] == 0


@needs_faketime
def test_by_file_only_a_clock_that_lags_is_noticed(tmp_path: Path) -> None:
    """An answer on a stick is old: a laptop that is ahead of it is no wonder, behind it is."""
    with regency(tmp_path, serving=False) as office:
        device = office.laptop("laptop", url="")
        device.add("person", people(84, 2))
        out, answer = stick(device, "kiriman")
        device.run("export", out)
        office.run("exchange", out, answer)
        refused(at("-10y", device, "import", answer), "CLOCK_OFF")
        assert device.status()["received"] == 2
        at("+20d", device, "import", answer).check()
        warned = at("-10y", device, "add", "person", "--from", "-")
        assert "CLOCK_OFF" in warned.stderr or warned.error_code == "FILE_EMPTY"


@needs_faketime
def test_the_offices_clock_is_ten_years_off(tmp_path: Path) -> None:
    """The laptop says so; all is received, and nothing is received twice afterwards."""
    with regency(tmp_path) as office:
        device = office.laptop("laptop")
        device.sync()
        device.add("person", people(85, 2))
        office.process.terminate()
        wrapped = served(office, "+10y")
        refused(device.attempt("sync"), "CLOCK_OFF")
        wrapped.terminate()
        office.process.start()
        assert device.status()["received"] == 2
        device.sync()
        assert office.stats()["persons"] == 2
        office.run("verify")


@needs_faketime
@pytest.mark.parametrize("offset", ["+10y", "-10y"])
def test_a_laptops_clock_that_leaps_removes_no_details(tmp_path: Path, offset: str) -> None:
    """What is kept 30 days is kept by the office's time, whatever the laptop says it is."""
    with regency(tmp_path) as office:
        device = office.laptop("laptop", "53.15.05")
        rows = people(86, 3, "53.15.05")
        device.add("person", rows)
        odd = {**rows[0], "nik": "5315050101900001", "sex": "P", "birth_date": "1970-02-03"}
        (draft,) = device.add("person", [odd])["records"]
        device.run("discard", draft["id"])
        device.sync()
        before = device.values()
        for _ in range(2):
            refused(at(offset, device, "sync"), "CLOCK_OFF")
            at(offset, device, "list").check()
        assert device.values() == before
        assert device.run("discard")["count"] == 1
