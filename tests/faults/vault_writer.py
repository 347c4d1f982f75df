"""Programs that work on a vault and say each word once its work is durable.

The keys are handed over pickled, as hexadecimal, so that no start waits for the key derivation.
"""

import json
import os
import pickle
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

from field_client.app import open_unlocked
from field_client.backups import back_up
from field_client.opened import App
from field_client.outbox import seal_waiting, waiting_batches
from field_client.sync.engine import synchronise
from field_client.sync.inbox import absorb, store_receipt
from field_client.sync.transport_http import HttpTransport
from field_client.vault import folding
from field_client.vault.backup import restore_backup
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import SealedBatch
from field_client.vault.store import create_vault, open_vault
from shared_schema.custody import Receipt, Status
from shared_schema.errors import JemputError
from shared_schema.ids import Stream
from tests.support import faulting, stretching
from tests.support.device_work import register
from tests.support.vault_work import OPERATOR, PASSPHRASE
from tests.support.works import WORKS

MOST_WORDS = 5_000
HELD_S = 1.0
WITHOUT_END_S = 1e9


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


def create(home: str) -> None:
    """Create a vault and say so."""
    stretching.quick_for_good()
    create_vault(Path(home), OPERATOR, PASSPHRASE, calibrate=False)
    say("created")


def work(home: str, kind: str, amount: int, keys: str) -> None:
    """Do all of one kind of work, word by word."""
    stretching.quick_for_good()
    make = WORKS[kind]
    worker = make(home=Path(home), keys=taken(keys))  # type: ignore[call-arg]  # each takes these
    for word in make.words(amount):
        worker.act(word)
        say(word)
    worker.close()


def take_backup(home: str, path: str, keys: str) -> None:
    """Back a laptop up and say so."""
    shutil._USE_CP_SENDFILE = False  # type: ignore[attr-defined]  # its bytes cannot be recorded
    stretching.quick_for_good()
    with open_unlocked(Path(home), taken(keys)) as app:
        back_up(app, Path(path), lambda _: None)
        say("backed up")


def restore(path: str, home: str) -> None:
    """Make a laptop of a backup and say so."""
    restore_backup(Path(path), Path(home))
    say("restored")


def leave(home: str, kind: str, amount: int, keys: str) -> None:
    """Do all of one kind of work and end at once, the logs not folded in."""
    folding.IDLE_S = folding.LATEST_S = WITHOUT_END_S
    stretching.quick_for_good()
    worker = WORKS[kind](home=Path(home), keys=taken(keys))  # type: ignore[call-arg]  # as above
    for word in worker.words(amount):
        worker.act(word)
    os.kill(os.getpid(), signal.SIGKILL)


def trial(home: str, kind: str, amount: int, keys: str, call: str, empty: int) -> None:
    """Do all of one kind of work while one call of it fails, and go on after that.

    ``empty``: how many calls that do nothing come first. Prints what was told as JSON at the end,
    by a call that never fails.
    """
    stretching.quick_for_good()
    faulting.make_empty(call, empty)
    worker = WORKS[kind](home=Path(home), keys=taken(keys))  # type: ignore[call-arg]  # as above
    told, failed = [], []
    for word in worker.words(amount):
        try:
            worker.act(word)
            told.append(word)
        except JemputError as error:
            failed.append((word, error.code))
        except Exception as error:  # noqa: BLE001 - the test tells which
            failed.append((word, repr(error)))
    try:
        worker.close()
    except JemputError as error:
        failed.append(("closing", error.code))
    os.writev(1, [json.dumps({"told": told, "failed": failed}).encode()])


def short(home: str, kind: str, amount: int, keys: str, room: int, dies: bool) -> None:
    """Do work while no file may grow beyond ``room`` bytes: the write that would is cut off there.

    With ``dies`` the program ends right after the torn write. Otherwise it goes on, without the
    limit once a word has failed. Says each word, and at last what failed.
    """
    stretching.quick_for_good()
    worker = WORKS[kind](home=Path(home), keys=taken(keys))  # type: ignore[call-arg]  # as above
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if dies else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    failed = []
    for word in worker.words(amount):
        try:
            worker.act(word)
            say(word)
        except JemputError as error:
            failed.append((word, error.code))
        except Exception as error:  # noqa: BLE001 - the test tells which
            failed.append((word, repr(error)))
        if failed:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    largest = max(path.stat().st_size for path in Path(home).iterdir())
    worker.close()
    say(json.dumps({"failed": failed, "largest": largest}))


def copied(home: str, _kind: str, _amount: int, keys: str, room: int) -> None:
    """Copy the store where no file may grow beyond ``room`` bytes; say what became of it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open_vault(Path(home), taken(keys)) as db:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        try:
            db.copy(Path(home) / "copy.db")
            say("copied")
        except JemputError as error:
            say(error.code)


def pages(home: str, keys: str, label: str, words: int = MOST_WORDS) -> None:
    """Register people, as the pages would; say each name, then wait to be killed."""
    with open_unlocked(Path(home), taken(keys)) as app:
        for number in range(words):
            name = f"Warga {label} {number}"
            register(app, name)
            say(name)
        signal.pause()


def holder(home: str, keys: str, label: str) -> None:
    """Save one person, then hold the store's lock in the middle of saving another."""
    with open_unlocked(Path(home), taken(keys)) as app:
        register(app, "Warga Pemegang")
        with app.journal.transaction():
            app.journal.new_record()
            say("holding")
            time.sleep(HELD_S)


def sync(home: str, keys: str, label: str, words: int = MOST_WORDS) -> None:
    """Seal what waits and take in receipts, as `sync` would; say how far it came.

    In between it registers somebody as well: both write to the same tables. At the end it waits to
    be killed.
    """
    with open_unlocked(Path(home), taken(keys)) as app:
        app.changes_a_batch = 5
        for number in range(words):
            seal_waiting(app)
            for batch in waiting_batches(app):
                assert store_receipt(app, receipt_for(app, batch))
            absorb(app)
            stream = app.journal.branches.current()
            say(f"received {app.spool.acked(stream.to_bytes())}")
            register(app, f"Warga {label} {number}")
            say(f"Warga {label} {number}")
        signal.pause()


def leave_a_log(home: str, keys: str) -> None:
    """Register and sync twice, three people each time, and end without folding the logs in.

    Says how long the two logs were after the first time.
    """
    folding.IDLE_S = folding.LATEST_S = WITHOUT_END_S
    with open_unlocked(Path(home), taken(keys)) as app:
        for turn in ("Pertama", "Kedua"):
            for number in range(3):
                register(app, f"Warga {turn} {number}")
            synchronise(app, HttpTransport(url=app.device.url))
            logs = [Path(home) / f"{name}.db-wal" for name in ("vault", "spool")]
            say(" ".join(str(log.stat().st_size) for log in logs))
        os.kill(os.getpid(), signal.SIGKILL)


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
    globals()[sys.argv[1]](*(int(each) if each.isdigit() else each for each in sys.argv[2:]))
