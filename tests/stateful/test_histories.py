"""Histories by which the state machine found faults, written out; see `Outpost` for the words."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.bad_line import FINE
from tests.support.field_laptop import FieldLaptop
from tests.support.furnished_stage import Stage, furnished_stage
from tests.support.fuses import Fuse, OfficeDown
from tests.support.laptop import write
from tests.support.regency import VILLAGES
from tests.support.regency_stage import Outpost


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Furnish one office and a box of laptops."""
    with furnished_stage() as stage:
        yield stage


@pytest.fixture
def outpost(stage: Stage) -> Iterator[Outpost]:
    """Take two laptops out of the box; in the end, everything must have arrived."""
    outpost = Outpost(stage)
    outpost.arrive(old=False)
    outpost.arrive(old=False)
    try:
        yield outpost
        outpost.settle()
        outpost.compare()
    finally:
        outpost.close()


def test_an_office_that_forgot_a_laptop_is_sent_everything_again(outpost: Outpost) -> None:
    """A refusal names the restored office's epoch; what the office lacks follows all the same."""
    laptop, _ = outpost.laptops
    outpost.register(laptop, 2, twins=False)
    outpost.sync(laptop, FINE)
    outpost.restore(old=False)
    assert outpost.sync(laptop, FINE) is None


def test_a_record_that_comes_into_sight_brings_what_others_wrote(outpost: Outpost) -> None:
    """A correction reaches a restored office before the record; its writer is told of it then."""
    other, writer = outpost.laptops
    outpost.register(writer, 1, twins=False)
    outpost.sync(writer, FINE)
    outpost.sync(other, FINE)
    outpost.correct(other, 0)
    outpost.restore(old=False)
    for laptop in (other, writer, other):
        outpost.sync(laptop, FINE)


def test_what_two_copies_of_a_revoked_laptop_hand_over_is_all_taken_in(outpost: Outpost) -> None:
    """Both wrote under the same numbers, both are wiped: the office can use what both sent."""
    laptop, _ = outpost.laptops
    outpost.copy(laptop, told_apart=False)
    twin = outpost.laptops[-1]
    outpost.sync(laptop, FINE)
    outpost.revoke(laptop)
    outpost.register(twin, 1, twins=False)
    outpost.register(laptop, 1, twins=False)


@pytest.mark.parametrize("by_stick", [True, False])
def test_a_reply_to_one_copy_leaves_out_nothing_for_the_other(
    outpost: Outpost, by_stick: bool
) -> None:
    """A stick or a relay gives it to whoever comes first; the other's records were left out."""
    laptop, _ = outpost.laptops
    outpost.copy(laptop, told_apart=True)
    twin = outpost.laptops[-1]
    outpost.register(twin, 1, twins=False)
    if by_stick:
        outpost.export(twin)
        outpost.carry([0], None)
        outpost.take_reply(laptop, 0)
    else:
        outpost.visit_relay(twin, FINE)
        outpost.pass_on(FINE)
        outpost.visit_relay(laptop, FINE)


def test_a_relay_that_ends_at_any_frame_hands_out_whole_replies(outpost: Outpost) -> None:
    """What it kept to the end is left whole; what it did not is asked for again."""
    laptop, _ = outpost.laptops
    outpost.visit_relay(laptop, FINE)
    outpost.relay.keep_image()
    for left in range(9):
        outpost.relay.roll_back()
        outpost.relay.store.fuses[:] = [Fuse(left=left, before=False)]
        with suppress(OfficeDown):
            outpost.pass_on(FINE)
        outpost.relay.store.fuses.clear()
        outpost.visit_relay(laptop, FINE)


def test_a_copy_waits_while_the_office_cannot_read_what_the_other_brought(outpost: Outpost) -> None:
    """An older office holds the first copy's batch: nobody knows yet what the second may lack."""
    laptop, _ = outpost.laptops
    outpost.sync(laptop, FINE)
    outpost.office.back_up()
    outpost.register(laptop, 1, twins=False)
    outpost.copy(laptop, told_apart=False)
    outpost.restore(old=True)
    outpost.sync(outpost.laptops[-1], FINE)
    outpost.sync(laptop, FINE)


