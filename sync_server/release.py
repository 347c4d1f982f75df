"""Quarantine: what a supervisor does with batches that no chain may take in by itself.

A revoked device's batch goes where it belongs in its stream, after those before it. A forked
batch has no place there: its changes are written again on a fresh branch of the server's own,
under new ids for records that only it knows, just as the forked copy would do on a branch of its
own. What the copy has healed itself is not written again, and a copy that may still do so is left
to it: only a revoked device's fork is taken over. A second copy of a revoked device, whose place
is taken as well, is treated alike.

A batch that cannot be read has its place in its chain, and may be tried again. While it waits,
other copies of its laptop wait with what may be the same; once it is given up they write what
they have, and nobody reads it any more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from shared_schema.changes import Change, change_digest
from shared_schema.clock import Evidence
from shared_schema.custody import Head, Judgement, Status, heal, judge
from shared_schema.envelope import Batch, parse
from shared_schema.errors import CustodyError, InputError
from shared_schema.ids import BRANCH_BYTES, Stream
from sync_server import ingest, photo_records
from sync_server.assessment import Standing, assess
from sync_server.office import Office
from sync_server.store.queries import batches, devices, log, quarantine
from sync_server.store.queries.quarantine import Cause, Decision, Kept

# So that nobody on a laptop can pass for one of the office's users.
_TAKEN_OVER = "laptop:"
_LABEL = b"jemput take-over v1"


class QuarantineNotFound(InputError):
    """No batch {number} waits in quarantine. `sync-server quarantine list` shows which do."""

    code = "QUARANTINE_NOT_FOUND"


class QuarantineOutOfOrder(CustodyError):
    """Batch {number} does not follow what is held of its stream. Accept the earlier ones first."""

    code = "QUARANTINE_OUT_OF_ORDER"


class QuarantineCopyAlive(CustodyError):
    """The laptop of batch {number} will send it again itself. Revoke the laptop if it is lost."""

    code = "QUARANTINE_COPY_ALIVE"


class QuarantineUnreadable(CustodyError):
    """Batch {number} cannot be used ({reason}). It stays in quarantine; keep or discard it."""

    code = "QUARANTINE_UNREADABLE"


def accept(office: Office, number: int) -> int:
    """Take a batch in; return how many of its changes the log did not have yet.

    The batches of a fork that were chained to it are taken in with it: they share records. So are
    the photos that its records name, where the device sent them when it was revoked.

    Raises QuarantineNotFound, QuarantineOutOfOrder, QuarantineUnreadable, QuarantineCopyAlive;
    nothing changes then.
    """
    with office.store.write() as connection:
        kept = _waiting(connection, number)
        if kept.cause is Cause.HELD:
            together, taken = [kept], _take_up(office, connection, kept)
        elif kept.cause is Cause.REVOKED and not _parts(office, connection, kept):
            together, taken = _take(office, connection, kept)
        else:
            together = _branch_of(connection, kept)
            taken = _write_again(office, connection, together)
        for one in (each for each in together if each.decision is None):
            quarantine.decide(connection, one.id, Decision.ACCEPTED, office.now_ms())
    photo_records.take_over(office, bytes.fromhex(kept.device))
    return taken


def trouble_of(office: Office, kept: Kept) -> str | None:
    """Return the code of why a batch that is held cannot be read; None for others."""
    return ingest.read(parse(kept.body), office)[1] if kept.cause is Cause.HELD else None


def discard(office: Office, number: int) -> None:
    """Note that a batch is not wanted, or never read; its bytes stay. Raises QuarantineNotFound."""
    with office.store.write() as connection:
        _waiting(connection, number)
        quarantine.decide(connection, number, Decision.DISCARDED, office.now_ms())


def _waiting(connection: Connection, number: int) -> Kept:
    kept = quarantine.get(connection, number)
    if kept is None or kept.decision is not None:
        raise QuarantineNotFound(number=number)
    return kept


def _take(office: Office, connection: Connection, kept: Kept) -> tuple[list[Kept], int]:
    """Take a batch into its chain; one that cannot be read waits there."""
    batch = parse(kept.body)
    receipt, _ = ingest.admit(office, connection, batch)
    if receipt.status is Status.HELD:
        return [], 0
    if receipt.status is not Status.ACCEPTED:
        raise QuarantineOutOfOrder(number=kept.id)
    return [kept], batch.header.count


def _take_up(office: Office, connection: Connection, kept: Kept) -> int:
    """Take up a batch that can be read by now: its place in its chain is its own already."""
    changes, trouble = ingest.read(parse(kept.body), office)
    if trouble is not None:
        raise QuarantineUnreadable(number=kept.id, reason=trouble)
    ingest.take_in(connection, changes, office.now_ms())
    return len(changes)


def _parts(office: Office, connection: Connection, kept: Kept) -> bool:
    """Tell whether a batch cannot go into its chain.

    Another copy was first to send something in its place, or in that of one before it on its
    branch; or the branch was taken over before.
    """
    branch = _branch_of(connection, kept)
    upto = branch[: branch.index(kept) + 1]
    if any(_is_fork(connection, parse(one.body)) for one in upto):
        return True
    written = {_trace(one) for one in log.of_device(connection, office.keys.server, by=_TAKEN_OVER)}
    changes = (change for one in branch for change in ingest.read(parse(one.body), office)[0])
    return any(_trace(change) in written for change in changes)


def _is_fork(connection: Connection, batch: Batch) -> bool:
    stream, first = batch.header.stream, batch.header.first
    known = batches.hashes_at(connection, stream, first)
    return judge(batches.head(connection, stream), known, batch) is Judgement.FORK


def _branch_of(connection: Connection, kept: Kept) -> list[Kept]:
    """Return the batches that one copy chained before and behind ``kept``, in order.

    Those that were accepted before are among them: later ones may name their records. Some may
    have come before the device was revoked, and some after.
    """
    usable = {
        parse(one.body).hash: one
        for one in quarantine.everything(connection)
        if one.stream == kept.stream
        and one.cause is not Cause.HELD
        and one.decision is not Decision.DISCARDED
    }
    branch = [kept]
    while (before := usable.get(parse(branch[0].body).header.previous)) is not None:
        branch.insert(0, before)
    following = {parse(one.body).header.previous: one for one in usable.values()}
    while (behind := following.get(parse(branch[-1].body).hash)) is not None:
        branch.append(behind)
    return branch


def _write_again(office: Office, connection: Connection, branch: list[Kept]) -> int:
    """Write what the log lacks of a copy's batches on streams of the server's own.

    Such a stream follows from the first change that is lacking, as on a laptop: what several
    copies had in common is written once, and the rest of each goes behind it.
    """
    stream = Stream.from_hex(branch[0].stream)
    changes = [change for kept in branch for change in _changes_of(office, kept)]
    own = [*_before(connection, branch[0]), *changes]
    held = {_trace(change) for change in log.of_device(connection, stream.device)}
    present = {change.sequence: change_digest(change) for change in own if _trace(change) in held}
    device = devices.get(connection, stream.device)
    alive = device is not None and device.revoked_ms is None
    if alive and len(present) < len(own):
        raise QuarantineCopyAlive(number=branch[0].id)
    _require_all_read(connection, stream.device, branch[0].id)
    return _settle(office, connection, _moved(office, own, changes[0].sequence, present))


def _before(connection: Connection, kept: Kept) -> list[Change]:
    """Return what a copy wrote before a batch, if that is what the log has: whom it began there."""
    header = parse(kept.body).header
    end = Head(sequence=header.first - 1, hash=header.previous)
    if not batches.ends_at(connection, header.stream, end):
        return []
    return log.of_stream(connection, header.stream, 1, end.sequence)


def _require_all_read(connection: Connection, device: bytes, number: int) -> None:
    """Refuse to take over anything while a batch of the device is held: it may be the same."""
    held = {parse(one.body).header.stream.device for one in batches.unread(connection)}
    if device in held:
        raise QuarantineUnreadable(number=number, reason=Status.HELD)


def _settle(office: Office, connection: Connection, moved: list[Change]) -> int:
    """Log what is new of changes that were moved to a stream; where it parts, move the rest on."""
    while moved:
        stream = moved[0].stream
        known = log.digests(connection, stream, 1, len(moved))
        parted = next((at for at in moved if known.get(at.sequence) != change_digest(at)), None)
        if parted is None:
            return 0
        if parted.sequence not in known:
            written = moved[len(known) :]
            ingest.take_in(connection, written, office.now_ms())
            batches.move(connection, stream, Head(sequence=len(moved)))
            return len(written)
        moved = _moved(office, moved, parted.sequence, known)
    return 0


def _moved(
    office: Office, changes: list[Change], first: int, present: Mapping[int, bytes]
) -> list[Change]:
    """Return what is lacking of changes from ``first`` on, as changes of the server's stream."""
    lacking = (
        digest
        for digest, at in ((change_digest(change), change.sequence) for change in changes)
        if at >= first and present.get(at) != digest
    )
    content = changes[0].stream.to_bytes() + next(lacking, b"")
    branch = hashlib.sha256(_LABEL + content).digest()[:BRANCH_BYTES]
    healing = heal(changes, first, present, Stream(office.keys.server, branch))
    return [replace(change, operator=_taken_over(change.operator)) for change in healing.changes]


def _taken_over(operator: str) -> str:
    return _TAKEN_OVER + operator.removeprefix(_TAKEN_OVER)


def _changes_of(office: Office, kept: Kept) -> list[Change]:
    """Return a batch's changes; refuse one that would gain by being the server's own."""
    changes, trouble = ingest.read(parse(kept.body), office)
    if trouble is not None:
        raise QuarantineUnreadable(number=kept.id, reason=trouble)
    for change in changes:
        judged = assess(change, by_server=False)
        if judged.standing is Standing.INVALID:
            raise QuarantineUnreadable(number=kept.id, reason=judged.findings[0].code)
    return changes


def _trace(change: Change) -> tuple[int, str, Evidence]:
    """Return what a change keeps when it is written again on another branch."""
    return change.hlc, change.type, change.evidence
