"""Photos at the office, over a real database and a real folder: what comes, what is kept, said."""

import hashlib
import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared_schema.attachments import name_of, seal_file
from shared_schema.chunks import (
    FILE_LIMIT_BYTES,
    Chunk,
    ChunkReceipt,
    ChunkState,
    chunk_frame,
    chunk_receipt_from_json,
)
from shared_schema.custody import Status
from shared_schema.frames import Frame, Kind
from sync_server import photo_records, photos, release, verification
from sync_server.photos import PhotoAltered
from sync_server.store.queries import devices
from sync_server.store.queries import photos as rows
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

PHOTO = b"foto alat hangus " * 900
DIGEST = hashlib.sha256(PHOTO).hexdigest()
PIECE = 4000


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office without photos."""
    return found_office(tmp_path)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Enrol a device."""
    return bench.device()


def sealed(bench: Bench, content: bytes = PHOTO, recipient: X25519PublicKey | None = None) -> bytes:
    """Seal a photo to the office, or to somebody else."""
    to = recipient or bench.office.keys.sealing.public_key()
    return seal_file(content, [to], secrets.token_bytes(32))


def pieces(file: bytes, *, size: int = PIECE, name: str | None = None) -> list[Chunk]:
    """Cut a sealed file."""
    named = bytes.fromhex(name or name_of(file))
    return [
        Chunk(name=named, total=len(file), offset=at, content=file[at : at + size])
        for at in range(0, len(file), size)
    ]


def send(bench: Bench, device: RawDevice, *chunks: Chunk | Frame | bytes) -> list[ChunkReceipt]:
    """Send chunks, and whatever else, in one section; return the answers to the chunks."""
    frames = [chunk_frame(one) if isinstance(one, Chunk) else one for one in chunks]
    answer = bench.exchange(device, *frames)
    return [chunk_receipt_from_json(one) for one in answer.objects(Kind.CHUNK_RECEIPT)]


def parts(bench: Bench) -> list[Path]:
    """Name what has come in part."""
    return sorted((bench.office.photos / "parts").glob("*/*"))


def kept(bench: Bench) -> list[str]:
    """Name the photos that have a row, each of which can be read."""
    with bench.office.store.read() as connection:
        found = rows.everything(connection)
    assert [hashlib.sha256(photos.read(bench.office, one)).hexdigest() for one in found] == [
        one.sha256 for one in found
    ]
    return [one.name for one in found]


def test_a_photo_comes_in_pieces_and_is_complete(bench: Bench, device: RawDevice) -> None:
    """One answer for each, in order; the file lies there sealed, and the office can open it."""
    file = sealed(bench)
    answers = send(bench, device, *pieces(file))
    assert [one.have for one in answers] == [*range(PIECE, len(file), PIECE), len(file)]
    assert [one.state for one in answers[:-1]] == [ChunkState.PARTIAL] * (len(answers) - 1)
    assert (answers[-1].state, answers[-1].code) == (ChunkState.COMPLETE, None)
    (name,) = kept(bench)
    assert (bench.office.photos / name).read_bytes() == file
    assert parts(bench) == []
    assert verification.verify_all(bench.office).photos == 1
    with bench.office.store.read() as connection:
        (row,) = rows.everything(connection)
    assert (row.sha256, row.bytes, row.device) == (DIGEST, len(PHOTO), device.id.hex())


def test_a_chunk_elsewhere_changes_nothing_and_is_told_where_to_go_on(
    bench: Bench, device: RawDevice
) -> None:
    """Before the beginning, behind a gap, again; over sections and a restart."""
    one, two, three, *rest = pieces(sealed(bench))
    answers = send(bench, device, two, one, three, one, two)
    assert [each.have for each in answers] == [0, PIECE, PIECE, PIECE, 2 * PIECE]
    assert {each.state for each in answers} == {ChunkState.PARTIAL}
    (part,) = parts(bench)
    assert part.stat().st_size == 2 * PIECE
    assert send(bench, device, one)[0].have == 2 * PIECE
    again = send(bench, device, three, *rest, one)
    assert [each.state for each in again[-2:]] == [ChunkState.COMPLETE] * 2
    assert len(kept(bench)) == 1


