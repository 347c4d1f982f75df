"""The office's recovery key: its shares, whom it is told to, and which requests are answered."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from shamir_mnemonic import Share

from shared_schema import recovery as documents
from shared_schema.errors import JemputError
from shared_schema.frames import Kind
from shared_schema.recovery import RecoveryRequestForged, Request, key_name
from sync_server import recovery, shares
from sync_server.recovery import (
    Drawn,
    HoldersInvalid,
    RecoveryDeviceRevoked,
    RecoveryDeviceUnknown,
    RecoveryKeyExists,
    RecoveryKeyForeign,
    RecoveryKeyMissing,
    ShareForeign,
    ShareOfOtherKey,
    ThresholdInvalid,
)
from sync_server.shares import (
    ShareLengthWrong,
    ShareMiscopied,
    ShareRepeated,
    SharesMixed,
    SharesTooFew,
    SharesWrong,
    ShareWordUnknown,
    Typed,
)
from sync_server.store.queries import devices
from sync_server.store.queries.recovery import Deed
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import RawDevice

ACTOR = "user:penyelia"
ROOT = bytes(range(32))
SLOT = X25519PrivateKey.from_private_bytes(b"s" * 32)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office without a recovery key."""
    return found_office(tmp_path)


def make(bench: Bench, threshold: int = 2, count: int = 3) -> Drawn:
    """Make a key and keep it."""
    drawn = recovery.draw(bench.office, threshold, count, ())
    recovery.keep(bench.office, drawn, ACTOR)
    return drawn


def typed(bench: Bench, drawn: Drawn, *numbers: int) -> list[Typed]:
    """Type these shares of a key."""
    return [
        recovery.check_share(bench.office, drawn.key, drawn.shares[number - 1], place)
        for place, number in enumerate(numbers, start=1)
    ]


def asked(drawn: Drawn, device: RawDevice) -> Request:
    """Ask as a laptop does that holds the key."""
    return Request(
        device=device.id,
        operator="petugas",
        slot=SLOT.public_key().public_bytes_raw(),
        recovery=drawn.key.public,
        sealed=documents.seal_root(ROOT, device.id, drawn.key.public),
    )


def keys_sent(bench: Bench, device: RawDevice) -> list[str]:
    """Exchange nothing; give the recovery keys that the pages bring."""
    items = bench.exchange(device).items
    return [item["public"] for item in items if item["kind"] == "recovery"]


# Shares


@pytest.mark.parametrize(("threshold", "count"), [(2, 2), (2, 3), (3, 5), (16, 16)])
def test_any_shares_that_suffice_give_the_key(bench: Bench, threshold: int, count: int) -> None:
    """Also more of them than are needed, in any order; one fewer does not."""
    drawn = make(bench, threshold, count)
    last = typed(bench, drawn, *range(count, count - threshold, -1))
    everyone = typed(bench, drawn, *range(1, count + 1))
    for given in (last, everyone):
        found = recovery.private_of(drawn.key, given)
        assert found.public_key().public_bytes_raw() == drawn.key.public
    with pytest.raises(SharesTooFew):
        recovery.private_of(drawn.key, last[1:])


def test_a_share_may_be_typed_short_and_in_capitals(bench: Bench) -> None:
    """Four letters tell a word of the list from all others."""
    drawn = make(bench)
    short = " ".join(word[:4].upper() for word in drawn.shares[0].split())
    assert recovery.check_share(bench.office, drawn.key, short, 1).words == drawn.shares[0]


def miscopied(share: str) -> list[tuple[str, type[JemputError]]]:
    """Give what an officer may mistype, and what each is called."""
    words = share.split()
    swapped = [*words[:9], words[10], words[9], *words[11:]]
    return [
        (" ".join([*words[:6], "lampu", *words[7:]]), ShareWordUnknown),
        (" ".join(words[:-1]), ShareLengthWrong),
        (f"{share} {words[-1]}", ShareLengthWrong),
        ("", ShareLengthWrong),
        (" ".join(swapped), ShareMiscopied),
    ]


def test_a_miscopied_share_is_named(bench: Bench) -> None:
    """By its place among those typed, before the others are asked for."""
    drawn = make(bench)
    for words, error in miscopied(drawn.shares[1]):
        with pytest.raises(error) as told:
            recovery.check_share(bench.office, drawn.key, words, 2)
        assert told.value.details["share"] == 2
        assert not set(words.split()) & set(str(told.value.details).split())


