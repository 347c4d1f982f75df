"""The key and certificate by which phones know this laptop again: made once, kept in the store.

No office signs a certificate for 192.168.137.1, so a phone's browser warns the first time; it
warns no more while the certificate stays the same. Python's TLS takes keys from files only: the
key stands on the disk for a moment, encrypted under a passphrase that is never written.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from field_client.opened import App

_META = "phones"
_NAME = "Jemput"
_VALID = timedelta(days=365)
_BEFORE = timedelta(days=2)
_PASSPHRASE_BYTES = 32
Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKey:
    """What one address is served with. ``key``: PEM, open; it stays in memory and in the store."""

    address: str
    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """The certificate's SHA-256 as browsers show it."""
        found = x509.load_pem_x509_certificate(self.certificate).fingerprint(hashes.SHA256())
        return found.hex(":").upper()

    def with_files(self, load: Callable[[str, str, str], Loaded]) -> Loaded:
        """Return what ``load`` makes of the files (certificate, key) and the key's passphrase."""
        passphrase = secrets.token_hex(_PASSPHRASE_BYTES)
        sealed = _key(self.key.decode()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
        )
        with TemporaryDirectory(prefix="jemput-") as folder:
            files = Path(folder, "certificate.pem"), Path(folder, "key.pem")
            files[0].write_bytes(self.certificate)
            files[1].write_bytes(sealed)
            return load(str(files[0]), str(files[1]), passphrase)


def line_key(app: App, address: str) -> LineKey:
    """Return the store's key and its certificate for an address; made where there is none yet."""
    kept, now = app.tables.read_meta(_META), _now(app)
    if kept.get("address") != address or not _is_valid(kept.get("certificate", ""), now):
        key = _key(kept["key"]) if "key" in kept else ec.generate_private_key(ec.SECP256R1())
        kept = {"key": _pem(key), "address": address, "certificate": _certify(key, address, now)}
        with app.journal.transaction():
            app.tables.write_meta(_META, kept)
    return LineKey(
        address=address, certificate=kept["certificate"].encode(), key=kept["key"].encode()
    )


def _now(app: App) -> datetime:
    return datetime.fromtimestamp(app.journal.evidence().best_ms() / 1000, tz=UTC)


def _is_valid(certificate: str, now: datetime) -> bool:
    if not certificate:
        return False
    found = x509.load_pem_x509_certificate(certificate.encode())
    return found.not_valid_before_utc <= now < found.not_valid_after_utc - _BEFORE


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the key of the phones' line is of another kind")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certify(key: ec.EllipticCurvePrivateKey, address: str, now: datetime) -> str:
    """Return a certificate for one address, which tells nobody whose laptop it is."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _VALID)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()