def test_the_same_photo_from_another_device_counts_once(bench: Bench, device: RawDevice) -> None:
    """Parts stay apart, so nobody spoils another's; a whole one is known to everybody."""
    file, other = sealed(bench), bench.device()
    first, *rest = pieces(file)
    send(bench, device, first)
    spoilt = replace(first, content=bytes(PIECE))
    assert send(bench, other, spoilt)[0].have == PIECE
    assert len(parts(bench)) == 2
    assert send(bench, device, *rest)[-1].state is ChunkState.COMPLETE
    assert send(bench, other, rest[0])[0].state is ChunkState.COMPLETE
    assert (len(kept(bench)), parts(bench)) == (1, [])


@pytest.mark.parametrize("at", [0, 30, 5000, -1])
def test_a_flipped_bit_is_refused_and_the_file_sent_anew(
    bench: Bench, device: RawDevice, at: int
) -> None:
    """Anywhere; nothing else is lost, and the next try begins at the beginning."""
    file = sealed(bench)
    at %= len(file)
    flipped = file[:at] + bytes([file[at] ^ 4]) + file[at + 1 :]
    refused = send(bench, device, *pieces(flipped, name=name_of(file)))[-1]
    assert (refused.state, refused.code) == (ChunkState.REFUSED, "CHUNKS_DAMAGED")
    assert (refused.have, kept(bench), parts(bench)) == (0, [], [])
    assert send(bench, device, *pieces(file))[-1].state is ChunkState.COMPLETE


def test_what_the_office_cannot_open_is_refused(bench: Bench, device: RawDevice) -> None:
    """Sealed to another key, or no sealed file at all."""
    stranger = X25519PrivateKey.generate().public_key()
    for file, code in (
        (sealed(bench, recipient=stranger), "ATTACHMENT_UNREADABLE"),
        (b"\x01", "ATTACHMENT_MALFORMED"),
        (b"\x02" + bytes(200), "ATTACHMENT_VERSION_UNKNOWN"),
    ):
        refused = send(bench, device, *pieces(file))[-1]
        assert (refused.state, refused.code) == (ChunkState.REFUSED, code)
    assert (kept(bench), parts(bench)) == ([], [])


def test_a_photo_never_delays_or_ends_what_else_is_said(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails, a malformed chunk: the batches are received, pages and the end come."""

    def broken(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    batch, late = device.batch(device.people(1)), device.batch(device.people(1))
    (first, *_) = pieces(sealed(bench))
    odd = Frame(Kind.CHUNK, bytes(40))
    with monkeypatch.context() as faulty:
        faulty.setattr(os, "fsync", broken)
        answer = bench.exchange(device, batch, chunk_frame(first), odd, late)
    assert [receipt.status for receipt in answer.receipts] == [Status.ACCEPTED] * 2
    (refused,) = [chunk_receipt_from_json(one) for one in answer.objects(Kind.CHUNK_RECEIPT)]
    assert (refused.state, refused.code) == (ChunkState.REFUSED, "PHOTO_NOT_STORED")
    assert answer.errors == ["CHUNK_INVALID"]
    assert answer.pages
    assert send(bench, device, first)[0].code is None


def test_a_large_file_and_a_full_disk_are_refused(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a code each; records have the rest of the disk to themselves."""
    large = Chunk(name=bytes(32), total=FILE_LIMIT_BYTES + 1, offset=0, content=b"x")
    assert send(bench, device, large)[0].code == "ATTACHMENT_TOO_LARGE"
    first, *rest = pieces(sealed(bench))
    send(bench, device, first)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 20))
        batch = device.batch(device.people(1))
        answer = bench.exchange(device, batch, chunk_frame(rest[0]))
    assert answer.receipts[0].status is Status.ACCEPTED
    (refused,) = [chunk_receipt_from_json(one) for one in answer.objects(Kind.CHUNK_RECEIPT)]
    assert (refused.code, refused.have) == ("PHOTO_NO_ROOM", PIECE)
    assert send(bench, device, *rest)[-1].state is ChunkState.COMPLETE


