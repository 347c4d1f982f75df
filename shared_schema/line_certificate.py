"""The certificate that a server shows on a protected line: its own key signs it, nobody else does.

A relay's is signed by the relay's key and carries the office's word for that key (`relaying`).

X.509, because TLS asks for it. It names a key made for the line alone, and is signed (Ed25519) by
the key that every laptop was given at enrolment. It bears no days and no address that count: a
laptop whose clock is wrong, or whose office moved, still knows its server. What it protects is
what an onlooker could count; batches, pages and receipts bear their own seals and signatures.

A certificate's bytes begin with 0x30, every other message that the key signs with "jemput".
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared_schema.errors import CustodyError
from shared_schema.ids import device_id
from shared_schema.relaying import read_certificate

# A number of our own (ITU-T X.667): SHA-256 over "jemput relay certificate v1" as a UUID.
_WORD = x509.ObjectIdentifier("2.25.307676982521353654965957328924005135805")
_ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
_SERIAL_BYTES = 16


def certify(
    line_key: EllipticCurvePublicKey,
    signing: Ed25519PrivateKey,
    hosts: Iterable[str],
    word: bytes = b"",
) -> x509.Certificate:
    """Return the certificate of ``line_key``, signed by ``signing``.

    ``hosts``: names and addresses for programs that look at them; a laptop does not. ``word``: of
    the office for a relay, signed.
    """
    party = _name(device_id(signing.public_key().public_bytes_raw()))
    begins, ends = _ALWAYS
    builder = (
        x509.CertificateBuilder()
        .subject_name(party)
        .issuer_name(party)
        .public_key(line_key)
        .serial_number(_serial(line_key))
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    names = [_host(each) for each in hosts]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if word:
        builder = builder.add_extension(x509.UnrecognizedExtension(_WORD, word), critical=False)
    return builder.sign(signing, None)


def is_signed_by(certificate: bytes, signing: bytes) -> bool:
    """Return whether a certificate (DER) bears the signature of a raw Ed25519 public key."""
    try:
        read = x509.load_der_x509_certificate(certificate)
        key = Ed25519PublicKey.from_public_bytes(signing)
        key.verify(read.signature, read.tbs_certificate_bytes)
    except (ValueError, InvalidSignature):
        return False
    return True


def is_relays(certificate: bytes, office: bytes) -> bool:
    """Return whether a certificate (DER) is one of a relay for which the office gave its word.

    ``office``: its raw Ed25519 public key. Whether the word's time is over is judged elsewhere.
    """
    try:
        read = x509.load_der_x509_certificate(certificate)
        word = read.extensions.get_extension_for_oid(_WORD).value.public_bytes()
        relay = read_certificate(word, Ed25519PublicKey.from_public_bytes(office))
    except (ValueError, x509.ExtensionNotFound, CustodyError):
        return False
    return is_signed_by(certificate, relay.signing)


def _name(party: bytes) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"jemput {party.hex()}")])


def _serial(line_key: EllipticCurvePublicKey) -> int:
    public = line_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return int.from_bytes(hashlib.sha256(public).digest()[:_SERIAL_BYTES]) | 1


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
