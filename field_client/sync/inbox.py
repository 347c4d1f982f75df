"""Receipts on their way into the vault: stored durably as they come, worked off when it is open.

A receipt counts only for a batch of this very copy: same stream, same number, same hash. A crash
between the spool's commit and the vault's leaves the receipt in the spool for the next time.

A stream's fork is healed by all its fork receipts together, once they say where the copies parted.
Until then its batches stay in the spool, and are asked about again.
"""

from collections.abc import Iterator
from dataclasses import replace

from field_client.healing import Healed, heal_fork, leave_branch
from field_client.opened import App
from field_client.outbox import across, cut_at, find_batch, sealed_through
from field_client.receiving import note_receipt
from field_client.reissue import traces
from shared_schema.canonical import decode, encode
from shared_schema.custody import (
    Fork,
    Receipt,
    Status,
    gather_fork,
    receipt_from_json,
    receipt_to_json,
)
from shared_schema.ids import Stream

_KEPT = (Status.ACCEPTED, Status.HELD)


def store_receipt(app: App, receipt: Receipt) -> bool:
    """Keep a receipt durably in the spool; False where it is not for a batch that is there."""
    stream = receipt.stream.to_bytes()
    batch = find_batch(app, receipt.stream, receipt.first, receipt.hash)
    if batch is None:
        return False
    body = encode({"receipt": receipt_to_json(receipt), "last": batch.last})
    with app.spool.transaction():
        if receipt.status in _KEPT:
            app.spool.store_frame(body)
            through = max(batch.last, app.spool.acked(stream))
            app.spool.ack(stream, batch.last, min(receipt.durable_through, through))
        elif receipt.status is Status.FORK:
            app.spool.store_frame(body)
    return True


def absorb(app: App) -> list[Healed]:
    """Lay the stored receipts into the vault; return the forks that were healed on the way."""
    healed: list[Healed] = []
    forks = _forks(app)
    for number, receipt, last in _stored(app):
        if receipt.status is not Status.FORK:
            note_receipt(app.journal, receipt, last)
        elif (fork := forks.pop(receipt.stream, None)) is not None:
            healed += _heal(app, fork, receipt)
        app.spool.drop_frame(number)
    return healed


def _heal(app: App, fork: Fork, receipt: Receipt) -> list[Healed]:
    """Heal a fork of which it is known where the copies parted."""
    if fork.end < fork.first > app.spool.acked(fork.stream.to_bytes()) + 1:
        return []  # Rewound meanwhile for a restored office: what lies before is asked about first.
    log = list(app.journal.own_log(fork.stream))
    own = {one.change.sequence: one.digest for one in log}
    if not fork.parted(own, traces(app.journal, log)):
        return []
    if fork.is_our_beginning(own) and _can_go_on(app, fork):
        had = replace(receipt, first=fork.first, hash=fork.head, status=Status.ACCEPTED)
        note_receipt(app.journal, had, fork.end)
        cut_at(app, fork.stream, fork.end)
        app.spool.continue_behind(fork.stream.to_bytes(), fork.end, fork.head)
        on_it = app.journal.branches.current() == fork.stream
        return [leave_branch(app.journal, fork.stream)] if on_it else []
    healed = heal_fork(app.journal, fork, lambda stream: sealed_through(app, stream))
    app.spool.drop_beyond(fork.stream.to_bytes(), fork.first - 1)
    return [healed] if healed else []


def _can_go_on(app: App, fork: Fork) -> bool:
    """Tell whether the rest of a stream can be sealed anew, behind the server's chain."""
    journal, stream = app.journal, fork.stream
    batch = across(app, stream, fork.end)
    anew = batch.first if batch else fork.end + 1
    return journal.branches.closed_after(stream) is None and not any(
        one.reduced for one in journal.own_log(stream) if one.change.sequence >= anew
    )


def _forks(app: App) -> dict[Stream, Fork]:
    found: dict[Stream, list[tuple[Receipt, int]]] = {}
    for _, receipt, last in _stored(app):
        if receipt.status is Status.FORK:
            found.setdefault(receipt.stream, []).append((receipt, last))
    return {stream: gather_fork(receipts) for stream, receipts in found.items()}


def _stored(app: App) -> Iterator[tuple[int, Receipt, int]]:
    """Yield each stored receipt: its number in the spool, itself, the last sequence it is about."""
    for number, body in app.spool.frames():
        content = decode(body)
        yield number, receipt_from_json(content["receipt"]), int(content["last"])
