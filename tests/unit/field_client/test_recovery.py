"""The office's recovery key on a laptop: noted with a page, taken into the slots, and used."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client import receiving
from field_client.opened import App
from field_client.recovery import (
    RecoveryAnswerForeign,
    RecoveryAnswerOutdated,
    find_waiting,
    take_key,
)
from field_client.vault import durable, keys
from field_client.vault.errors import DiskFull, RecoveryUnavailable
from field_client.vault.roster import read_slots
from shared_schema import recovery
from shared_schema.messages import MessageInvalid, Page
from shared_schema.recovery import Answer, Request
from tests.support.laptop import OPERATOR, laptop, reopen
from tests.support.memory_server import MemoryServer

NEW = "kopi-labuan-bajo-sembilan"
OFFICE, LATER = (X25519PrivateKey.from_private_bytes(bytes([at]) * 32) for at in (1, 2))


def public(private: X25519PrivateKey) -> bytes:
    """Return the raw public key."""
    return private.public_key().public_bytes_raw()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open a laptop."""
    with laptop(tmp_path / "a", MemoryServer().code()) as opened:
        yield opened


def told(app: App, made_ms: Any, key: X25519PrivateKey = OFFICE, **odd: Any) -> None:
    """Apply a page that brings a recovery key."""
    item = {"kind": "recovery", "public": public(key).hex(), "made_ms": made_ms, **odd}
    before = receiving.cursor(app.journal)
    page = Page(previous=before, next=f"{before}+", items=[item])
    assert receiving.apply_page(app.journal, page)


def held(home: Path) -> str | None:
    """Return the key that the root is sealed to."""
    content = read_slots(home).recovery
    return None if content is None else str(content["public"])


def asked(home: Path) -> Request:
    """Ask for a recovery."""
    return keys.begin_recovery(home, OPERATOR, NEW, calibrate=False)


def test_a_key_that_came_is_sealed_to(app: App) -> None:
    """What the office can open is this store's root, in this laptop's name."""
    told(app, 5)
    assert held(app.home) is None
    take_key(app)
    assert held(app.home) == public(OFFICE).hex()
    request = asked(app.home)
    assert request.device == app.device_keys.device
    assert recovery.open_root(request, OFFICE) == app.keys.root


def test_of_two_keys_the_later_counts(app: App) -> None:
    """Whichever comes first: a restored office may tell of one that it had replaced."""
    for made_ms, key in ((5, OFFICE), (9, LATER), (7, OFFICE), (9, OFFICE)):
        told(app, made_ms, key)
        take_key(app)
    assert held(app.home) == public(LATER).hex()


def test_the_answer_to_an_enrolment_brings_it_too(app: App) -> None:
    """An office without a key says so."""
    content: dict[str, Any] = {"label": "tim-1", "scope": [], "regions": [], "recovery": None}
    receiving.apply_enrolment(app.journal, content)
    take_key(app)
    assert held(app.home) is None
    given = {"public": public(OFFICE).hex(), "made_ms": 1}
    receiving.apply_enrolment(app.journal, {**content, "recovery": given})
    take_key(app)
    assert held(app.home) == public(OFFICE).hex()


@pytest.mark.parametrize(
    "odd", [{"public": "00" * 32}, {"public": "zz"}, {"public": None}, {"made_ms": "5"}]
)
def test_a_key_that_nothing_can_be_sealed_to_is_refused(app: App, odd: dict[str, Any]) -> None:
    """The page is not applied."""
    before = receiving.cursor(app.journal)
    with pytest.raises(MessageInvalid):
        told(app, **{"made_ms": 5, **odd})
    take_key(app)
    assert (receiving.cursor(app.journal), held(app.home)) == (before, None)


def test_a_key_that_was_only_noted_is_taken_at_the_next_unlock(app: App) -> None:
    """A crash between the page and the slot file, or a page that came while locked."""
    told(app, 5)
    app.close()
    reopen(app.home, app.keys).close()
    assert held(app.home) == public(OFFICE).hex()


def test_a_full_disk_keeps_nobody_out(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key waits for the next unlock."""
    told(app, 5)
    app.close()

    def full(path: Path, _content: bytes) -> None:
        raise DiskFull(file=path.name)

    monkeypatch.setattr(durable, "write_file", full)
    with reopen(app.home, app.keys) as opened:
        assert [warning.code for warning in opened.warnings] == ["DISK_FULL"]
    monkeypatch.undo()
    reopen(app.home, app.keys).close()
    assert held(app.home) == public(OFFICE).hex()


def test_an_answer_finds_its_request(app: App) -> None:
    """Another laptop's, an earlier one's and a stranger's are told apart from it."""
    told(app, 5)
    take_key(app)
    earlier, last = (recovery.answer(asked(app.home), OFFICE) for _ in range(2))
    found = find_waiting(app.home, last)
    assert (found.operator, found.applied) == (OPERATOR, False)
    with pytest.raises(RecoveryAnswerOutdated):
        find_waiting(app.home, earlier)
    foreign = Answer(device=bytes(8), slot=last.slot, code=last.code, sealed=last.sealed)
    with pytest.raises(RecoveryAnswerForeign):
        find_waiting(app.home, foreign)
    keys.finish_recovery(app.home, OPERATOR, NEW, last.sealed)
    assert find_waiting(app.home, last).applied
    assert keys.unlock(app.home, OPERATOR, NEW).root == app.keys.root


def test_without_a_key_nothing_can_be_asked(app: App) -> None:
    """And no slot waits afterwards."""
    with pytest.raises(RecoveryUnavailable):
        asked(app.home)
    assert all(slot.sealed for slot in read_slots(app.home).slots)
