"""Codes and PINs of phones, and the addresses that are shared with them."""

import pytest

from field_client.errors import PinWeak
from field_client.web.errors import (
    AddressNotPrivate,
    PhoneCodeWait,
    PhoneCodeWrong,
    PhoneNameless,
    PhoneOut,
    PhonePinWrong,
)
from field_client.web.phones import LONGEST_WAIT_S, WRONG_CODES, Asked, Phones
from field_client.web.phones_address import checked
from tests.support.laptop import OPERATOR

PHONE_PIN = "314159"


def test_a_code_is_guessed_ever_more_slowly() -> None:
    """Each caller waits twice as long; the right code is not heard either; twenty withdraw it."""
    phones, now_s = Phones(), 0.0
    code = phones.offer(now_s).text
    waits = []
    for _ in range(8):
        with pytest.raises(PhoneCodeWrong):
            pair(phones, "ZZZZZZZZ", now_s)
        with pytest.raises(PhoneCodeWait) as told:
            pair(phones, code, now_s)
        waits.append(told.value.details["seconds"])
        now_s += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert waits[-1] == LONGEST_WAIT_S
    code = phones.offer(now_s).text
    for at in range(WRONG_CODES):
        with pytest.raises(PhoneCodeWrong):
            pair(phones, "ZZZZZZZZ", now_s, caller=f"10.42.0.{at}")
    assert phones.is_guessed_at
    with pytest.raises(PhoneCodeWrong):
        pair(phones, code, now_s, caller="10.42.0.200")


def test_a_code_is_typed_as_it_is_read_out() -> None:
    """Small letters, a hyphen, an O for a zero; what is missing beside it costs no code."""
    phones = Phones()
    code = phones.offer(0.0)
    with pytest.raises(PhoneNameless):
        pair(phones, code.text, 1.0, name="  ")
    with pytest.raises(PinWeak):
        pair(phones, code.text, 1.0, digits="111111")
    typed = code.spoken.lower().replace("0", "o").replace("1", "l")
    token = pair(phones, typed, 1.0)
    again = pair(phones, phones.offer(1.0).text, 1.0)
    assert [one.name for one in phones.every()] == ["Ponsel", "Ponsel (2)"]
    found = phones.find(token)
    assert found is not None
    assert found is not phones.find(again)
    with pytest.raises(PhonePinWrong):
        phones.wake(found, "999999", 2.0)
    phones.wake(found, PHONE_PIN, 2.0)
    for _ in range(4):
        with pytest.raises(PhonePinWrong):
            phones.wake(found, "999999", 2.0)
    with pytest.raises(PhoneOut):
        phones.wake(found, "999999", 2.0)
    assert phones.find(token) is None


def pair(
    phones: Phones,
    code: str,
    now_s: float,
    *,
    name: str = "Ponsel",
    digits: str = PHONE_PIN,
    caller: str = "10.42.0.7",
) -> str:
    """Ask to be let in."""
    asked = Asked(code=code, name=name, digits=digits, caller=caller)
    return phones.pair(asked, OPERATOR, now_s=now_s, now_ms=0)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (" 192.168.137.1 ", True),
        ("10.42.0.1", True),
        ("127.0.0.2", True),
        ("0.0.0.0", False),  # noqa: S104 - refused
        ("8.8.8.8", False),
        ("::1", False),
        ("hotspot", False),
        ("", False),
    ],
)
def test_only_a_private_address_is_shared(text: str, fits: bool) -> None:
    """Never all of them, never one of the internet."""
    if fits:
        assert checked(text) == text.strip()
    else:
        with pytest.raises(AddressNotPrivate):
            checked(text)
