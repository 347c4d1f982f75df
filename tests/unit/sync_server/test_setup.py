"""What ``init`` checks before it makes anything."""

from dataclasses import replace
from typing import Any

import pytest

from shared_schema.errors import JemputError
from sync_server import setup
from tests.support import stretching

FOUNDING = setup.Founding(
    region="53.15",
    name="Kabupaten Uji",
    timezone="Asia/Makassar",
    regions=setup.shipped_regions(),
    administrator="penyelia",
    passphrase="sandi-uji-coba",
)


def test_a_sound_founding_passes() -> None:
    """The shipped table holds the example regency, and only what lies in it is kept."""
    setup.check(FOUNDING)
    codes = [code for code, _ in setup.regions_for(FOUNDING)]
    assert codes
    assert all(code.startswith("53.15") or code == "53" for code in codes)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"region": "11.01"}, "REGION_UNKNOWN"),
        ({"timezone": "Asia/Labuanbajo"}, "TIMEZONE_UNKNOWN"),
        ({"timezone": "../etc/passwd"}, "TIMEZONE_UNKNOWN"),
        ({"passphrase": "pendek"}, "PASSPHRASE_SHORT"),
    ],
)
def test_what_cannot_be_used_is_named(wrong: dict[str, Any], code: str) -> None:
    """Each wrong answer has its own code."""
    with pytest.raises(JemputError) as caught:
        setup.check(replace(FOUNDING, **wrong))
    assert caught.value.code == code


def test_a_passphrase_is_kept_as_an_argon2id_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Salted: twice the same passphrase gives two hashes, neither of which shows it."""
    stretching.as_ever(monkeypatch)
    one, other = (setup.hash_passphrase("sandi-uji-coba") for _ in range(2))
    assert one != other
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert "sandi" not in one
