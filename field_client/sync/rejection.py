"""What a response means that is not the answer to an exchange. Pure."""

from field_client.sync.errors import (
    DeviceRevokedWaiting,
    NotOurServer,
    ProxyRefused,
    ServerFailed,
    ServerRefused,
)
from shared_schema.canonical import NotCanonical, decode
from shared_schema.enrolment import DeviceUnknown, EnrolExpired, EnrolRefused, EnrolUsed
from shared_schema.errors import JemputError
from shared_schema.frames import SectionIncomplete

CONTENT_TYPE = "application/x-jemput"
_UNFIT = frozenset({411, 413, 501})  # a length is wanted, too long, no such coding
_NAMED = (EnrolExpired, EnrolRefused, EnrolUsed, DeviceUnknown, SectionIncomplete)
REFUSALS: dict[str, type[JemputError]] = {one.code: one for one in _NAMED} | {
    "DEVICE_REVOKED": DeviceRevokedWaiting
}


def refusal(code: str, other: type[JemputError] = ServerRefused) -> JemputError:
    """Return the error that a server's ``code`` stands for; ``other`` for one not known here."""
    return REFUSALS.get(code, other)(reason=code)


def require_accepted(status: int, content_type: str, body: bytes) -> None:
    """Raise the error that a response stands for unless it is the answer to an exchange.

    Only our server writes ``{"error": {"code": ...}}``; whatever else comes is a stranger's.
    """
    if status == 200 and content_type == CONTENT_TYPE:
        return
    code = _code(body) if content_type == "application/json" else None
    if code is None and status in _UNFIT:
        raise ProxyRefused(reason=status)
    if status >= 500:
        raise ServerFailed(reason=code or status)
    if code is None:
        raise NotOurServer
    raise refusal(code)


def _code(body: bytes) -> str | None:
    try:
        content = decode(body)
    except NotCanonical:
        return None
    error = content.get("error") if isinstance(content, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
