"""A chain accepts each batch once, and a fork loses nothing and doubles nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared_schema.changes import Write, change_digest
from shared_schema.custody import (
    Head,
    Judgement,
    Receipt,
    Remark,
    Status,
    follow,
    gather_fork,
    heal,
    judge,
    receipt_from_json,
    receipt_to_json,
)
from shared_schema.envelope import GENESIS, Batch, Header
from shared_schema.ids import Stream, record_number
from tests.support.strategies import STREAMS, histories, streams

OLD, NEW = STREAMS[0], Stream(STREAMS[0].device, b"next")


def batch(first: int, count: int, previous: bytes, salt: int = 0) -> Batch:
    """Return an unsealed stand-in: custody looks at headers and hashes only."""
    header = Header(
        stream=OLD, first=first, count=count, previous=previous, codec=1, recipients=(bytes(8),)
    )
    data = header.to_bytes() + bytes([salt]) + bytes(64)
    return Batch(header=header, wrapped=(), ciphertext=b"", signature=bytes(64), data=data)


@st.composite
def chains(draw: st.DrawFn) -> list[Batch]:
    """Draw batches that follow one another without gaps."""
    made: list[Batch] = []
    first, previous = 1, GENESIS
    for _ in range(draw(st.integers(1, 6))):
        made.append(batch(first, draw(st.integers(1, 5)), previous))
        first, previous = made[-1].header.last + 1, made[-1].hash
    return made


@given(chains(), st.lists(st.integers(0, 5), max_size=20))
def test_any_order_of_arrival_takes_each_batch_once(chain, arrivals):
    """Dropped, repeated and reordered batches leave an unbroken chain without doubles."""
    head = Head()
    known: dict[int, bytes] = {}
    for at in [*arrivals, *range(len(chain))]:
        arrived = chain[at % len(chain)]
        verdict = judge(head, known, arrived)
        held = arrived.header.first in known
        expected = (
            Judgement.REPEAT
            if held
            else Judgement.NEXT
            if arrived.header.first == head.sequence + 1
            else Judgement.GAP
        )
        assert verdict is expected
        if verdict is Judgement.NEXT:
            known[arrived.header.first] = arrived.hash
            head = Head(sequence=arrived.header.last, hash=arrived.hash)
    assert head == Head(sequence=chain[-1].header.last, hash=chain[-1].hash)


@given(chains())
def test_another_batch_under_a_known_number_is_a_fork(chain):
    """Other bytes in the place of a held batch, cut alike or not, are a fork."""
    known = {one.header.first: one.hash for one in chain}
    head = Head(sequence=chain[-1].header.last, hash=chain[-1].hash)
    for one in chain:
        assert judge(head, known, batch(one.header.first, 1, GENESIS, 9)) is Judgement.FORK
        if one.header.count > 1:
            inside = batch(one.header.first + 1, 1, one.hash)
            assert judge(head, known, inside) is Judgement.FORK
    following = batch(head.sequence + 1, 1, b"another previous")
    assert judge(head, known, following) is Judgement.FORK


@given(histories(), histories(), st.integers(0, 12))
def test_a_healed_fork_has_every_change_once(ours, theirs, common):
    """Two copies share a beginning and go on apart; the server holds the other's chain."""
    shared = ours[:common]
    other = shared + [
        replace(change, sequence=len(shared) + at, hlc=change.hlc + 10_000)
        for at, change in enumerate(theirs, 1)
    ]
    present = {change.sequence: change_digest(change) for change in other}
    healing = heal(ours, len(shared) + 1, present, NEW)

    lost = [change for change in ours if present.get(change.sequence) != change_digest(change)]
    assert list(healing.sources) == [change.sequence for change in lost]
    assert [change.sequence for change in healing.changes] == list(range(1, len(lost) + 1))
    assert all(change.stream == NEW for change in healing.changes)
    for before, after in zip(lost, healing.changes, strict=True):
        assert (after.hlc, after.operator, after.evidence) == (
            before.hlc,
            before.operator,
            before.evidence,
        )
        assert set(after.writes) == set(before.writes)


@given(histories(), histories())
def test_records_begun_on_a_forked_copy_get_ids_of_their_own(ours, theirs):
    """Both copies gave out the same numbers to different people; after healing none is shared."""
    present = {change.sequence: change_digest(change) for change in theirs}
    healing = heal(ours, 1, present, NEW)
    taken = {change.record for change in theirs}
    lost = set(healing.sources)
    begun_here = {c.record for c in ours if c.sequence in lost} - {
        c.record for c in ours if c.sequence not in lost
    }
    assert begun_here == set(healing.records)
    for after in healing.changes:
        if after.record in set(healing.records.values()):
            assert record_number(after.record, NEW) is not None
            assert after.record not in taken
    assert healing.numbers_used == len(set(healing.records.values()))


