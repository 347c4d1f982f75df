"""Photos by chunks: whatever is cut, lost, repeated or spoilt on the way, each comes once."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field_client.sync.photos_out import PhotosOut, set_aside, waiting
from field_client.vault.keys import ATTACHMENTS
from field_client.vault.spool import Spool, create_spool, open_spool
from shared_schema.attachments import name_of, open_file, seal_file
from shared_schema.canonical import decode, encode
from shared_schema.chunks import (
    CHUNK_LIMIT_BYTES,
    Chunk,
    ChunkInvalid,
    ChunkReceipt,
    ChunkReceiptInvalid,
    ChunkState,
    chunk_frame,
    chunk_receipt_from_json,
    chunk_receipt_to_json,
    read_chunk,
)
from shared_schema.frames import Frame, Kind
from sync_server import photos
from sync_server.office import Office
from sync_server.store.queries import devices
from sync_server.store.queries import photos as rows
from sync_server.store.queries.devices import Device
from tests.support.effort import quick_folder
from tests.support.offices import Bench, found_office

PIECE = 40
MOST_EXCHANGES = 60


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 1 << 20),
    st.binary(min_size=1, max_size=99),
    st.integers(0, 1 << 20),
)
def test_a_chunk_is_read_as_it_was_written(name: bytes, at: int, content: bytes, more: int) -> None:
    """And its answer too."""
    chunk = Chunk(name=name, total=at + len(content) + more, offset=at, content=content)
    assert read_chunk(chunk_frame(chunk)) == chunk
    answer = ChunkReceipt(
        name=name, have=at, total=chunk.total, state=ChunkState.PARTIAL, code=None, server_ms=1
    )
    assert chunk_receipt_from_json(decode(encode(chunk_receipt_to_json(answer)))) == answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        bytes(40),
        bytes(36) + bytes(4) + b"beyond the end of an empty file",
        bytes(32) + (1 << 20).to_bytes(4) + bytes(4) + bytes(CHUNK_LIMIT_BYTES + 1),
        bytes(32) + (9).to_bytes(4) + (9).to_bytes(4) + b"x",
    ],
)
def test_a_malformed_chunk_is_refused(body: bytes) -> None:
    """Empty, cut, too long, beyond its own end."""
    with pytest.raises(ChunkInvalid):
        read_chunk(Frame(Kind.CHUNK, body))


@pytest.mark.parametrize(
    "odd",
    [
        {"have": 2},
        {"have": -1},
        {"have": True},
        {"have": "1"},
        {"state": "lost"},
        {"name": "00"},
        {"total": None},
    ],
)
def test_a_malformed_answer_is_refused(odd: dict[str, object]) -> None:
    """Also one that claims more than there is."""
    good = {"name": "00" * 32, "have": 1, "total": 1, "state": "complete", "code": None}
    with pytest.raises(ChunkReceiptInvalid):
        chunk_receipt_from_json({**good, "server_ms": 1, **odd})
    assert chunk_receipt_from_json({**good, "server_ms": 1}).have == 1


class Line:
    """A line to a real office that loses, repeats and spoils what it carries."""

    def __init__(self, office: Office, device: Device, chance: random.Random) -> None:
        self.office = office
        self.device = device
        self.chance = chance

    def exchange(self, out: PhotosOut, spool: Spool, *, bad: bool, lag: int | None = None) -> int:
        """Carry one exchange, cut somewhere if the line is bad; return how many chunks arrived.

        ``lag``: how many chunks are under way before the answer to the first comes.
        """
        lag = self.chance.randrange(5) if lag is None else lag
        left = self.chance.randrange(12) if bad else 1 << 30
        under_way: list[Frame] = []
        frames, arrived = out.frames(1 << 20), 0
        while True:
            frame = next(frames, None)
            under_way += [] if frame is None else [frame]
            if not under_way:
                return arrived
            if frame is not None and len(under_way) <= lag:
                continue
            if left == 0:
                return arrived + self._lost_answers(under_way)
            left -= 1
            arrived += 1
            receipt = self._arrive(under_way.pop(0), bad=bad)
            out.heard(receipt)
            set_aside(spool, receipt)

    def _arrive(self, frame: Frame, *, bad: bool) -> ChunkReceipt:
        chunk = read_chunk(frame)
        if bad and self.chance.random() < 0.05:
            chunk = replace(chunk, content=bytes(len(chunk.content)))
        if bad and self.chance.random() < 0.1:
            self._forget()
        return photos.take(self.office, self.device, chunk)

    def _lost_answers(self, under_way: list[Frame]) -> int:
        """Have some more arrive of which the sender never hears; in any order, some twice."""
        late = self.chance.sample(under_way, self.chance.randint(0, len(under_way)))
        for frame in [*late, *late[:1]]:
            photos.take(self.office, self.device, read_chunk(frame))
        return len(late)

    def _forget(self) -> None:
        """Lose what has come in part, as an office does that comes back from a backup."""
        for part in (self.office.photos / "parts").glob("*/*"):
            part.unlink()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Open an office whose flushes cost nothing."""
    with quick_folder() as folder:
        yield found_office(folder)


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=4),
    st.integers(0, 8),
    st.integers(0, 1 << 32),
)
def test_whatever_the_line_does_every_photo_comes_once(
    bench: Bench, sizes: list[int], bad_exchanges: int, seed: int
) -> None:
    """And once the line is good again, no byte goes twice that was answered."""
    office, chance = bench.office, random.Random(seed)
    enrolled = bench.device()
    with office.store.read() as connection:
        device = devices.get(connection, enrolled.id)
    assert device is not None
    line = Line(office, device, chance)
    with TemporaryDirectory(dir=office.photos.parent) as folder:
        home = Path(folder)
        contents = [chance.randbytes(size) for size in sizes]
        files = [_put(home, office, content) for content in contents]
        create_spool(home)
        with open_spool(home) as spool:
            for name, total in files:
                spool.set_setting(f"photo {name}", encode({"have": 0, "total": total}))
            for _ in range(bad_exchanges):
                line.exchange(_out(home, spool), spool, bad=True)
            for _ in range(MOST_EXCHANGES):
                line.exchange(_out(home, spool), spool, bad=False)
                if not waiting(spool):
                    break
            assert waiting(spool) == []
    for (name, _), content in zip(files, contents, strict=True):
        sealed = (office.photos / name).read_bytes()
        assert open_file(sealed, office.keys.openers()) == content
    with office.store.read() as connection:
        found = [one.name for one in rows.everything(connection)]
    assert sorted(name for name in found if name in dict(files)) == sorted(dict(files))


