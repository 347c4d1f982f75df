"""Changes: the immutable facts that everything else is folded from.

One final save is one change. It names, for each field it touches, the new value and the stamps
of the writes it has seen there, so that a reader can tell a correction from a contradiction
without a clock. Drafts are not changes.

Fields whose name starts with an underscore belong to the system: ``_void`` (an object with a
``reason``, or null to take it back) and ``_reasons`` (warning code -> why it stands).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from shared_schema.canonical import LARGEST_INTEGER, Json, decode, digest, encode
from shared_schema.clock import HLC_LIMIT, Evidence
from shared_schema.errors import CustodyError
from shared_schema.ids import IdInvalid, Stream, change_id, id_text, parse_id

VOID = "_void"
REASONS = "_reasons"
SYSTEM_FIELDS = frozenset({VOID, REASONS})
_HLC_DIGITS = 16
_NAME_LENGTH = 64


class ChangeInvalid(CustodyError):
    """A change is not formed as the protocol says ({reason}). It was kept, but not used."""

    code = "CHANGE_INVALID"


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When and by whom a field was written: ordered by clock reading, then stream."""

    hlc: int
    stream: Stream

    def text(self) -> str:
        """Return ``<16 hex digits of the reading>.<24 hex digits of the stream>``."""
        return f"{self.hlc:0{_HLC_DIGITS}x}.{self.stream.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Stamp":
        """Read what ``text`` wrote. Raises ChangeInvalid."""
        return _parse(text)


@lru_cache(maxsize=1024)  # all fields of one save carry the same stamp
def _parse(text: str) -> Stamp:
    reading, dot, stream = text.partition(".")
    try:
        stamp = Stamp(int(reading, 16), Stream.from_hex(stream))
    except (ValueError, IdInvalid) as error:
        raise ChangeInvalid(reason="stamp") from error
    if not dot or stamp.text() != text or stamp.hlc >= HLC_LIMIT:
        raise ChangeInvalid(reason="stamp")
    return stamp


@dataclass(slots=True, unsafe_hash=True)
class Write:
    """One field's new value, and the stamps it replaces (empty where the field was untouched).

    Never changed once made. Not declared frozen, since there is one for each field of each change:
    a frozen one takes four times as long to make.
    """

    value: Json
    replaces: tuple[Stamp, ...] = ()
    _encoded: bytes = field(default=b"", init=False, repr=False, compare=False)

    @property
    def encoded(self) -> bytes:
        """The value's canonical bytes. Raises NotCanonical."""
        known = self._encoded
        if not known:
            known = self._encoded = encode(self.value)
        return known


@dataclass(slots=True, kw_only=True)
class Change:
    """One save: what one operator wrote to one record, numbered within its stream from 1.

    Never changed once made; not declared frozen for the reason that `Write` is not.

    ``version`` is the record type's version at the time; ``operator`` the name of the key slot
    on a device, ``user:NAME`` or ``matcher:VERSION`` on a server.
    """

    stream: Stream
    sequence: int
    record: UUID
    type: str
    version: int
    hlc: int
    operator: str
    writes: Mapping[str, Write]
    evidence: Evidence

    @property
    def stamp(self) -> Stamp:
        """The stamp under which every field of this change was written."""
        return Stamp(self.hlc, self.stream)

    @property
    def id(self) -> UUID:
        """The change's id, derived from its place in its stream."""
        return change_id(self.stream, self.sequence)


def change_to_json(change: Change) -> dict[str, Any]:
    """Return the form in which a change is hashed and logged; see ``change_from_json``."""
    return {
        "stream": change.stream.hex(),
        "sequence": change.sequence,
        "record": str(change.record),
        "type": change.type,
        "version": change.version,
        "hlc": f"{change.hlc:0{_HLC_DIGITS}x}",
        "operator": change.operator,
        "writes": {name: _write_to_json(write) for name, write in change.writes.items()},
        "evidence": evidence_to_json(change.evidence),
    }


