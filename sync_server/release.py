"""Quarantine: what a supervisor does with batches that no chain may take in by itself.

A revoked device's batch goes where it belongs in its stream, after those before it. A forked
batch has no place there: its changes are written again on a fresh branch of the server's own,
under new ids for records that only it knows, just as the forked copy would do on a branch of its
own. Whoever accepts one therefore knows that the copy will never sync again.
"""

import secrets

from sqlalchemy import Connection

from shared_schema.changes import Change
from shared_schema.custody import Head, Status, heal
from shared_schema.envelope import Batch, parse
from shared_schema.errors import CustodyError, InputError
from shared_schema.ids import BRANCH_BYTES, Stream
from sync_server import ingest, projections
from sync_server.assessment import Standing, assess
from sync_server.office import Office
from sync_server.store.queries import batches, log, quarantine
from sync_server.store.queries.quarantine import Cause, Decision, Kept


class QuarantineNotFound(InputError):
    """No batch {number} waits in quarantine. `sync-server quarantine list` shows which do."""

    code = "QUARANTINE_NOT_FOUND"


class QuarantineOutOfOrder(CustodyError):
    """Batch {number} does not follow what is held of its stream. Accept the earlier ones first."""

    code = "QUARANTINE_OUT_OF_ORDER"


class QuarantineUnreadable(CustodyError):
    """Batch {number} cannot be used ({reason}). It stays in quarantine; keep or discard it."""

    code = "QUARANTINE_UNREADABLE"


def accept(office: Office, number: int) -> int:
    """Take a batch in; return how many of its changes the log did not have yet.

    Raises QuarantineNotFound, QuarantineOutOfOrder, QuarantineUnreadable; nothing changes then.
    """
    with office.store.write() as connection:
        kept = _waiting(connection, number)
        batch = parse(kept.body)
        if kept.cause is Cause.REVOKED:
            taken = _take(office, connection, kept, batch)
        else:
            taken = _write_again(office, connection, kept, batch)
        quarantine.decide(connection, number, Decision.ACCEPTED, office.now_ms())
    return taken


def discard(office: Office, number: int) -> None:
    """Note that a batch is not wanted; its bytes are kept. Raises QuarantineNotFound."""
    with office.store.write() as connection:
        _waiting(connection, number)
        quarantine.decide(connection, number, Decision.DISCARDED, office.now_ms())


def _waiting(connection: Connection, number: int) -> Kept:
    kept = quarantine.get(connection, number)
    if kept is None or kept.decision is not None:
        raise QuarantineNotFound(number=number)
    return kept


def _take(office: Office, connection: Connection, kept: Kept, batch: Batch) -> int:
    receipt, _ = ingest.admit(office, connection, batch)
    if receipt.status not in {Status.ACCEPTED, Status.HELD}:
        raise QuarantineOutOfOrder(number=kept.id)
    return batch.header.count


def _write_again(office: Office, connection: Connection, kept: Kept, batch: Batch) -> int:
    changes, trouble = ingest.read(batch, office)
    if trouble is not None:
        raise QuarantineUnreadable(number=kept.id, reason=trouble)
    _refuse_invalid(kept, changes)
    present = log.digests(connection, batch.header.stream, batch.header.first)
    branch = Stream(office.keys.server, secrets.token_bytes(BRANCH_BYTES))
    healing = heal(changes, batch.header.first, present, branch)
    if healing.changes:
        now_ms = office.now_ms()
        projections.apply(connection, log.append(connection, healing.changes, now_ms))
        batches.move(connection, branch, Head(sequence=len(healing.changes)))
        ingest.learn(connection, healing.changes, now_ms)
    return len(healing.changes)


def _refuse_invalid(kept: Kept, changes: list[Change]) -> None:
    """Refuse a batch that would gain by being written again as the server's own."""
    for change in changes:
        judged = assess(change, by_server=False)
        if judged.standing is Standing.INVALID:
            raise QuarantineUnreadable(number=kept.id, reason=judged.findings[0].code)
