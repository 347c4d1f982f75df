"""The keys of a paused shift: wrapped by six digits, in memory only."""

import pytest

from field_client.errors import PinWeak
from field_client.vault.pin import set_pin, unwrap, wrap
from field_client.vault.roster import VaultKeys

KEYS = VaultKeys(
    operator="petugas",
    slot="s1",
    role="operator",
    public=b"o" * 32,
    root=b"r" * 32,
    identity=b"i" * 32,
    previous=(b"p" * 32,),
)


def test_the_right_digits_give_the_keys_back() -> None:
    """And what wraps them again at the next pause."""
    first = wrap(set_pin("271828"), KEYS)
    opened = unwrap(first, "271828")
    assert opened is not None
    again, keys = opened
    assert keys == KEYS
    second = unwrap(wrap(again, keys), "271828")
    assert second is not None
    assert second[1] == KEYS


def test_wrong_digits_give_nothing() -> None:
    """Not even another kind of error."""
    assert unwrap(wrap(set_pin("271828"), KEYS), "271829") is None


def test_two_pauses_share_nothing() -> None:
    """Salt and nonce are drawn anew, so equal PINs cannot be told."""
    one, other = (wrap(set_pin("271828"), KEYS) for _ in range(2))
    assert one.salt != other.salt
    assert one.sealed != other.sealed


def test_a_weak_pin_is_refused() -> None:
    """Before anything is derived from it."""
    with pytest.raises(PinWeak):
        set_pin("123456")


def test_nothing_secret_is_shown() -> None:
    """Neither a key nor what is wrapped stands in a representation."""
    made = set_pin("271828")
    shown = repr(made) + repr(wrap(made, KEYS)) + repr(KEYS)
    assert made.key.hex() not in shown
    assert repr(made.key) not in shown
    assert repr(KEYS.root) not in shown
