"""Receipts on their way into the vault: stored durably as they come, worked off when it is open.

A receipt counts only for a batch of this very copy: same stream, same number, same hash. A crash
between the spool's commit and the vault's leaves the receipt in the spool for the next time.
"""

from field_client.healing import Healed, heal_fork
from field_client.opened import App
from field_client.outbox import find_batch, sealed_through
from field_client.receiving import note_receipt
from shared_schema.canonical import decode, encode
from shared_schema.custody import Receipt, Status, receipt_from_json, receipt_to_json

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
    for number, body in app.spool.frames():
        content = decode(body)
        receipt = receipt_from_json(content["receipt"])
        if receipt.status is Status.FORK:
            fork = heal_fork(app.journal, receipt, lambda stream: sealed_through(app, stream))
            if fork is not None:
                healed.append(fork)
            app.spool.drop_beyond(receipt.stream.to_bytes(), receipt.first - 1)
        else:
            note_receipt(app.journal, receipt, int(content["last"]))
        app.spool.drop_frame(number)
    return healed