def test_shares_that_do_not_go_together_are_named(bench: Bench) -> None:
    """One typed twice, one of another set, one that was forged, two of another key."""
    first, other = make(bench), recovery.draw(bench.office, 2, 3, ())
    (one,) = typed(bench, first, 1)
    forged = replace(Share.from_mnemonic(other.shares[2]), identifier=one.identifier).mnemonic()
    foreign = shares.read(other.shares[2], 2)
    with pytest.raises(ShareRepeated):
        shares.combine([one, one])
    with pytest.raises(SharesMixed):
        shares.combine([one, foreign])
    with pytest.raises(SharesWrong):
        shares.combine([one, shares.read(forged, 2)])
    with pytest.raises(SharesWrong):
        recovery.private_of(first.key, [shares.read(words, 1) for words in other.shares])


def test_a_share_of_another_key_is_named(bench: Bench) -> None:
    """An earlier key of this office by its name; a stranger's as such."""
    old, new = make(bench), make(bench)
    foreign = recovery.draw(bench.office, 2, 2, ())
    with pytest.raises(ShareOfOtherKey) as told:
        recovery.check_share(bench.office, new.key, old.shares[0], 1)
    assert told.value.details["key"] == key_name(old.key.public)
    with pytest.raises(ShareForeign):
        recovery.check_share(bench.office, new.key, foreign.shares[0], 1)


# Making a key


def test_what_cannot_be_made_is_refused(bench: Bench) -> None:
    """A threshold out of reach, or of one; holders that are not one for each share."""
    for threshold, count in ((1, 3), (4, 3), (2, 17)):
        with pytest.raises(ThresholdInvalid):
            recovery.draw(bench.office, threshold, count, ())
    for holders in (("Kadis",), ("Kadis", "Kadis", "Kabid")):
        with pytest.raises(HoldersInvalid):
            recovery.draw(bench.office, 2, 3, holders)


def test_a_key_that_was_shown_but_not_kept_is_nothing(bench: Bench) -> None:
    """Broken off while the shares were shown, the office has no key, and may begin again."""
    recovery.draw(bench.office, 2, 3, ())
    recovery.require_none(bench.office)
    assert recovery.survey(bench.office).key is None


def test_two_at_once_make_one_key(bench: Bench) -> None:
    """The second to finish is refused, so no shares are on paper that open nothing, unknown."""
    one, two = (recovery.draw(bench.office, 2, 3, ()) for _ in range(2))
    recovery.keep(bench.office, one, ACTOR)
    with pytest.raises(RecoveryKeyExists):
        recovery.keep(bench.office, two, ACTOR)
    with pytest.raises(RecoveryKeyExists):
        recovery.require_none(bench.office)


def test_the_server_keeps_no_share_and_no_private_key(bench: Bench, tmp_path: Path) -> None:
    """What is on its disk after a whole recovery opens nothing."""
    drawn, device = make(bench), bench.device()
    given = typed(bench, drawn, 1, 3)
    recovery.answer(bench.office, recovery.open_case(bench.office, asked(drawn, device)), given, "")
    private = recovery.private_of(drawn.key, given).private_bytes_raw()
    bench.office.store.close()
    disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (private, private.hex().encode(), ROOT, *(s[40:].encode() for s in drawn.shares)):
        assert secret not in disk


# Telling the laptops


def test_an_enrolled_laptop_takes_a_new_key_at_its_next_sync(bench: Bench) -> None:
    """Once, without a new snapshot; and the office learns at the sync after that it did."""
    device = bench.device()
    assert keys_sent(bench, device) == []
    for _ in range(2):
        drawn = make(bench)
        answer = bench.exchange(device)
        assert [item["kind"] for item in answer.items] == ["recovery"]
        assert answer.items[0]["public"] == drawn.key.public.hex()
        assert [one.id for one in recovery.survey(bench.office).without] == [device.id]
        assert keys_sent(bench, device) == []
        assert recovery.survey(bench.office).without == ()


def test_a_page_that_was_lost_brings_the_key_again(bench: Bench) -> None:
    """Until the laptop's cursor says that it was applied."""
    device = bench.device()
    drawn, before = make(bench), device.cursor
    for _ in range(2):
        device.cursor = before
        assert keys_sent(bench, device) == [drawn.key.public.hex()]


def test_the_key_comes_beside_changes(bench: Bench) -> None:
    """With what else is new, none of which is lost or sent twice."""
    device, other = bench.device(), bench.device()
    bench.exchange(device)
    bench.exchange(other, other.batch(other.people(3)))
    make(bench)
    answer = bench.exchange(device)
    assert [item["kind"] for item in answer.items] == ["recovery", "state", "state", "state"]
    assert bench.exchange(device).items == []


def test_a_laptop_that_enrols_is_told_at_once(bench: Bench) -> None:
    """In the answer to its enrolment, and in its first snapshot."""
    drawn = make(bench)
    device = RawDevice.of(code_of(bench.office))
    answer = bench.exchange(device, device.enrol())
    assert answer.objects(Kind.ENROLLED)[0]["recovery"] == recovery.told(drawn.key)
    assert [item["kind"] for item in answer.items] == ["reset", "regions", "recovery"]


