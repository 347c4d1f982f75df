"""Programs that work on a vault and say each word once its work is durable.

The keys are handed over pickled, as hexadecimal, so that no start waits for the key derivation.
"""

import pickle
import sys
from itertools import count
from pathlib import Path

from field_client.app import open_unlocked
from field_client.opened import App
from field_client.outbox import seal_waiting, waiting_batches
from field_client.sync.inbox import absorb, store_receipt
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import SealedBatch
from shared_schema.custody import Receipt, Status
from shared_schema.ids import Stream
from tests.support.vault_work import WORKS, register


def handed(keys: VaultKeys) -> str:
    """Return the keys as they are handed to a writer."""
    return pickle.dumps(keys).hex()


def taken(text: str) -> VaultKeys:
    """Return the keys that were handed over."""
    keys: VaultKeys = pickle.loads(bytes.fromhex(text))  # noqa: S301 - made by `handed`
    return keys


def say(word: str) -> None:
    """Tell the user."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def work(home: str, kind: str, amount: int, keys: str) -> None:
    """Do all of one kind of work, word by word."""
    make = WORKS[kind]
    worker = make(home=Path(home), keys=taken(keys))  # type: ignore[call-arg]  # each takes these
    for word in make.words(amount):
        worker.act(word)
        say(word)
    worker.close()


def pages(home: str, keys: str, label: str) -> None:
    """Register people for ever, as the pages would; say each name."""
    with open_unlocked(Path(home), taken(keys)) as app:
        for number in count():
            name = f"Warga {label} {number}"
            register(app, name)
            say(name)


def sync(home: str, keys: str, label: str) -> None:
    """Seal what waits and take in receipts for ever, as `sync` would; say how far it came.

    Now and then it registers somebody as well: both write to the same tables.
    """
    with open_unlocked(Path(home), taken(keys)) as app:
        app.changes_a_batch = 5
        for number in count():
            seal_waiting(app)
            for batch in waiting_batches(app):
                assert store_receipt(app, receipt_for(app, batch))
            absorb(app)
            stream = app.journal.branches.current()
            say(f"received {app.spool.acked(stream.to_bytes())}")
            register(app, f"Warga {label} {number}")
            say(f"Warga {label} {number}")


def receipt_for(app: App, sealed: SealedBatch) -> Receipt:
    """Return the answer of an office that accepts a batch."""
    return Receipt(
        stream=Stream.from_bytes(sealed.stream),
        first=sealed.first,
        hash=sealed.hash,
        status=Status.ACCEPTED,
        sequence=sealed.last,
        head=sealed.hash,
        durable_through=max(0, sealed.last - 20),
        server_ms=app.clocks().wall_ms,
    )


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
