"""``GET /v1/line/<nonce>``: this server's word for the certificate that its line shows.

There is one only where the certificate is from a file, and within its days by the server's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Blueprint, Response, abort

from shared_schema.line_word import NONCE_BYTES, answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A certificate (DER) as a line shows it, and its days."""

    certificate: bytes
    begins: datetime
    ends: datetime

    def is_in_its_days(self) -> bool:
        """Return whether the certificate may be shown now."""
        return self.begins <= datetime.now(UTC) <= self.ends


def shown(chain: Path) -> Shown:
    """Return the first certificate of a PEM file. Raises OSError, ValueError."""
    first = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    return Shown(
        certificate=first.public_bytes(Encoding.DER),
        begins=first.not_valid_before_utc,
        ends=first.not_valid_after_utc,
    )


def blueprint(shown: Shown, signing: Ed25519PrivateKey, word: Callable[[], bytes]) -> Blueprint:
    """Return the route. ``word``: of the office for a relay, as it is now."""
    api = Blueprint("line", __name__)

    @api.get("/v1/line/<nonce>")
    def vouch(nonce: str) -> Response:
        asked = _nonce(nonce)
        if not shown.is_in_its_days():
            abort(404)
        said = answer(shown.certificate, asked, signing, word())
        return Response(said, mimetype="application/json")

    return api


def _nonce(text: str) -> bytes:
    try:
        nonce = bytes.fromhex(text)
    except ValueError:
        abort(404)
    if len(nonce) != NONCE_BYTES:
        abort(404)
    return nonce