@pytest.mark.parametrize("heard", [0, 2, 3])
@pytest.mark.parametrize("lag", [0, 1, 4])
def test_what_the_office_already_has_costs_what_is_under_way_at_most(
    bench: Bench, heard: int, lag: int
) -> None:
    """Three chunks came, of which some were heard of: the rest of the file goes once."""
    office = bench.office
    with office.store.read() as connection:
        device = devices.get(connection, bench.device().id)
    assert device is not None
    line = Line(office, device, random.Random(1))
    with TemporaryDirectory(dir=office.photos.parent) as folder:
        home = Path(folder)
        name, total = _put(home, office, random.Random(heard).randbytes(2000))
        create_spool(home)
        with open_spool(home) as spool:
            spool.set_setting(f"photo {name}", encode({"have": 0, "total": total}))
            for frame in islice(_out(home, spool).frames(1 << 20), 3):
                photos.take(office, device, read_chunk(frame))
            spool.set_setting(f"photo {name}", encode({"have": heard * PIECE, "total": total}))
            arrived = line.exchange(_out(home, spool), spool, bad=False, lag=lag)
            assert waiting(spool) == []
    left = -(-total // PIECE) - 3
    assert arrived <= left + min(3 - heard, lag + 1)


def _out(home: Path, spool: Spool) -> PhotosOut:
    return PhotosOut(home=home, spool=spool, size_bytes=PIECE)


def _put(home: Path, office: Office, content: bytes) -> tuple[str, int]:
    """Put a sealed photo where a laptop keeps it; return its name and size."""
    sealed = seal_file(content, [office.keys.sealing.public_key()], secrets.token_bytes(32))
    (home / ATTACHMENTS).mkdir(exist_ok=True)
    (home / ATTACHMENTS / name_of(sealed)).write_bytes(sealed)
    return name_of(sealed), len(sealed)
