"""Whatever the order, repetition, loss or forking of batches, the office ends in the same state.

Two devices write histories that meet on the same records. A machine delivers their batches in
any order, again and again, forks among them, rebuilding now and then; in the end everything is
delivered in order. What is then shown equals a plain fold of all changes, and a rebuild.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared_schema.changes import Change
from shared_schema.custody import Status
from shared_schema.fold import fold, state_to_json
from shared_schema.ids import derived_id
from sync_server import rebuilding, verification
from sync_server.store.queries import batches, records
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

SHARED = [derived_id("shared", bytes([at])) for at in range(3)]
VILLAGES = ["53.15.05.2001", "53.15.06.2001"]
plans = st.lists(
    st.tuples(
        st.sampled_from(range(len(SHARED))),
        st.sampled_from(["name", "village", "phone", "_void"]),
        st.integers(0, 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


class Deliveries(RuleBasedStateMachine):
    """Batches of two devices on their way to one office."""

    def __init__(self) -> None:
        """Open an office in a folder of its own."""
        super().__init__()
        self.folder = TemporaryDirectory()
        self.bench: Bench = found_office(Path(self.folder.name))
        self.sealed: dict[int, list[bytes]] = {0: [], 1: []}
        self.forked: set[bytes] = set()
        self.written: list[Change] = []
        self.delivered = {0: 0, 1: 0}

    @initialize()
    def enrol(self) -> None:
        """Enrol both devices and let each begin the shared records."""
        self.devices: list[RawDevice] = [self.bench.device((area[:8],)) for area in VILLAGES]
        for at in self.sealed:
            self.write(at, [(n, "name", at, False) for n in range(len(SHARED))])

    @rule(at=st.integers(0, 1), plan=plans)
    def write(self, at: int, plan: list[tuple[int, str, int, bool]]) -> None:
        """Let a device write some changes and seal them as one batch."""
        self.sealed[at].append(self.seal(at, plan, keep=True))

    def seal(self, at: int, plan: list[tuple[int, str, int, bool]], *, keep: bool) -> bytes:
        """Write and seal a batch; a change may name an earlier write of the same field."""
        device = self.devices[at]
        made: list[Change] = []
        for record, name, choice, names_last in plan:
            known = [c for c in self.written if c.record == SHARED[record] and name in c.writes]
            replaces = [known[-1].stamp] if known and names_last else []
            values = value(name, choice)
            made.append(device.change(values, record=SHARED[record], replaces=replaces))
        if keep:
            self.written += made
        return device.batch(made)

    @rule(at=st.integers(0, 1), which=st.integers(0, 30))
    def deliver(self, at: int, which: int) -> None:
        """Deliver any batch: the next one, an old one, or one too early."""
        which %= len(self.sealed[at])
        self.send(at, which)

    @rule(at=st.integers(0, 1))
    def deliver_next(self, at: int) -> None:
        """Deliver the batch that the office waits for."""
        if self.delivered[at] < len(self.sealed[at]):
            self.send(at, self.delivered[at])

    @rule(at=st.integers(0, 1), plan=plans)
    def fork(self, at: int, plan: list[tuple[int, str, int, bool]]) -> None:
        """Let a copy of the device write something else in a place that is taken."""
        if not self.delivered[at]:
            return
        device = self.devices[at]
        kept = (device.sequence, device.previous, device.hlc)
        device.sequence, device.previous = 0, bytes(16)
        batch = self.seal(at, plan, keep=False)
        device.sequence, device.previous, device.hlc = kept
        receipt = self.bench.exchange(device, batch).receipts[0]
        assert receipt.status is Status.FORK
        assert receipt.digests is not None
        self.forked.add(batch)

    @rule()
    def rebuild(self) -> None:
        """Rebuild in the middle of everything."""
        before = self.bench.projections()
        rebuilding.rebuild(self.bench.office)
        assert self.bench.projections() == before

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        """Hold exactly the batches that were delivered in order."""
        with self.bench.office.store.read() as connection:
            assert batches.count(connection) == sum(self.delivered.values())

    def send(self, at: int, which: int) -> None:
        """Deliver one batch and check the receipt against where the chain stands."""
        answer = self.bench.exchange(self.devices[at], self.sealed[at][which])
        status = answer.receipts[0].status
        if which > self.delivered[at]:
            assert status is Status.GAP
            return
        assert status is Status.ACCEPTED
        self.delivered[at] = max(self.delivered[at], which + 1)

    def teardown(self) -> None:
        """Deliver the rest; compare with a plain fold, with a rebuild, with the bytes."""
        for at, sealed in self.sealed.items():
            for which in range(self.delivered[at], len(sealed)):
                self.send(at, which)
        self.compare()
        self.rebuild()
        verification.verify_all(self.bench.office)
        self.bench.office.store.close()
        self.folder.cleanup()

    def compare(self) -> None:
        """Check each record's state against the fold of everything written to it."""
        with self.bench.office.store.read() as connection:
            shown = records.many(connection, SHARED)
        for record in SHARED:
            changes = [change for change in self.written if change.record == record]
            if changes:
                assert state_to_json(shown[record].state) == state_to_json(fold(changes))


def value(name: str, choice: int) -> dict[str, Any]:
    """Give valid values to write for a field."""
    if name == "_void":
        return {"_void": [None, {"reason": "ganda"}][choice]}
    if name == "name":
        return person(f"Warga Contoh {choice}", VILLAGES[choice])
    return {name: [VILLAGES, ["0811", "0812"]][name == "phone"][choice]}


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=12, stateful_step_count=12)
