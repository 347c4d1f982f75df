"""Puts the parts together: an unlocked vault, its journal, the spool and the device's keys."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from field_client.backups import note_backup
from field_client.branches import Branches
from field_client.config import Config
from field_client.device import DeviceKeys, device_of, load_device, save_device
from field_client.errors import TailLost, VaultCopied, VaultRestored
from field_client.healing import leave_branch
from field_client.journal import Journal
from field_client.opened import App
from field_client.outbox import sealed_through
from field_client.recovery import take_key
from field_client.rekeying import finish_removals
from field_client.retention import PIECE, tidy
from field_client.sync.inbox import absorb
from field_client.sync.locked import take_in
from field_client.tables import INDEXES, TEXT_INDEXES, Tables
from field_client.vault.backup import forget_restored, restored_from
from field_client.vault.errors import DiskFull, VaultBusy, VaultExists, VaultIO
from field_client.vault.keys import VaultKeys, has_slots, unlock
from field_client.vault.snapshot import Progress, unseen
from field_client.vault.spool import create_spool, open_spool
from field_client.vault.store import create_vault, open_vault
from shared_schema.clock import Evidence
from shared_schema.display import instant, time_zone
from shared_schema.enrolment import parse_code

__all__ = ["App", "create_device", "open_app", "open_beside_empty_spool", "read_clocks"]


def read_clocks() -> Evidence:
    """Return the wall clock and the uptime counter."""
    return Evidence(
        wall_ms=time.time_ns() // 1_000_000, monotonic_ms=time.monotonic_ns() // 1_000_000
    )


def create_device(
    home: Path, code: str, operator: str, passphrase: str, *, calibrate: bool = True
) -> App:
    """Create a store that will enrol by ``code`` at its first exchange, and open it.

    Repeated after it was cut short, with the same passphrase, it goes on where it stood; a new
    code of the same server enrols a known device again. Raises EnrolCodeInvalid, VaultExists,
    PassphraseWeak, PassphraseWrong, DeviceWiped.
    """
    parse_code(code)
    if has_slots(home):
        app = _assemble(home, unlock(home, operator, passphrase))
    else:
        app = _assemble(home, create_vault(home, operator, passphrase, calibrate=calibrate))
    try:
        _invite(app, code)
    except BaseException:
        app.close()
        raise
    return app


def _invite(app: App, code: str) -> None:
    """Keep the code for the next exchange; a known device may only be invited by its own server."""
    known, asked = load_device(app.tables), device_of(code, app.db.fingerprint)
    if known is not None and known.server != asked.server:
        raise VaultExists(home=app.home)
    with app.journal.transaction():
        if known is None:
            app.journal.branches.draw_branch()
            save_device(app.tables, asked)
        elif known.code != code:
            save_device(app.tables, replace(known, code=code, url=asked.url, enrolled=False))


def open_app(
    config: Config,
    operator: str | None = None,
    passphrase: str | None = None,
    progress: Progress = unseen,
    updating: Progress = unseen,
) -> App:
    """Unlock the store. Raises NotEnrolled and what `unlock` and `open_vault` raise.

    A copied store, and one whose newest part is lost, draws a branch of its own before anything
    can be written; receipts that a crash left in the spool, and what came while the store was
    locked, are laid into the vault.
    ``progress`` shows how far the store is encrypted anew, after an operator was removed,
    ``updating`` how far an older program's store is brought up to this one.
    """
    name, phrase = operator or config.operator or "", passphrase or config.passphrase or ""
    keys = unlock(config.home, name, phrase)
    return open_unlocked(config.home, keys, progress=progress, updating=updating)


def open_unlocked(
    home: Path,
    keys: VaultKeys,
    *,
    clocks: Callable[[], Evidence] = read_clocks,
    progress: Progress = unseen,
    updating: Progress = unseen,
) -> App:
    """Open the store whose keys are known already; see `open_app`."""
    current, trouble = finish_removals(home, keys, progress)
    app = _assemble(home, current, clocks, updating=updating)
    try:
        app.warnings.extend([trouble] if trouble else [])
        _tell_copies_apart(app)
        _miss_what_was_sealed(app)
        _catch_up(app)
    except BaseException:
        app.close()
        raise
    return app


def _catch_up(app: App) -> None:
    """Lay in what came while the store was closed, take away a little of what is overdue.

    A trouble with that (a full disk) keeps nobody from their work; the next opening goes on.
    """
    try:
        absorb(app)
        take_in(app)
        tidy(app.journal, most=PIECE)
        app.attachments.tidy()
        take_key(app)
    except (DiskFull, VaultBusy, VaultIO) as trouble:
        app.warnings.append(trouble)


@contextmanager
def open_beside_empty_spool(config: Config) -> Iterator[App]:
    """Open the store only to look at it, where its own spool is damaged; raises as `open_app`."""
    keys = unlock(config.home, config.operator or "", config.passphrase or "")
    with TemporaryDirectory() as scratch:
        create_spool(Path(scratch))
        with _assemble(config.home, keys, spooled=Path(scratch)) as app:
            yield app


def _assemble(
    home: Path,
    keys: VaultKeys,
    clocks: Callable[[], Evidence] = read_clocks,
    spooled: Path | None = None,
    updating: Progress = unseen,
) -> App:
    db = open_vault(home, keys, indexes=INDEXES, text_indexes=TEXT_INDEXES, updating=updating)
    try:
        spool = open_spool(spooled or home)
    except BaseException:
        db.close()
        raise
    tables, device_keys = Tables(db), DeviceKeys.derive(keys)
    branches = Branches(tables=tables, device=device_keys.device, draw=secrets.token_bytes)
    journal = Journal(tables, branches=branches, operator=keys.operator, evidence=clocks)
    return App(
        home=home,
        db=db,
        spool=spool,
        keys=keys,
        device_keys=device_keys,
        journal=journal,
        clocks=clocks,
    )


def _miss_what_was_sealed(app: App) -> None:
    """Begin a branch where more was sealed than the store holds: the end of its log is gone.

    The same numbers given again would never be sealed, and pass for received. The spool is read
    first: another program may be writing and sealing.
    """
    branches, stream = app.journal.branches, app.journal.branches.current()
    if sealed_through(app, stream) <= branches.last_sequence(stream):
        return
    with app.journal.transaction():
        if branches.current() == stream:
            leave_branch(app.journal, stream)
    app.warnings.append(TailLost())


def _tell_copies_apart(app: App) -> None:
    """Begin a branch where this store is a copy of another, restored or not, and say so once.

    Drafts get ids there: the other copy may finish the same ones, for others.
    """
    device, copy, made_ms = app.device, app.db.fingerprint, restored_from(app.home)
    if made_ms is None and device.fingerprint == copy:
        return
    with app.journal.transaction():
        leave_branch(app.journal, app.journal.branches.current())
        save_device(app.tables, replace(device, fingerprint=copy))
        if made_ms is not None:
            note_backup(app.tables, made_ms)
    if made_ms is None:
        app.warnings.append(VaultCopied())
        return
    forget_restored(app.home)
    app.warnings.append(VaultRestored(made=instant(made_ms, time_zone(device.timezone))))
