"""What a response means that is not the answer to an exchange. Pure."""

import re

from field_client.sync.errors import (
    DeviceRevokedWaiting,
    NotOurServer,
    OfficeBusy,
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
_PASSING = frozenset({502, 503, 504})  # nobody behind it just now, no place, too slow
_CODE = re.compile(r"[A-Z][A-Z_]{0,40}")
_LONGEST_PAUSE_S = 3600
_NAMED = (EnrolExpired, EnrolRefused, EnrolUsed, DeviceUnknown, SectionIncomplete)
REFUSALS: dict[str, type[JemputError]] = {one.code: one for one in _NAMED} | {
    "DEVICE_REVOKED": DeviceRevokedWaiting
}
# What our server says before it can sign: PROTOCOL.md, section 9.
UNSIGNED: dict[str, type[JemputError]] = {
    DeviceUnknown.code: DeviceUnknown,
    **dict.fromkeys(
        (
            "CONNECTION_CUT",
            "CONTENT_TYPE_WRONG",
            "EXCHANGE_EMPTY",
            "EXCHANGE_TOO_LARGE",
            "FRAME_INVALID",
            "MESSAGE_FORGED",
            "MESSAGE_INVALID",
            "SECTION_INCOMPLETE",
            "SERVER_FOREIGN",
        ),
        ServerRefused,
    ),
}


def refusal(code: str, other: type[JemputError] = ServerRefused) -> JemputError:
    """Return the error that a server's signed ``code`` stands for; ``other`` for an unknown one."""
    return REFUSALS.get(code, other)(reason=code)


def require_accepted(status: int, content_type: str, body: bytes, retry_after: str = "") -> None:
    """Raise the error that a response stands for unless it is the answer to an exchange.

    Only our server writes ``{"error": {"code": ...}}`` with one of its codes; whatever else comes
    is a stranger's. Nobody has signed it, so nothing is ended for good by it: ``signed`` is False
    among its details. ``retry_after``: the header of that name (RFC 9110; only seconds are read).
    """
    if status == 200 and content_type == CONTENT_TYPE:
        return
    code = _code(body) if content_type == "application/json" else None
    if code is None and status in _UNFIT:
        raise ProxyRefused(reason=status)
    if status in _PASSING:
        raise OfficeBusy(reason=code or status, pause_s=_pause_s(retry_after))
    if status >= 500:
        raise ServerFailed(reason=code or status)
    if status < 400 or code not in UNSIGNED:
        raise ProxyRefused(reason=status) if status in _UNFIT else NotOurServer
    raise UNSIGNED[code](reason=code, signed=False)


def _pause_s(retry_after: str) -> int:
    """Return the seconds that a header asks to wait for, 0 where it names none."""
    said = retry_after.strip()
    return min(int(said), _LONGEST_PAUSE_S) if re.fullmatch("[0-9]{1,9}", said) else 0


def _code(body: bytes) -> str | None:
    try:
        content = decode(body)
    except NotCanonical:
        return None
    error = content.get("error") if isinstance(content, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None
