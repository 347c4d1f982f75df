"""The sealed spool: the same bytes each time, no gaps, kept until a backup holds them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client.vault.errors import SpoolConflict, VaultDamaged, VaultMissing, VaultNewer
from field_client.vault.spool import SPOOL_FILE, SealedBatch, Spool, create_spool, open_spool

STREAM = b"stream-12byt"
OTHER = b"other--12byt"


def _batch(first: int, count: int = 2, stream: bytes = STREAM) -> SealedBatch:
    body = b"sealed %d" % first
    return SealedBatch(stream=stream, first=first, count=count, hash=b"#%d" % first, body=body)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Fill a spool with three batches: 1-2, 3-4, 5."""
    create_spool(tmp_path)
    with open_spool(tmp_path) as opened:
        for batch in (_batch(1), _batch(3), _batch(5, 1)):
            opened.put_batch(batch)
        yield opened


def test_batches_come_back_byte_for_byte_in_order(spool: Spool):
    """From any point on, whole batches that reach beyond it."""
    assert list(spool.batches(STREAM)) == [_batch(1), _batch(3), _batch(5, 1)]
    assert [batch.first for batch in spool.batches(STREAM, 3)] == [3, 5]
    assert [batch.first for batch in spool.batches(STREAM, 4)] == [5]
    assert list(spool.batches(STREAM, 5)) == []
    assert spool.last(STREAM) == (5, b"#5")
    assert spool.last(OTHER) is None
    assert spool.streams() == [STREAM]


def test_repeating_a_batch_changes_nothing_and_other_bytes_are_refused(spool: Spool):
    """Sealing is random: a second sealing of the same changes must never replace the first."""
    spool.put_batch(_batch(3))
    other = SealedBatch(stream=STREAM, first=3, count=2, hash=b"#3", body=b"sealed again")
    with pytest.raises(SpoolConflict):
        spool.put_batch(other)
    assert list(spool.batches(STREAM)) == [_batch(1), _batch(3), _batch(5, 1)]


@pytest.mark.parametrize("batch", [_batch(7), _batch(5), _batch(2, stream=OTHER), _batch(6, 0)])
def test_gap_overlap_and_emptiness_are_refused(spool: Spool, batch: SealedBatch):
    """A batch continues its stream or is not stored."""
    with pytest.raises(SpoolConflict):
        spool.put_batch(batch)


def test_only_what_a_backup_holds_is_removed(spool: Spool):
    """A receipt alone removes nothing; the head is remembered after the last batch is gone."""
    spool.ack(STREAM, 4, 0)
    assert (spool.acked(STREAM), spool.durable(STREAM)) == (4, 0)
    assert len(list(spool.batches(STREAM))) == 3
    spool.ack(STREAM, 4, 3)
    assert [batch.first for batch in spool.batches(STREAM)] == [3, 5]
    spool.ack(STREAM, 2, 1)
    assert (spool.acked(STREAM), spool.durable(STREAM)) == (4, 3)
    spool.ack(STREAM, 99, 99)
    assert (spool.acked(STREAM), spool.durable(STREAM)) == (5, 5)
    assert spool.last(STREAM) == (5, b"#5")
    spool.put_batch(_batch(6))


def test_restored_server_is_sent_what_it_lacks(spool: Spool):
    """Going back is explicit: an old receipt cannot do it."""
    spool.ack(STREAM, 5, 2)
    spool.rewind(STREAM, 2)
    assert [batch.first for batch in spool.batches(STREAM, spool.acked(STREAM))] == [3, 5]
    spool.rewind(STREAM, 4)
    assert spool.acked(STREAM) == 2


def test_dropped_stream_leaves_the_others(spool: Spool):
    """After a fork only the abandoned stream is forgotten."""
    spool.put_batch(_batch(1, stream=OTHER))
    spool.drop_stream(STREAM)
    assert (spool.last(STREAM), list(spool.batches(STREAM)), spool.acked(STREAM)) == (None, [], 0)
    assert list(spool.batches(OTHER)) == [_batch(1, stream=OTHER)]


def test_healed_stream_keeps_what_the_server_has(spool: Spool):
    """Batches that begin beyond the server's chain go; the others stay until backed up."""
    spool.drop_beyond(STREAM, 2)
    assert [batch.first for batch in spool.batches(STREAM)] == [1]