def change_bytes(change: Change) -> bytes:
    """Return the canonical bytes of ``change_to_json``, in which a change is logged.

    Raises NotCanonical.
    """
    times = sorted(evidence_to_json(change.evidence).items())
    numbers = (change.sequence, change.version, *(time_ms for _, time_ms in times))
    if not "".join(change.writes).isascii() or max(map(abs, numbers)) > LARGEST_INTEGER:
        return encode(change_to_json(change))
    writes = b",".join(
        [
            b'%b:{"replaces":[],"value":%b}' % (name_bytes(name), write.encoded)
            if not write.replaces
            else b"%b:%b" % (name_bytes(name), encode(_write_to_json(write)))
            for name, write in sorted(change.writes.items())
        ]
    )
    return (
        b'{"evidence":{%b},"hlc":"%016x","operator":%b,"record":"%b","sequence":%d,'
        b'"stream":"%b","type":%b,"version":%d,"writes":{%b}}'
    ) % (
        b",".join([b'"%b":%d' % (name.encode(), time_ms) for name, time_ms in times]),
        change.hlc,
        name_bytes(change.operator),
        id_text(change.record).encode(),
        change.sequence,
        change.stream.hex().encode(),
        name_bytes(change.type),
        change.version,
        writes,
    )


def name_bytes(name: str) -> bytes:
    """Return the canonical bytes of a field's or a type's name, of which there are few."""
    return _name_bytes(name) if len(name) <= _NAME_LENGTH else encode(name)


_name_bytes = lru_cache(maxsize=1024)(encode)


def settled(change: Change) -> Change:
    """Return a decoded change as it reads after it was written down: its numbers shortest.

    Raises ChangeInvalid, NotCanonical.
    """
    if _is_settled(change):
        return change
    return change_from_json(decode(encode(change_to_json(change))))


def _is_settled(change: Change) -> bool:
    """Tell whether writing down and reading again surely gives the very same change."""
    texts = (change.type, change.operator, *change.writes)
    given = change.evidence
    numbers = (change.version, change.sequence)
    times = (given.wall_ms, given.monotonic_ms or 0, given.server_ms or 0, given.gps_ms or 0)
    return (
        all(type(text) is str and text and text.isascii() for text in texts)
        and all(type(number) is int and 0 < number <= LARGEST_INTEGER for number in numbers)
        and all(-LARGEST_INTEGER <= time <= LARGEST_INTEGER for time in times)
        and 0 <= change.hlc < HLC_LIMIT
        and all(_is_simple(write.value) for write in change.writes.values())
    )


def _is_simple(value: Json) -> bool:
    if isinstance(value, str):
        return type(value) is str and value.isascii()
    if type(value) is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    return value is None or type(value) is bool


def change_from_json(data: Any) -> Change:
    """Read what ``change_to_json`` wrote. Raises ChangeInvalid, naming the part that is wrong."""
    try:
        change = Change(
            stream=Stream.from_hex(data["stream"]),
            sequence=_natural(data["sequence"]),
            record=parse_id(data["record"]),
            type=_text(data["type"]),
            version=_natural(data["version"]),
            hlc=int(data["hlc"], 16),
            operator=_text(data["operator"]),
            writes={_text(name): write_from_json(raw) for name, raw in data["writes"].items()},
            evidence=evidence_from_json(data["evidence"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IdInvalid) as error:
        raise ChangeInvalid(reason=type(error).__name__) from error
    if not 0 <= change.hlc < HLC_LIMIT:
        raise ChangeInvalid(reason="hlc")
    return change


def change_digest(change: Change) -> bytes:
    """Return 16 bytes that two copies of one change share and no other change has."""
    return digest(change_to_json(change))


def _write_to_json(write: Write) -> dict[str, Any]:
    return {"value": write.value, "replaces": sorted(stamp.text() for stamp in write.replaces)}


def write_from_json(data: Any) -> Write:
    """Read ``{"value": ..., "replaces": [stamps]}``. Raises ChangeInvalid, KeyError, TypeError."""
    return Write(data["value"], tuple([Stamp.parse(text) for text in data["replaces"]]))


def evidence_to_json(evidence: Evidence) -> dict[str, int]:
    """Return the times that are known, in Unix milliseconds, by name."""
    times = {
        "wall_ms": evidence.wall_ms,
        "monotonic_ms": evidence.monotonic_ms,
        "server_ms": evidence.server_ms,
        "gps_ms": evidence.gps_ms,
    }
    return {name: value for name, value in times.items() if value is not None}


def evidence_from_json(data: Any) -> Evidence:
    """Read ``evidence_to_json``; unknown names are left aside. Raises KeyError, TypeError."""
    known = ("monotonic_ms", "server_ms", "gps_ms")
    optional = {name: _integer(data[name]) for name in known if data.get(name) is not None}
    return Evidence(wall_ms=_integer(data["wall_ms"]), **optional)


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _natural(value: Any) -> int:
    if _integer(value) < 1:
        raise ValueError
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value
