"""A regency under everything that bad lines, bad luck and bad clocks can do, over many steps.

Laptops, copies of laptops, sticks and the real office, in one process. Whatever the history: once
everybody has synced, every change that was saved and not destroyed with its only disk is at the
office exactly once, and every replica says what the office says. 1,000 runs of 50 steps in CI.
"""

import random
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared_schema.errors import CustodyError, NetworkError
from shared_schema.links import Verdict
from tests.conftest import IN_CI
from tests.support.bad_line import FINE, Weather
from tests.support.effort import Effort, in_both, report
from tests.support.field_laptop import FieldLaptop
from tests.support.furnished_stage import Stage, furnished_stage
from tests.support.fuses import Fuse, OfficeDown, ended_early
from tests.support.regency import EVERYWHERE, HERE
from tests.support.regency_stage import HOUR_MS, Later, Outpost
from tests.support.steady import STEADY

SHARDS = 20
RUNS = Effort("../stateful/test_regency.py", ci=50, soak=500)
STEPS = 50

laptops = st.integers(0, 5)
picks = st.integers(0, 30)
weathers = st.builds(
    Weather,
    sent=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 120)),
    heard=st.none() | st.tuples(st.integers(0, 12), st.integers(0, 120)),
    twice=st.booleans(),
    swapped=st.none() | st.integers(0, 9),
    at_once=st.booleans(),
)
laters = st.none() | st.builds(
    Later, weathers=st.lists(weathers, max_size=2).map(tuple), slow=st.booleans()
)
fuses = st.builds(Fuse, left=st.integers(0, 12), before=st.booleans())
jumps_ms = st.sampled_from([-9000, -50, -1, 1, 50, 9000]).map(lambda hours: hours * HOUR_MS)