def test_frames_wait_in_order_and_their_numbers_are_not_reused(spool: Spool):
    """Each is kept until dropped; dropping twice is no error."""
    first, second = spool.store_frame(b"one"), spool.store_frame(b"two")
    assert list(spool.frames()) == [(first, b"one"), (second, b"two")]
    spool.drop_frame(second)
    spool.drop_frame(second)
    third = spool.store_frame(b"three")
    assert third > second > first
    assert list(spool.frames(first)) == [(third, b"three")]


def test_settings(spool: Spool):
    """The last value stands; an unknown key is None."""
    assert spool.get_setting("server") is None
    spool.set_setting("server", b"a")
    spool.set_setting("server", b"b")
    assert spool.get_setting("server") == b"b"


def test_transaction_keeps_all_or_nothing(spool: Spool):
    """A receipt and the frame it came in are one commit."""

    def fail():
        with spool.transaction():
            spool.ack(STREAM, 5, 5)
            spool.store_frame(b"receipt")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (spool.acked(STREAM), list(spool.frames())) == (0, [])
    assert len(list(spool.batches(STREAM))) == 3


def test_missing_empty_and_newer_spools_are_refused(tmp_path: Path):
    """Never made anew by opening: the numbers of its streams would start again."""
    with pytest.raises(VaultMissing):
        open_spool(tmp_path)
    (tmp_path / SPOOL_FILE).write_bytes(b"")
    with pytest.raises(VaultDamaged):
        open_spool(tmp_path)
    create_spool(tmp_path)
    with open_spool(tmp_path) as spool:
        spool._store.rows("PRAGMA user_version=9")
    with pytest.raises(VaultNewer):
        open_spool(tmp_path)


def test_flipped_bit_in_sealed_bytes_is_noticed(spool: Spool):
    """SQLite does not notice it; the check and the reader do."""
    with spool.transaction():
        spool._store.rows("UPDATE batches SET body=? WHERE first=3", (b"sealed 2",))
    assert spool.check() == ["damaged bytes"]
    with pytest.raises(VaultDamaged):
        list(spool.batches(STREAM))


def test_flipped_bit_in_the_numbers_of_a_stream_is_noticed(spool: Spool, tmp_path: Path):
    """Else batches would pass for received, and never leave."""
    with spool.transaction():
        spool._store.rows("UPDATE streams SET through=through + 2")
    assert spool.check() == ["damaged numbers"]
    with pytest.raises(VaultDamaged):
        open_spool(tmp_path)


@pytest.mark.parametrize("flipped", [b"durable_throufh", b"durable_through".replace(b"b", b"\xe2")])
def test_flipped_bit_in_the_schema_is_noticed(spool: Spool, tmp_path: Path, flipped: bytes):
    """Also where it leaves no text: by name, not by a trace of SQL."""
    spool.close()
    path = tmp_path / SPOOL_FILE
    path.write_bytes(path.read_bytes().replace(b"durable_through", flipped))
    with pytest.raises(VaultDamaged):
        open_spool(tmp_path)


@pytest.mark.parametrize(
    ("flip", "read"),
    [
        ("UPDATE settings SET value=CAST(value AS TEXT)", lambda s: s.get_setting("a/b")),
        ("UPDATE settings SET value=CAST(value AS TEXT)", lambda s: s.settings_like("a/")),
        ("UPDATE batches SET hash=CAST(hash AS TEXT)", lambda s: list(s.batches(STREAM))),
        ("UPDATE streams SET hash=CAST(hash AS TEXT)", lambda s: s.last(STREAM)),
        ("UPDATE streams SET stream=CAST(stream AS TEXT)", lambda s: s.streams()),
    ],
)
def test_flipped_bit_that_makes_text_of_bytes_is_noticed(spool: Spool, flip: str, read: Any):
    """SQLite takes the type from a byte of the row; it is named as damage, by `check` as well."""
    spool.set_setting("a/b", b"nilai")
    assert spool.check() == []
    spool._store.rows("PRAGMA foreign_keys=OFF")
    spool._store.rows(flip)
    with pytest.raises(VaultDamaged):
        read(spool)
    assert spool.check()
