"""The server's keys: one to sign what it says, one to open what is sealed to it.

They stand in one file that only its owner may read, never in the database: whoever copies the
database cannot speak for the server. The file is written whole or not at all.
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema.canonical import NotCanonical, decode, encode
from shared_schema.envelope import key_id
from shared_schema.errors import StorageError
from shared_schema.identity import Identity

_VERSION = 1


class SecretFileDamaged(StorageError):
    """The file with the server's keys, {path}, cannot be read. Restore it from your copy."""

    code = "SECRET_FILE_DAMAGED"


class SecretFileMissing(StorageError):
    """The file with the server's keys, {path}, is not there. Restore it, or run init first."""

    code = "SECRET_FILE_MISSING"


class Keys(Identity):
    """The server's two private keys."""

    __slots__ = ()

    @property
    def server(self) -> bytes:
        """The server's id."""
        return self.id

    def openers(self) -> dict[bytes, X25519PrivateKey]:
        """Return the keys that open batches, by key id."""
        return {key_id(self.sealing.public_key()): self.sealing}


def generate() -> Keys:
    """Return fresh keys."""
    return Keys(signing=Ed25519PrivateKey.generate(), sealing=X25519PrivateKey.generate())


def load(path: Path) -> Keys:
    """Return the keys in a file. Raises SecretFileMissing, SecretFileDamaged."""
    try:
        data = decode(path.read_bytes())
        return Keys(
            signing=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(data["signing"])),
            sealing=X25519PrivateKey.from_private_bytes(bytes.fromhex(data["sealing"])),
        )
    except FileNotFoundError as error:
        raise SecretFileMissing(path=path) from error
    except (OSError, NotCanonical, KeyError, TypeError, ValueError) as error:
        raise SecretFileDamaged(path=path) from error


def save(keys: Keys, path: Path) -> None:
    """Write the keys to a file of mode 0600; whole, on the disk, and never over another file."""
    content = encode(
        {
            "version": _VERSION,
            "signing": keys.signing.private_bytes_raw().hex(),
            "sealing": keys.sealing.private_bytes_raw().hex(),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(path, content, mode=0o600)


def write_durably(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put ``content`` in place of ``path``: whole or not at all, and on the disk on return."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make a new name in ``folder`` last; not every system can, which is its own choice."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