@given(histories())
def test_references_and_causes_follow_a_healed_record(ours):
    """A visit still points at its person, an edit still names the write it corrects."""
    healing = heal(ours, 1, {}, NEW)
    renamed = {str(old): str(new) for old, new in healing.records.items()}
    for before, after in zip(ours, healing.changes, strict=True):
        for name, write in before.writes.items():
            assert after.writes[name].value == renamed.get(write.value, write.value)
            expected = [(stamp.hlc, NEW) for stamp in write.replaces]
            assert [(s.hlc, s.stream) for s in after.writes[name].replaces] == expected


@given(histories().filter(bool))
def test_what_is_written_elsewhere_follows_a_healed_record(ours):
    """A correction on another branch, not sent yet, goes to the record's new id."""
    healing = heal(ours, 1, {}, NEW)
    last = ours[-1]
    later = replace(
        last,
        stream=STREAMS[1],
        sequence=1,
        writes={"person": Write(value=str(last.record), replaces=(last.stamp,))},
    )
    followed = follow(later, healing)
    new = healing.records[last.record]
    assert (followed.record, followed.writes["person"].value) == (new, str(new))
    assert [stamp.stream for stamp in followed.writes["person"].replaces] == [NEW]
    assert (followed.stream, followed.sequence) == (STREAMS[1], 1)
    assert follow(followed, healing) == followed


@given(histories())
def test_what_the_server_has_is_not_written_again(ours):
    """A copy that sealed the same changes into other batches re-issues nothing."""
    present = {change.sequence: change_digest(change) for change in ours}
    assert heal(ours, 1, present, NEW).changes == ()


def fork_receipt(first: int, end: int, digests: dict[int, bytes]) -> Receipt:
    """Return the answer to a batch that begins at ``first``, by a chain that ends at ``end``."""
    return Receipt(
        stream=OLD, first=first, hash=bytes(16), status=Status.FORK, sequence=end, head=bytes(16),
        durable_through=0, server_ms=1, digests=digests,
    )  # fmt: skip


@given(histories(), histories(), st.integers(0, 12), st.integers(1, 5), st.integers(0, 6))
def test_the_receipts_that_came_tell_where_copies_parted_or_that_more_are_needed(
    ours, theirs, common, size, come
):
    """Each receipt speaks of its own batch; healing by some of them is healing by all, or waits."""
    shared = ours[:common]
    other = shared + [
        replace(change, sequence=len(shared) + at, hlc=change.hlc + 10_000)
        for at, change in enumerate(theirs, 1)
    ]
    held = {change.sequence: change_digest(change) for change in other}
    own = {change.sequence: change_digest(change) for change in ours}
    batches = [range(at, min(at + size, len(ours) + 1)) for at in range(1, len(ours) + 1, size)]
    receipts = [
        (
            fork_receipt(places[0], len(other), {at: held[at] for at in places if at in held}),
            places[-1],
        )
        for places in batches
        if places[0] <= len(other) + 1
    ]
    heard = receipts[: come + 1]
    if not heard:
        return
    fork = gather_fork(reversed(heard))
    if fork.parted(own, {}):
        assert heal(ours, 1, fork.present, NEW) == heal(ours, 1, held, NEW)
    else:
        assert len(heard) < len(receipts)


@given(
    streams,
    st.sampled_from(Status),
    st.integers(1, 2**24),
    st.lists(st.tuples(st.integers(1, 99), st.sampled_from(["name", None])), max_size=3),
    st.none() | st.dictionaries(st.integers(1, 99), st.binary(min_size=16, max_size=16)),
)
def test_receipts_survive_their_form(stream, status, sequence, remarks, digests):
    """What is signed reads back equal."""
    receipt = Receipt(
        stream=stream,
        first=sequence,
        hash=bytes(16),
        status=status,
        sequence=sequence,
        head=bytes(16),
        durable_through=0,
        server_ms=1,
        remarks=tuple(Remark(sequence=at, code="REQUIRED", field=name) for at, name in remarks),
        digests=digests,
    )
    assert receipt_from_json(receipt_to_json(receipt)) == receipt
