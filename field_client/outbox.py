"""What goes next: final changes are cut into batches and sealed, once, into the spool.

A batch stands in the spool before its first byte leaves by any way and is never sealed again,
unless the office refused it as a fork: then its changes go behind the office's chain, or, where
it had them already, wait for the day on which it is restored without them.
A crash between any two steps leaves either no batch or the whole one, and repeating goes on.
"""

import secrets
from collections.abc import Iterator, Mapping
from itertools import islice

from field_client.line_memory import batch_changes
from field_client.opened import App
from field_client.receiving import heads, rewind, sealing_codec
from field_client.vault.spool import SealedBatch
from shared_schema.changes import Change
from shared_schema.custody import Head
from shared_schema.envelope import CONTENT_KEY_BYTES, GENESIS, Header, key_id, parse, seal
from shared_schema.ids import Stream
from shared_schema.wire import encode_payload


def seal_waiting(app: App, *, everything: bool = False, whole: bool = False) -> int:
    """Seal the final changes that are not sealed yet; return how many batches were cut.

    The codec is the best that the office's last welcome named: a batch is never sealed again, and
    an office that cannot read one holds it until it is updated. So is the size: smaller where
    lines have been cut often.
    A stream waits until those before it are settled: should one of them turn out to be forked,
    records get new ids, and what refers to them must not have been sealed under the old ones.
    ``everything``: seal all the same, for a laptop that hands over and ends. ``whole``: cut whole
    batches only; small ones cost bytes on a slow line. What a healed fork left in the spool is
    dropped first.
    """
    most = app.changes_a_batch or batch_changes(app.spool)
    codec, cut, settled = sealing_codec(app.journal), 0, True
    for stream in app.journal.branches.all():
        closed_after = app.journal.branches.closed_after(stream)
        last = app.journal.branches.last_sequence(stream)
        if closed_after is not None:
            app.spool.drop_beyond(stream.to_bytes(), closed_after)
            last = closed_after
        if settled or everything:
            sizes = range(most if whole and closed_after is None else 1, most + 1)
            cut += _seal_stream(app, stream, codec, sizes, last)
        settled = settled and app.spool.acked(stream.to_bytes()) >= last
    return cut


def _seal_stream(app: App, stream: Stream, codec: int, sizes: range, end: int) -> int:
    """Seal batches of as many changes as ``sizes`` allows, up to ``end``; return how many."""
    cut = 0
    while True:
        with app.spool.transaction():
            last, previous = app.spool.last(stream.to_bytes()) or (0, GENESIS)
            most = max(min(sizes.stop - 1, end - last), 0)
            changes = list(islice(app.journal.own_changes(stream, last), most))
            if len(changes) not in sizes:
                return cut
            app.spool.put_batch(_sealed(app, stream, changes, previous, codec))
            cut += 1


def offer_again(app: App, stream: Stream) -> bool:
    """Let what the office had of a closed stream by another copy be sent; it has been restored.

    What it had in the place of ours was as ours. By now it may lack it, or take what a third copy
    wrote there: then ours is healed like any fork. False where nothing is left to be offered.
    """
    branches, kept = app.journal.branches, app.journal.branches.closed_after(stream)
    previous = None if kept is None else _end_of(app, stream, kept)
    if kept is None or previous is None:
        return False
    end = kept
    for one in app.journal.own_log(stream):
        if one.change.sequence == end + 1 and not one.reduced:
            end += 1
    if end == kept:
        return False
    app.spool.take_back(stream.to_bytes(), kept + 1, previous)
    app.spool.rewind(stream.to_bytes(), kept)
    with app.journal.transaction():
        rewind(app.journal, stream, Head(sequence=kept, hash=previous) if kept else None)
        branches.close(stream, end)
    return True


def _end_of(app: App, stream: Stream, last: int) -> bytes | None:
    """Return the hash of the batch that ends at ``last``, None where nobody here knows it."""
    if last == 0:
        return GENESIS
    batch = next(app.spool.batches(stream.to_bytes(), last - 1), None)
    known = heads(app.journal).get(stream)
    if batch is not None and batch.last == last:
        return app.spool.followed(batch)
    return known.hash if known is not None and known.sequence == last else None


def across(app: App, stream: Stream, end: int) -> SealedBatch | None:
    """Return the batch that holds ``end`` and changes beyond it, if one does."""
    beyond = next(app.spool.batches(stream.to_bytes(), end), None)
    return beyond if beyond and beyond.first <= end else None


def cut_at(app: App, stream: Stream, end: int) -> None:
    """Seal the part up to ``end`` of the batch that reaches across it, in that batch's place.

    The part beyond is sealed again behind the office's chain, which ends there.
    """
    if (batch := across(app, stream, end)) is None:
        return
    own = app.journal.own_changes(stream, batch.first - 1)
    changes = list(islice(own, end + 1 - batch.first))
    header = parse(batch.body).header
    with app.spool.transaction():
        app.spool.take_back(stream.to_bytes(), batch.first, header.previous)
        app.spool.put_batch(_sealed(app, stream, changes, header.previous, header.codec))


def _sealed(
    app: App, stream: Stream, changes: list[Change], previous: bytes, codec: int
) -> SealedBatch:
    recipient = app.device.server_sealing
    header = Header(
        stream=stream,
        first=changes[0].sequence,
        count=len(changes),
        previous=previous,
        codec=codec,
        recipients=(key_id(recipient),),
    )
    body = seal(
        header,
        encode_payload(codec, changes),
        [recipient],
        secrets.token_bytes(CONTENT_KEY_BYTES),
        app.device_keys.signing,
    )
    return SealedBatch(
        stream=stream.to_bytes(),
        first=header.first,
        count=header.count,
        hash=parse(body).hash,
        body=body,
    )


def waiting_batches(app: App) -> Iterator[SealedBatch]:
    """Yield the sealed batches that no receipt covers, stream by stream, in order."""
    for stream in app.journal.branches.all():
        yield from app.spool.batches(stream.to_bytes(), app.spool.acked(stream.to_bytes()))


def sealed_through(app: App, stream: Stream) -> int:
    """Return the last sequence of a stream that is sealed, 0 for none."""
    last = app.spool.last(stream.to_bytes())
    return last[0] if last else 0


def holds(app: App, stream: Stream, head: Head) -> bool:
    """Return whether a chain's end is the end of one of our own batches, or its beginning."""
    batch = next(app.spool.batches(stream.to_bytes(), head.sequence - 1), None)
    found = Head(sequence=batch.last, hash=batch.hash) if batch else None
    return head in (Head(), found)


def has_all(app: App, ends: Mapping[Stream, Head]) -> bool:
    """Return whether this very copy has what it takes to write these chains up to their ends."""
    known = heads(app.journal)
    return all(known.get(stream) == end or holds(app, stream, end) for stream, end in ends.items())


def find_batch(app: App, stream: Stream, first: int, digest: bytes) -> SealedBatch | None:
    """Return the spool's batch that starts at ``first``, if it is the one with this hash."""
    found = next(app.spool.batches(stream.to_bytes(), first - 1), None)
    return found if found and found.first == first and found.hash == digest else None
