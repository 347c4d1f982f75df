"""TLS without files: a key for the line, made at each start, certified by the server's own key.

The key lives in this process. Python's TLS takes keys from files only, so it stands on the disk for
a moment, in a folder of its own, encrypted under a passphrase that is never written.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from shared_schema.line_certificate import certify

_PASSPHRASE_BYTES = 32
Loaded = TypeVar("Loaded")


def with_own_certificate(
    signing: Ed25519PrivateKey,
    host: str,
    load: Callable[[str, str, str], Loaded],
    word: bytes = b"",
) -> Loaded:
    """Return what ``load`` makes of the files (certificate, key) and the key's passphrase.

    ``word``: of the office, where ``signing`` is a relay's.
    """
    key, passphrase = ec.generate_private_key(ec.SECP256R1()), secrets.token_hex(_PASSPHRASE_BYTES)
    certificate = certify(key.public_key(), signing, [host, "localhost"], word)
    sealed = BestAvailableEncryption(passphrase.encode())
    with TemporaryDirectory(prefix="jemput-") as folder:
        files = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
        return load(str(files[0]), str(files[1]), passphrase)
