"""A stick in place of a line: `exchange IN OUT` over sections of several devices."""

from pathlib import Path

import pytest

from shared_schema.custody import Status
from shared_schema.frames import Kind, read_frames
from sync_server import counting
from tests.support.offices import code_of, office_in
from tests.support.processes import REGIONS, init_server, server, try_server
from tests.support.raw_device import RawDevice


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a server that nobody serves."""
    made = tmp_path_factory.mktemp("office") / "home"
    init_server(made)
    return made


def invited(home: Path) -> RawDevice:
    """Give a device that has a code for files only."""
    return RawDevice.of(code_of(office_in(home)))


def counts(home: Path) -> dict[str, int]:
    """Give the server's counts."""
    with office_in(home).store.read() as connection:
        return counting.counts(connection)


def test_several_devices_on_one_stick(home: Path, tmp_path: Path) -> None:
    """Each gets its own section of the answer, and the same receipt when the file comes again."""
    devices = [invited(home) for _ in range(2)]
    sections = [d.section(d.enrol(), d.batch(d.people(4))) for d in devices]
    (tmp_path / "in").write_bytes(b"".join(sections))
    done = server(home, "exchange", tmp_path / "in", tmp_path / "out")
    assert (done["sections"], done["receipts"]) == (2, 2)
    frames = read_frames((tmp_path / "out").read_bytes())
    end = next(at for at, frame in enumerate(frames) if frame.kind == Kind.DONE) + 1
    for device, said in zip(devices, (frames[:end], frames[end:]), strict=True):
        assert device.read(said).receipts[0].status is Status.ACCEPTED
    before = counts(home)
    server(home, "exchange", tmp_path / "in", tmp_path / "out")
    assert counts(home) == before


@pytest.mark.parametrize("content", [b"A letter", b"\x01\x00\x00\x00\x02{}", b"SQLite format 3"])
def test_an_answer_is_never_written_over_something_else(
    home: Path, tmp_path: Path, content: bytes
) -> None:
    """An export, a database, a letter: named, left as it was, and nothing is taken in."""
    device = invited(home)
    before = counts(home)
    (tmp_path / "in").write_bytes(device.section(device.enrol(), device.batch(device.people(1))))
    (tmp_path / "out").write_bytes(content)
    refused = try_server(home, "exchange", tmp_path / "in", tmp_path / "out")
    assert (refused.returncode, refused.error_code) == (3, "EXCHANGE_TARGET_TAKEN")
    assert (tmp_path / "out").read_bytes() == content
    assert counts(home) == before
    itself = try_server(home, "exchange", tmp_path / "in", tmp_path / "in")
    assert itself.error_code == "EXCHANGE_TARGET_TAKEN"


def test_a_half_copied_file_is_named_and_doubles_nothing(home: Path, tmp_path: Path) -> None:
    """What came whole is taken in and answered, the command fails, the whole copy completes it."""
    device = invited(home)
    before = counts(home)["persons"]
    batches = [device.batch(device.people(3)) for _ in range(3)]
    whole = device.section(device.enrol(), *batches)
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "half").write_bytes(whole[: -len(batches[2])])
    half = try_server(home, "exchange", tmp_path / "half", tmp_path / "out")
    assert (half.returncode, half.error_code) == (7, "SECTION_INCOMPLETE")
    answer = device.read((tmp_path / "out").read_bytes())
    assert [receipt.sequence for receipt in answer.receipts] == [3, 6]
    assert answer.errors == ["SECTION_INCOMPLETE"]
    server(home, "exchange", tmp_path / "whole", tmp_path / "out")
    assert device.read((tmp_path / "out").read_bytes()).receipts[2].sequence == 9
    assert counts(home)["persons"] == before + 9


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"<html>Silakan masuk</html>", "FRAME_INVALID"),
        (b"\x01\x00\x00\x00\x05hello", "MESSAGE_INVALID"),
        (b"\x01\x00", "SECTION_INCOMPLETE"),
    ],
)
def test_a_file_that_is_none_of_ours(home: Path, tmp_path: Path, content: bytes, code: str) -> None:
    """It is named, nothing is written, nothing is taken in."""
    (tmp_path / "in").write_bytes(content)
    before = counts(home)
    done = try_server(home, "exchange", tmp_path / "in", tmp_path / "out")
    assert done.returncode != 0
    assert done.error_code == code
    assert not (tmp_path / "out").exists()
    assert counts(home) == before


def test_an_unknown_devices_file_is_answered_and_named(home: Path, tmp_path: Path) -> None:
    """The laptop learns from the answer why, the clerk from the command."""
    stranger = invited(home)
    (tmp_path / "in").write_bytes(stranger.section(stranger.batch(stranger.people(1))))
    done = try_server(home, "exchange", tmp_path / "in", tmp_path / "out")
    assert (done.returncode, done.error_code) == (4, "DEVICE_UNKNOWN")
    assert stranger.read((tmp_path / "out").read_bytes()).errors == ["DEVICE_UNKNOWN"]


def test_a_server_is_never_made_over_another(home: Path) -> None:
    """`init` refuses and changes nothing."""
    before = (home / "secret.json").read_bytes()
    again = try_server(home, "init", "--region", "53.15", "--name", "X", "--admin", "x")
    assert (again.returncode, again.error_code) == (6, "SERVER_EXISTS")
    assert (home / "secret.json").read_bytes() == before


def test_init_names_what_is_missing(tmp_path: Path) -> None:
    """An unknown region; commands before `init`; a lost secret file."""
    home = tmp_path / "home"
    unknown = try_server(home, "init", "--region", "11.01", "--name", "X", "--admin", "x")
    assert (unknown.returncode, unknown.error_code) == (3, "REGION_UNKNOWN")
    assert try_server(home, "stats").error_code == "SERVER_MISSING"
    args = ("--region", "53.71", "--name", "Kota Uji", "--admin", "x", "--regions", REGIONS)
    try_server(home, "init", *args).check()
    assert server(home, "stats")["persons"] == 0
    (home / "secret.json").rename(home / "elsewhere")
    assert try_server(home, "stats").error_code == "SECRET_FILE_MISSING"
