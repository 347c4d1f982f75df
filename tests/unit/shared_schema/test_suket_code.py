"""The code on an interim letter: genuine ones are told from forged ones with the key alone."""

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared_schema.suket_code import Letter, LetterForged, LetterUnreadable, signed, verified

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
LETTER = Letter(
    region="53.15",
    number="470/12/SKT/2026",
    nik="5315051705700001",
    name="Warga Uji 12",
    birth_date="1970-05-17",
    issued_on="2026-11-23",
    expires_on="2027-05-23",
)


def test_a_genuine_letter_says_what_was_signed() -> None:
    """Whatever the name holds; the code is one line of printable ASCII."""
    for name in ("Warga Uji 12", "Ma|ria % d'Uji", "Nyoman Ānanda", ""):
        letter = Letter(**{**dict_of(LETTER), "name": name})
        code = signed(letter, KEY)
        assert verified(f"  {code}\r\n", [OTHER.public_key(), KEY.public_key()]) == letter
        assert code.isascii()
        assert code.isprintable()


def dict_of(letter: Letter) -> dict[str, str]:
    """Give a letter's fields."""
    return {name: getattr(letter, name) for name in Letter.__slots__}


def test_whatever_is_changed_in_a_code_makes_it_forged() -> None:
    """Every single letter of it, and the fields shifted against each other."""
    code = signed(LETTER, KEY)
    for at, letter in enumerate(code):
        other = code[:at] + ("R" if letter != "R" else "Q") + code[at + 1 :]
        with pytest.raises((LetterForged, LetterUnreadable)):
            verified(other, [KEY.public_key()])
    shifted = code.replace("Warga Uji 12|1970-05-17", "Warga Uji |121970-05-17")
    with pytest.raises(LetterForged):
        verified(shifted, [KEY.public_key()])


def test_a_letter_that_somebody_else_signed_is_forged() -> None:
    """Also where they name our key."""
    ours, theirs = signed(LETTER, KEY), signed(LETTER, OTHER)
    with pytest.raises(LetterForged):
        verified(theirs, [KEY.public_key()])
    said = ours.rpartition("|")[0]
    with pytest.raises(LetterForged):
        verified(f"{said}|{theirs.rpartition('|')[2]}", [KEY.public_key()])
    with pytest.raises(LetterForged):
        verified(ours, [])


def test_another_text_is_no_letter() -> None:
    """A receipt, a web address, nothing, a code of a newer kind."""
    for text in (
        "",
        "https://example.test/",
        "SUKET1|a|b",
        signed(LETTER, KEY).replace("T1", "T2"),
    ):
        with pytest.raises(LetterUnreadable):
            verified(text, [KEY.public_key()])


def test_a_letter_without_an_end_never_expires() -> None:
    """Until the card is issued; the others hold through their last day."""
    assert not Letter(**{**dict_of(LETTER), "expires_on": ""}).expired(date(2099, 1, 1))
    assert [LETTER.expired(date(2027, 5, day)) for day in (23, 24)] == [False, True]