class Everything(RuleBasedStateMachine):
    """Each rule is something that happens to somebody; see `Outpost` for what must hold."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.world = Outpost(self.stage)

    @initialize(old=st.booleans())
    def start(self, old: bool) -> None:
        """Take two laptops out of the box; they have not enrolled yet."""
        self.world.office.old = old
        for _ in range(2):
            self.world.arrive(old=old)

    def teardown(self) -> None:
        """Let everybody sync until nothing moves, then compare, unless a rule failed already."""
        try:
            if sys.exc_info()[0] is None and self.world.laptops:
                self.world.settle()
                self.world.compare()
        finally:
            self.world.close()

    def at(self, which: int) -> FieldLaptop:
        """Give one of the laptops there are."""
        return self.world.laptops[which % len(self.world.laptops)]

    # What officers do

    @rule(which=laptops, count=st.sampled_from([1, 1, 3, 9]), twins=st.booleans())
    def register(self, which: int, count: int, twins: bool) -> None:
        """Somebody registers people, some of whom another laptop registers as well."""
        self.world.register(self.at(which), count, twins=twins)

    @rule(which=laptops, pick=picks)
    def correct(self, which: int, pick: int) -> None:
        """Somebody corrects a person who was registered on that laptop or came from the office."""
        self.world.correct(self.at(which), pick)

    @rule(which=laptops, pick=picks)
    def visit(self, which: int, pick: int) -> None:
        """Somebody notes a visit to a person who is known there."""
        self.world.visit(self.at(which), pick)

    @rule(which=laptops, pick=picks)
    def attach(self, which: int, pick: int) -> None:
        """Somebody takes a photo of a document."""
        self.world.attach(self.at(which), pick)

    @rule(which=laptops)
    def begin_a_draft(self, which: int) -> None:
        """Somebody begins to register a person and is called away."""
        self.world.begin_draft(self.at(which))

    @rule(which=laptops, pick=picks)
    def finish_a_draft(self, which: int, pick: int) -> None:
        """Somebody finishes what was begun."""
        self.world.finish_draft(self.at(which), pick)

    @rule(which=laptops, pick=picks, thrown=st.booleans())
    def change_their_mind_about_a_draft(self, which: int, pick: int, thrown: bool) -> None:
        """Somebody throws away what was begun, or brings back what was thrown away."""
        laptop = self.at(which)
        (laptop.throw_draft if thrown else laptop.bring_back)(pick)

    # Lines

    @rule(which=laptops)
    def sync(self, which: int) -> None:
        """Sync over a good line."""
        self.world.sync(self.at(which), FINE)

    @rule(which=laptops, weather=weathers, later=laters)
    def sync_in_bad_weather(self, which: int, weather: Weather, later: Later | None) -> None:
        """Sync over a line that cuts, doubles or swaps; maybe the sync goes on after a cut."""
        with suppress(NetworkError, CustodyError):
            self.world.sync(self.at(which), weather, later)

    @rule(which=laptops, weather=weathers, later=laters)
    def sync_locked(self, which: int, weather: Weather, later: Later | None) -> None:
        """Lock the laptop, and let it sync without a key."""
        with suppress(NetworkError, CustodyError):
            self.world.sync_locked(self.at(which), weather, later)

    @rule(which=laptops, weather=weathers, later=laters, fuse=fuses)
    def the_office_dies_while_they_sync(
        self, which: int, weather: Weather, later: Later | None, fuse: Fuse
    ) -> None:
        """Kill the office before or after one of its commits; it is started again."""
        self.world.office.die_at(fuse)
        with suppress(NetworkError, CustodyError, OfficeDown):
            self.world.sync(self.at(which), weather, later)
        self.world.office.store.fuses.clear()

    @rule(
        which=laptops,
        what=st.sampled_from(
            ["register", "correct", "sync", "locked", "visit", "attach", "export", "restart"]
        ),
        pick=picks,
        fuse=fuses,
    )
    def a_laptop_dies(self, which: int, what: str, pick: int, fuse: Fuse) -> None:
        """Kill a laptop's program before or after one of its commits, and start it again."""
        laptop = self.at(which)
        if ended_early(lambda: self.world.do(what, laptop, pick), fuse):
            laptop.restart()
            self.world.keep_what_was_saved(laptop)

    # The relay

    @rule(which=laptops, weather=weathers)
    def visit_the_relay(self, which: int, weather: Weather) -> None:
        """Sync at the district office."""
        with suppress(NetworkError, CustodyError):
            self.world.visit_relay(self.at(which), weather)

    @rule(weather=weathers)
    def the_relay_passes_on(self, weather: Weather) -> None:
        """Let the district have a line to the regency for a while."""
        self.world.pass_on(weather)

    @rule(which=laptops, fuse=fuses, visiting=st.booleans())
    def the_relay_dies(self, which: int, fuse: Fuse, visiting: bool) -> None:
        """Kill the relay at one of its commits, at a visit or while it passes on."""
        self.world.relay.store.fuses[:] = [fuse]
        with suppress(NetworkError, CustodyError, OfficeDown):
            if visiting:
                self.world.visit_relay(self.at(which), FINE)
            else:
                self.world.pass_on(FINE)
        self.world.relay.store.fuses.clear()

    @rule(kept=st.booleans())
    def the_relays_disk(self, kept: bool) -> None:
        """Keep an image of the relay's disk, or put the last one back."""
        if kept:
            self.world.relay.keep_image()
        else:
            self.world.relay.roll_back()

    # Sticks

    @rule(which=laptops)
    def export(self, which: int) -> None:
        """Write a stick."""
        self.world.export(self.at(which))

    @precondition(lambda self: self.world.sticks)
    @rule(chosen=st.lists(picks, min_size=1, max_size=3), lost=st.none() | st.integers(1, 9))
    def carry_sticks(self, chosen: list[int], lost: int | None) -> None:
        """Carry some exports on one stick, old ones too; the copy may end early."""
        self.world.carry(chosen, lost)

    @precondition(lambda self: self.world.replies)
    @rule(which=laptops, pick=picks)
    def import_some_reply(self, which: int, pick: int) -> None:
        """Import any reply there ever was, on any laptop."""
        with suppress(CustodyError):
            self.world.take_reply(self.at(which), pick)

    @precondition(lambda self: self.world.office.requests)
    @rule(pick=picks, order=st.randoms(use_true_random=False))
    def hear_again(self, pick: int, order: random.Random) -> None:
        """Let the office hear an old request again: whole, or its frames lost and out of order."""
        self.world.replay(pick, order)

    # Disks, clocks, people

    @precondition(lambda self: len(self.world.laptops) < 4)
    @rule(which=laptops, told_apart=st.booleans())
    def copy_the_folder(self, which: int, told_apart: bool) -> None:
        """Somebody copies a laptop's folder; both go on working."""
        self.world.copy(self.at(which), told_apart=told_apart)

    @rule(which=laptops)
    def image_the_disk(self, which: int) -> None:
        """Somebody keeps an image of a laptop's disk."""
        self.at(which).keep_image()

    @precondition(lambda self: any(one.image for one in self.world.laptops))
    @rule(which=laptops)
    def roll_the_disk_back(self, which: int) -> None:
        """Somebody puts that image back; what was only on the disk since is lost."""
        self.world.roll_back(self.at(which))

    @precondition(lambda self: self.world.spare)
    @rule()
    def another_laptop_comes(self) -> None:
        """Hand out another laptop."""
        self.world.arrive(old=False)

    @rule(which=laptops)
    def a_month_passes(self, which: int) -> None:
        """Let the details of what was received go; the office is not heard since."""
        self.at(which).let_a_month_pass()

    @rule(which=laptops, jump_ms=jumps_ms)
    def set_a_clock(self, which: int, jump_ms: int) -> None:
        """Somebody sets a laptop's clock; a battery dies."""
        self.at(which).watch.wall_ms += jump_ms

    @rule(jump_ms=jumps_ms)
    def set_the_offices_clock(self, jump_ms: int) -> None:
        """Somebody sets the office's clock."""
        self.world.office.clock[0] += jump_ms

    @rule(which=laptops)
    def update_a_laptop(self, which: int) -> None:
        """Install the newest program, with whatever is waiting."""
        self.at(which).old = False

    @rule(which=laptops, scope=st.sampled_from([EVERYWHERE, HERE]))
    def invite_again(self, which: int, scope: tuple[str, ...]) -> None:
        """Give a laptop a new code, though it has enrolled, maybe for another area."""
        self.world.enrol_again(self.at(which), scope)

    # The office

    @rule()
    def back_up(self) -> None:
        """Make a backup at the office."""
        self.world.office.back_up()

    @precondition(lambda self: not self.world.crowded())
    @rule(old=st.booleans())
    def restore(self, old: bool) -> None:
        """Lose the office's disk; it goes on from its backup."""
        self.world.restore(old=old)

    @rule()
    def update_the_office(self) -> None:
        """Install the newest program at the office, and rebuild."""
        self.world.office.update()

    @precondition(lambda self: len(self.world.in_service()) > 1)
    @rule(which=laptops)
    def revoke(self, which: int) -> None:
        """Revoke a laptop, and with it every copy of it."""
        self.world.revoke(self.at(which))

    @rule()
    def release(self) -> None:
        """Accept what can be accepted of what was set aside."""
        self.world.office.release_everything()

    @rule(pick=picks, verdict=st.sampled_from(Verdict))
    def decide(self, pick: int, verdict: Verdict) -> None:
        """Decide about two records that may be one person."""
        self.world.office.decide_some_pair(pick, verdict)


@pytest.fixture(scope="module")
def stage() -> Any:
    """Furnish one office and a box of laptops for all runs of this process."""
    with furnished_stage() as stage:
        yield stage


@in_both
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_replica_ends_equal_and_nothing_is_lost(
    scale: str, shard: int, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """Run a share of the histories; the same ones at each commit in CI, others elsewhere."""
    start = shard if IN_CI else random.SystemRandom().randrange(1 << 32)
    record_property("seed", start)
    report(seed=start, runs=RUNS.tries(scale), steps=STEPS)
    machine = type("Everything", (Everything,), {"stage": stage})
    run_state_machine_as_test(
        seed(start)(machine),
        settings=settings(
            max_examples=RUNS.tries(scale),
            stateful_step_count=STEPS,
            derandomize=False,
            backend=STEADY if scale == "ci" else "hypothesis",
            database=None,
            # Shrinking takes minutes; without it the history is printed as it was found.
            phases=(Phase.generate,) if scale == "ci" else (Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