def test_unfinished_files_of_a_device_are_bounded(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In number and in bytes; the one untouched for longest goes, another device's never."""
    other = bench.device()
    (mine, *_) = pieces(sealed(bench))
    send(bench, other, mine)
    begun = [replace(mine, name=bytes([at]) * 32) for at in range(1, 80)]
    send(bench, device, *begun)
    of_device = [path for path in parts(bench) if path.parent.name == device.id.hex()]
    assert len(of_device) == photos.PARTS_LIMIT
    assert {path.name for path in of_device} == {
        one.name.hex() for one in begun[-photos.PARTS_LIMIT :]
    }
    monkeypatch.setattr(photos, "PARTS_LIMIT_BYTES", 5 * PIECE)
    send(bench, device, replace(mine, name=b"\xff" * 32))
    of_device = [path for path in parts(bench) if path.parent.name == device.id.hex()]
    assert len(of_device) == 5
    assert send(bench, other, mine)[0].have == PIECE


def revoke(bench: Bench, device: RawDevice) -> None:
    """Revoke a device."""
    with bench.office.store.write() as connection:
        devices.revoke(connection, device.id, bench.clock[0])


def test_an_unknown_device_stores_nothing(bench: Bench, device: RawDevice) -> None:
    """Not even a folder."""
    stranger = RawDevice(code=device.code)
    answer = bench.exchange(stranger, *map(chunk_frame, pieces(sealed(bench))))
    assert answer.errors == ["DEVICE_UNKNOWN"]
    assert not bench.office.photos.exists()


def naming(device: RawDevice) -> bytes:
    """Return a batch in which a record names the photo."""
    values = {"sha256": DIGEST, "bytes": len(PHOTO), "media_type": "image/webp"}
    return device.batch([device.change(values, type="attachment")])


@pytest.mark.parametrize("photo_first", [True, False])
def test_a_revoked_devices_photo_waits_with_its_batch(
    bench: Bench, device: RawDevice, *, photo_first: bool
) -> None:
    """Complete for the device; a photo of the office when a supervisor takes the batch in."""
    revoke(bench, device)
    file, batch = sealed(bench), naming(device)
    if photo_first:
        assert send(bench, device, *pieces(file))[-1].state is ChunkState.COMPLETE
        assert send(bench, device, pieces(file)[0])[0].state is ChunkState.COMPLETE
        assert kept(bench) == []
    bench.exchange(device, batch)
    release.accept(bench.office, 1)
    if not photo_first:
        assert send(bench, device, *pieces(file))[-1].state is ChunkState.COMPLETE
    assert kept(bench) == [name_of(file)]
    assert not any((bench.office.photos / "aside" / device.id.hex()).iterdir())
    assert parts(bench) == []


def test_a_revoked_devices_other_photos_are_nobodys(bench: Bench, device: RawDevice) -> None:
    """Whatever it sends more stays apart, and what cannot be opened is not kept at all."""
    revoke(bench, device)
    bench.exchange(device, naming(device))
    send(bench, device, *pieces(sealed(bench, b"lain " * 900)))
    release.accept(bench.office, 1)
    assert kept(bench) == []
    foreign = sealed(bench, recipient=X25519PrivateKey.generate().public_key())
    assert send(bench, device, *pieces(foreign))[-1].state is ChunkState.REFUSED
    assert len(list((bench.office.photos / "aside").glob("*/*"))) == 1


def test_what_a_revoked_device_leaves_is_bounded(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is here stays; the next one is refused before its first byte is kept."""
    revoke(bench, device)
    one, two = sealed(bench), sealed(bench)
    monkeypatch.setattr(photos, "ASIDE_LIMIT_BYTES", len(one) + len(two) - 1)
    assert send(bench, device, *pieces(one))[-1].state is ChunkState.COMPLETE
    assert {each.code for each in send(bench, device, *pieces(two))} == {photos.NO_ROOM}
    assert parts(bench) == []


def test_a_server_killed_between_the_file_and_its_row_goes_on(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next piece gives the file its row; nothing is sent again, nothing is there twice."""

    class Killed(BaseException):
        """The process is gone."""

    def die(*_: object) -> None:
        raise Killed

    file = sealed(bench)
    *begin, last = pieces(file)
    send(bench, device, *begin)
    with monkeypatch.context() as killed:
        killed.setattr(rows, "add", die)
        with pytest.raises(Killed):
            send(bench, device, last)
    assert kept(bench) == []
    assert (bench.office.photos / name_of(file)).exists()
    assert send(bench, device, last)[0].state is ChunkState.COMPLETE
    assert (kept(bench), parts(bench)) == ([name_of(file)], [])


def test_a_server_killed_before_the_file_has_its_name_goes_on(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All bytes are there, and nothing was said: any piece completes it."""

    class Killed(BaseException):
        """The process is gone."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    chunks = pieces(sealed(bench))
    with monkeypatch.context() as killed:
        killed.setattr(photos, "write_durably", die)
        with pytest.raises(Killed):
            send(bench, device, *chunks)
    assert kept(bench) == []
    assert send(bench, device, chunks[0])[0].state is ChunkState.COMPLETE
    assert (len(kept(bench)), parts(bench)) == (1, [])


def test_a_file_that_took_the_name_without_being_it_is_not_believed(
    bench: Bench, device: RawDevice
) -> None:
    """A power cut tore it, or somebody put it there."""
    file = sealed(bench)
    bench.office.photos.mkdir()
    (bench.office.photos / name_of(file)).write_bytes(file[:-1])
    answers = send(bench, device, *pieces(file))
    assert answers[-1].state is ChunkState.COMPLETE
    assert kept(bench) == [name_of(file)]


def test_verify_names_a_photo_that_is_not_as_it_came(bench: Bench, device: RawDevice) -> None:
    """Gone, cut, exchanged for another."""
    one, other = sealed(bench), sealed(bench, b"foto lain")
    send(bench, device, *pieces(one), *pieces(other))
    path = bench.office.photos / name_of(one)
    for spoil in (path.unlink, lambda: path.write_bytes(one[:-1]), lambda: path.write_bytes(other)):
        spoil()
        with pytest.raises(PhotoAltered) as found:
            verification.verify_all(bench.office)
        assert found.value.details["name"] == name_of(one)
    path.write_bytes(one)
    verification.verify_all(bench.office)


def test_photos_are_listed_by_their_records(bench: Bench, device: RawDevice) -> None:
    """A record whose photo is still to come, one that is here, a photo that no record names."""
    (person,) = device.people(1)
    values = {
        "record": str(person.record),
        "sha256": DIGEST,
        "media_type": "image/webp",
        "bytes": len(PHOTO),
        "note": "hangus",
    }
    named = device.change(values, type="attachment")
    bench.exchange(device, device.batch([person, named]))
    with bench.office.store.read() as connection:
        (row,) = photo_records.listed(connection)
        assert (row["id"], row["here"], row["received"]) == (str(named.record), False, None)
        with pytest.raises(photo_records.PhotoAwaited):
            photo_records.find(connection, str(named.record))
    send(bench, device, *pieces(sealed(bench)), *pieces(sealed(bench, b"tanpa catatan")))
    with bench.office.store.read() as connection:
        first, lone = photo_records.listed(connection)
        assert (first["here"], lone["id"]) == (True, None)
        for wanted in (str(named.record), DIGEST):
            found = photo_records.find(connection, wanted)
            assert photos.read(bench.office, found) == PHOTO