def test_a_key_made_later_bears_a_later_time(bench: Bench) -> None:
    """Even where the server's clock was set back: laptops take the later one."""
    first = make(bench)
    bench.clock[0] -= 1_000_000
    assert make(bench).key.made_ms > first.key.made_ms


# Answering


def test_a_request_is_answered_with_two_of_three_shares(bench: Bench) -> None:
    """The new slot opens with the root, and the office keeps who did it for whom."""
    drawn, device = make(bench), bench.device()
    case = recovery.open_case(bench.office, asked(drawn, device))
    assert (case.device.label, case.earlier) == ("Laptop Contoh", False)
    given = recovery.answer(bench.office, case, typed(bench, drawn, 3, 1), ACTOR)
    assert documents.open_for_slot(given.sealed, SLOT) == ROOT
    event = recovery.survey(bench.office).events[-1]
    assert (event.deed, event.actor, event.shares) == (Deed.ANSWERED, ACTOR, (1, 3))
    assert (event.device, event.operator) == (device.id.hex(), "petugas")


def test_a_request_to_an_earlier_key_needs_its_shares(bench: Bench) -> None:
    """A laptop that has not synced since the key was replaced."""
    old, device = make(bench), bench.device()
    new = make(bench)
    case = recovery.open_case(bench.office, asked(old, device))
    assert case.earlier
    with pytest.raises(ShareOfOtherKey):
        recovery.check_share(bench.office, case.key, new.shares[0], 1)
    given = recovery.answer(bench.office, case, typed(bench, old, 1, 2), ACTOR)
    assert documents.open_for_slot(given.sealed, SLOT) == ROOT


def revoke(bench: Bench, device: RawDevice) -> None:
    """Report a laptop lost."""
    with bench.office.store.write() as connection:
        devices.revoke(connection, device.id, bench.clock[0])


def test_a_lost_laptop_is_not_opened(bench: Bench) -> None:
    """Not under its own name, nor under that of another, nor if reported while shares are typed."""
    drawn, lost, other = make(bench), bench.device(), bench.device()
    case = recovery.open_case(bench.office, asked(drawn, lost))
    revoke(bench, lost)
    with pytest.raises(RecoveryDeviceRevoked):
        recovery.open_case(bench.office, asked(drawn, lost))
    with pytest.raises(RecoveryDeviceRevoked):
        recovery.answer(bench.office, case, typed(bench, drawn, 1, 2), ACTOR)
    masked = recovery.open_case(bench.office, replace(asked(drawn, lost), device=other.id))
    with pytest.raises(RecoveryRequestForged):
        recovery.answer(bench.office, masked, typed(bench, drawn, 1, 2), ACTOR)
    assert [one.deed for one in recovery.survey(bench.office).events] == [Deed.CREATED]


def refused(bench: Bench, request: Request) -> str:
    """Give the code with which a request is refused."""
    with pytest.raises(JemputError) as told:
        recovery.open_case(bench.office, request)
    return told.value.code


def test_a_stranger_is_not_answered(bench: Bench, tmp_path: Path) -> None:
    """A laptop that is not enrolled, a key that is not ours, an office without a key."""
    (tmp_path / "other").mkdir()
    elsewhere = found_office(tmp_path / "other")
    drawn, foreign = make(bench), make(elsewhere)
    device, stranger = bench.device(), elsewhere.device()
    found = [
        refused(bench, asked(drawn, stranger)),
        refused(bench, asked(foreign, device)),
        refused(found_office_without_key(tmp_path), asked(drawn, device)),
    ]
    errors: Sequence[type[JemputError]] = (
        RecoveryDeviceUnknown,
        RecoveryKeyForeign,
        RecoveryKeyMissing,
    )
    assert found == [error.code for error in errors]


def found_office_without_key(folder: Path) -> Bench:
    """Open a third office."""
    (folder / "third").mkdir()
    return found_office(folder / "third")


# Exercising


def test_an_exercise_is_noted_with_its_shares_and_date(bench: Bench) -> None:
    """Each share bears the date on which it was last typed; a failed one is not noted."""
    drawn = make(bench)
    with pytest.raises(SharesTooFew):
        recovery.exercise(bench.office, drawn.key, typed(bench, drawn, 1), ACTOR)
    assert recovery.survey(bench.office).exercised_ms is None
    recovery.exercise(bench.office, drawn.key, typed(bench, drawn, 2, 1), ACTOR)
    survey = recovery.survey(bench.office)
    assert survey.exercised_ms == bench.clock[0]
    assert survey.tried == {1: bench.clock[0], 2: bench.clock[0]}
    make(bench)
    assert recovery.survey(bench.office).exercised_ms is None
