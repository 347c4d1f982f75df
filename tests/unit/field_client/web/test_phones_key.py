"""The certificate by which phones know a laptop again."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from field_client.web.phones_key import LineKey, line_key
from shared_schema.clock import Evidence
from tests.support.laptop import reopen
from tests.support.memory_server import NOW_MS

_YEAR_MS = 366 * 86_400_000


def certificate(found: LineKey) -> x509.Certificate:
    """Read it."""
    return x509.load_pem_x509_certificate(found.certificate)


def test_it_stays_the_same_until_its_year_is_over(home: Path) -> None:
    """A second warning of a phone would mean something; another address has another certificate."""
    with reopen(home) as app:
        first = line_key(app, "192.168.137.1")
    with reopen(home) as app:
        assert line_key(app, "192.168.137.1") == first
        other = line_key(app, "10.42.0.1")
    assert other.fingerprint != first.fingerprint
    assert certificate(other).public_key() == certificate(first).public_key()
    names = certificate(first).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.IPAddress) == [ip_address("192.168.137.1")]
    assert certificate(first).subject.rfc4514_string() == "CN=Jemput"
    later = lambda: Evidence(wall_ms=NOW_MS + _YEAR_MS, monotonic_ms=1)  # noqa: E731 - a clock
    with reopen(home, clocks=later) as app:
        assert line_key(app, "10.42.0.1").fingerprint != other.fingerprint


def test_its_key_is_on_the_disk_sealed_only(home: Path) -> None:
    """Python's TLS reads files; they are gone afterwards, and the key in them opens for nobody."""
    with reopen(home) as app:
        found = line_key(app, "192.168.137.1")

    def read(shown: str, secret: str, passphrase: str) -> Path:
        sealed = Path(secret).read_bytes()
        assert Path(shown).read_bytes() == found.certificate
        assert b"ENCRYPTED PRIVATE KEY" in sealed
        with pytest.raises(TypeError):
            load_pem_private_key(sealed, None)
        load_pem_private_key(sealed, passphrase.encode())
        return Path(secret)

    assert not found.with_files(read).exists()
    assert "PRIVATE" not in repr(found)
