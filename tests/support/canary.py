"""Looks for a canary, a made-up name saved on purpose, wherever its plain text must not be.

`scan` finds it as UTF-8, UTF-16, hexadecimal, base64 (at each of the three alignments) and JSON
escapes, in the bytes as they are and in any zlib, gzip, deflate (zip) or zstd stream that starts
at any offset, with codec 2's dictionary where it asks for it, two levels deep. A scan proves
something only beside a control it does find.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import zstandard

from tests.support.source import ROOT

DEPTH = 2
STREAM_LIMIT_BYTES = 16 << 20
PIECE_BYTES = 16
_RAW = -zlib.MAX_WBITS
_GZIP = zlib.MAX_WBITS | 16
_ZIP_HEADER_BYTES = 30
_ZSTD_HEAD = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where the canary stands: ``layers`` are the streams around it, outermost first."""

    place: str
    offset: int
    encoding: str
    layers: tuple[str, ...] = ()


def scan(paths: Iterable[Path], canary: str) -> list[Hit]:
    """Return every hit in the files and, recursively, the folders of ``paths``."""
    return [
        hit for path in _files(paths) for hit in scan_bytes(path.read_bytes(), canary, str(path))
    ]


def scan_bytes(data: bytes, canary: str, place: str = "bytes") -> list[Hit]:
    """Return every hit in ``data`` (captured traffic, say)."""
    if len(canary) < 8:
        raise ValueError("a canary shorter than eight letters turns up by chance")
    return list(_hits(data, _needles(canary), place, ()))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        else:
            yield path


def _hits(
    data: bytes, needles: dict[str, re.Pattern[bytes]], place: str, layers: tuple[str, ...]
) -> Iterator[Hit]:
    for encoding, pattern in needles.items():
        for found in pattern.finditer(data):
            yield Hit(place=place, offset=found.start(), encoding=encoding, layers=layers)
    if len(layers) < DEPTH:
        for layer, content in _streams(data):
            yield from _hits(content, needles, place, (*layers, layer))


def _needles(canary: str) -> dict[str, re.Pattern[bytes]]:
    utf8 = canary.encode()
    plain = {
        "utf-8": utf8,
        "utf-16-le": canary.encode("utf-16-le"),
        "utf-16-be": canary.encode("utf-16-be"),
        "hex": utf8.hex().encode(),
        "hex of utf-16": canary.encode("utf-16-le").hex().encode(),
    }
    if (escaped := json.dumps(canary)[1:-1].encode()) != utf8:
        plain["json"] = escaped
    found = {name: re.compile(re.escape(text), re.IGNORECASE) for name, text in plain.items()}
    for shift in range(3):
        for letters in (None, b"-_"):
            text = _base64_core(utf8, shift, letters)
            found[f"base64 +{shift}{'' if letters is None else ' url'}"] = re.compile(
                re.escape(text)
            )
    return found


def _base64_core(text: bytes, shift: int, letters: bytes | None) -> bytes:
    """Return the base64 digits that stay the same whatever stands before and after ``text``."""
    digits = base64.b64encode(bytes(shift) + text, altchars=letters).rstrip(b"=")
    first = -(-shift * 8 // 6)
    whole = (shift + len(text)) * 8 // 6
    return digits[first:whole]


def _streams(data: bytes) -> Iterator[tuple[str, bytes]]:
    view = memoryview(data)
    for start, read, layer in _starts(data):
        content = read(view[start:])
        if content:
            yield layer, content


def _starts(data: bytes) -> Iterator[tuple[int, Callable[[memoryview], bytes], str]]:
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        yield found.start(), lambda rest: _inflate(rest, zlib.MAX_WBITS), "zlib"
    for found in re.finditer(rb"\x1f\x8b\x08", data):
        yield found.start(), lambda rest: _inflate(rest, _GZIP), "gzip"
    for found in re.finditer(rb"PK\x03\x04", data):
        start = found.start()
        names = data[start + 26 : start + _ZIP_HEADER_BYTES]
        length = int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
        yield start + _ZIP_HEADER_BYTES + length, lambda rest: _inflate(rest, _RAW), "zip"
    for found in re.finditer(rb"\x28\xb5\x2f\xfd", data):
        yield found.start(), _unzstd, "zstd"


def _inflate(data: memoryview, window: int) -> bytes:
    return _pieces(zlib.decompressobj(window).decompress, data, zlib.error)


def _unzstd(data: memoryview) -> bytes:
    try:
        known = _dictionaries().get(
            zstandard.get_frame_parameters(bytes(data[:_ZSTD_HEAD])).dict_id
        )
    except zstandard.ZstdError:
        return b""
    reader = zstandard.ZstdDecompressor(dict_data=known).decompressobj()
    return _pieces(reader.decompress, data, zstandard.ZstdError)


@cache
def _dictionaries() -> dict[int, zstandard.ZstdCompressionDict]:
    """Return the dictionaries that are shipped, by the number that a frame names them by."""
    files = (ROOT / "shared_schema" / "wire").glob("*.zdict")
    shipped = [zstandard.ZstdCompressionDict(file.read_bytes()) for file in files]
    return {one.dict_id(): one for one in shipped}


def _pieces(
    decompress: Callable[[memoryview], bytes], data: memoryview, error: type[Exception]
) -> bytes:
    """Decompress as much as there is: a stream that breaks off still shows what came before."""
    content = bytearray()
    for start in range(0, len(data), PIECE_BYTES):
        try:
            content += decompress(data[start : start + PIECE_BYTES])
        except error:
            break
        if len(content) > STREAM_LIMIT_BYTES:
            break
    return bytes(content)
