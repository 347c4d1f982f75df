"""The one deterministic encoding: what is signed, hashed or compared passes through here.

It is the JSON Canonicalization Scheme (RFC 8785): keys sorted by UTF-16 code units, shortest
numbers, no white space, UTF-8. Integers beyond 2**53 - 1 do not survive other parsers' doubles
and are refused; larger numbers (stamps) travel as hexadecimal text.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import rfc8785

from shared_schema.errors import CustodyError

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None

DIGEST_BYTES = 16
LARGEST_INTEGER = 2**53 - 1
_PLAIN_KINDS = frozenset({str, bool, type(None)})
_SHORTEST_ALIKE = (1e-3, 1e15)
_quote = json.encoder.encode_basestring
_plain_text = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode


class NotCanonical(CustodyError):
    """A value cannot be written in the canonical encoding: {reason}. It was not accepted."""

    code = "NOT_CANONICAL"


def encode(value: Json) -> bytes:
    """Return the RFC 8785 bytes of ``value``.

    Raises NotCanonical for what JSON cannot carry exactly (NaN, integers beyond 2**53 - 1,
    lone surrogates, keys that are not text).
    """
    try:
        if type(value) is str:
            return _quote(value).encode()
        return _plain_text(value).encode() if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(reason=type(error).__name__) from error


def _is_plain(value: Any) -> bool:
    """Tell whether the standard encoder writes ``value`` as RFC 8785 does, many times faster.

    It does but for very large and small numbers, whole ones with a point, integers out of
    bounds, and keys that sort otherwise by UTF-16 than by code point.
    """
    kind = type(value)
    if kind in _PLAIN_KINDS:
        return True
    if kind is dict:
        return "".join(value).isascii() and _all_plain(value.values())
    if kind is list or kind is tuple:
        return _all_plain(value)
    if kind is float:
        return bool(_SHORTEST_ALIKE[0] < abs(value) < _SHORTEST_ALIKE[1] and value % 1)
    return kind is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER


def _all_plain(values: Iterable[Any]) -> bool:
    return all(type(value) in _PLAIN_KINDS or _is_plain(value) for value in values)


def decode(data: bytes) -> Any:
    """Parse JSON that a peer sent; any valid JSON is taken, canonical or not.

    Raises NotCanonical where the bytes are not UTF-8 JSON, repeat a key, or hold a number beyond
    what a double can.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_int=_number,
            parse_float=_finite,
        )
    except (ValueError, OverflowError, RecursionError) as error:
        raise NotCanonical(reason=type(error).__name__) from error


def whole(value: Any) -> int:
    """Return a decoded whole number that other readers take for the same. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_INTEGER:
        raise ValueError
    return value


def digest(value: Json) -> bytes:
    """Return the first 16 bytes of SHA-256 over the canonical bytes of ``value``."""
    return hashlib.sha256(encode(value)).digest()[:DIGEST_BYTES]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return result


def _number(text: str) -> int | float:
    """Read an integer as what every other reader takes it for: beyond 2**53 - 1 a double."""
    exact = int(text)
    if abs(exact) <= LARGEST_INTEGER:
        return exact
    return float(exact)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse(text)
    return value


def _refuse(constant: str) -> None:
    message = f"{constant} is not JSON"
    raise ValueError(message)