def test_nobody_is_taken_over_while_the_office_cannot_read_what_another_copy_brought(
    outpost: Outpost,
) -> None:
    """What an older office holds of a revoked laptop may be the very same."""
    laptop, _ = outpost.laptops
    outpost.sync(laptop, FINE)
    outpost.office.back_up()
    outpost.register(laptop, 1, twins=False)
    outpost.copy(laptop, told_apart=False)
    outpost.restore(old=True)
    outpost.sync(outpost.laptops[-1], FINE)
    laptop.old = True
    outpost.revoke(laptop)
    outpost.sync(laptop, FINE)
    with outpost.office._program():
        outpost.office.release_everything()


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("reduced_first", [True, False])
def test_what_one_copy_has_left_and_what_the_other_still_knows_are_one_visit(
    outpost: Outpost, reduced_first: bool, corrected: bool
) -> None:
    """A restored office gave their numbers to a third copy's people: both write theirs again.

    What stays of a save is all there, though some of it was corrected since.
    """
    reduced, _ = outpost.laptops
    outpost.sync(reduced, FINE)
    outpost.office.back_up()
    outpost.copy(reduced, told_apart=False)
    outpost.register(reduced, 1, twins=False)
    outpost.correct(reduced, 1)
    outpost.visit(reduced, 0)
    if corrected:
        (known,) = reduced.app.journal.entries("person")
        write(reduced.app, known.id, village=VILLAGES[1])
    outpost.sync(reduced, FINE)
    outpost.register(reduced, 1, twins=False)
    outpost.copy(reduced, told_apart=False)
    *_, third, whole = outpost.laptops
    reduced.let_a_month_pass()
    outpost.restore(old=False)
    outpost.register(third, 1, twins=False)
    for laptop in (third, reduced, whole) if reduced_first else (third, whole, reduced):
        outpost.sync(laptop, FINE)
    visits = [one for one in outpost.office.states().values() if one.type == "visit"]
    assert [one.shown("note") is not None for one in visits] == [True]


@pytest.mark.parametrize("told_apart", [True, False])
def test_a_draft_that_two_copies_finish_is_two_people(outpost: Outpost, told_apart: bool) -> None:
    """It was begun before the copying; whom each then registered, only they know."""
    laptop, _ = outpost.laptops
    outpost.begin_draft(laptop)
    outpost.copy(laptop, told_apart=told_apart)
    for each in (outpost.laptops[-1], laptop):
        outpost.finish_draft(each, 0)
        outpost.sync(each, FINE)


def test_drafts_that_copies_began_alike_are_of_different_people(outpost: Outpost) -> None:
    """Two copies number alike; a copy of one of them goes on under a branch of its own."""
    laptop, _ = outpost.laptops
    outpost.copy(laptop, told_apart=False)
    for each in (laptop, outpost.laptops[-1]):
        outpost.begin_draft(each)
    outpost.copy(outpost.laptops[-1], told_apart=True)
    for each in (outpost.laptops[-1], laptop, outpost.laptops[-2]):
        outpost.finish_draft(each, 0)
        outpost.sync(each, FINE)


def test_a_revoked_laptops_copies_correct_somebody_of_before_they_parted(outpost: Outpost) -> None:
    """One was sent before the revocation and one after: each correction stays with its resident."""
    laptop, _ = outpost.laptops
    outpost.register(laptop, 2, twins=False)
    outpost.copy(laptop, told_apart=True)
    outpost.correct(laptop, 0)
    outpost.sync(outpost.laptops[-1], FINE)
    outpost.sync_locked(laptop, FINE)
    outpost.correct(laptop, 1)
    outpost.revoke(laptop)


def test_a_revoked_laptop_and_its_copy_part_behind_what_a_relay_brought(outpost: Outpost) -> None:
    """Both send what follows, the copy with people of its own: all of it is taken in."""
    _, laptop = outpost.laptops
    outpost.sync_locked(laptop, FINE)
    outpost.register(laptop, 1, twins=False)
    outpost.visit_relay(laptop, FINE)
    outpost.attach(laptop, 0)
    outpost.revoke(laptop)
    outpost.copy(laptop, told_apart=False)
    outpost.register(outpost.laptops[-1], 3, twins=False)


def two_under_one_number(outpost: Outpost) -> tuple[FieldLaptop, FieldLaptop]:
    """Let a laptop and a copy that does not know of it each register somebody."""
    laptop, _ = outpost.laptops
    outpost.copy(laptop, told_apart=False)
    other = outpost.laptops[-1]
    outpost.register(laptop, 1, twins=False)
    outpost.register(other, 1, twins=False)
    return laptop, other


def test_what_a_copy_had_at_the_office_is_offered_to_a_restored_one(outpost: Outpost) -> None:
    """Another copy's resident takes the number there: both copies write theirs again alike."""
    laptop, other = two_under_one_number(outpost)
    outpost.copy(laptop, told_apart=True)
    outpost.sync(laptop, FINE)
    outpost.sync(outpost.laptops[-1], FINE)
    outpost.restore(old=False)
    outpost.sync(other, FINE)


def test_what_a_copy_had_at_the_office_outlives_the_laptop_it_came_by(outpost: Outpost) -> None:
    """The first laptop is lost with what was saved behind the backup; its copy has it all."""
    laptop, _ = outpost.laptops
    outpost.register(laptop, 3, twins=False)
    outpost.copy(laptop, told_apart=True)
    outpost.sync(laptop, FINE)
    outpost.sync(outpost.laptops[-1], FINE)
    outpost.restore(old=False)
    outpost.laptops.remove(laptop)
    laptop.app.close()


def test_who_is_corrected_behind_a_restore_is_who_was_shown(outpost: Outpost) -> None:
    """No page that may bear the id of one's own is laid in before one's own was offered again."""
    laptop, other = two_under_one_number(outpost)
    outpost.sync(laptop, FINE)
    outpost.restore(old=False)
    outpost.sync(laptop, FINE)
    outpost.restore(old=True)
    outpost.sync(other, FINE)
    outpost.sync(laptop, FINE)
    outpost.correct(laptop, 0)
