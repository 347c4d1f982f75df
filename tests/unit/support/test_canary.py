"""The canary scan finds its canary in everything it claims to look into."""

import base64
import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest
import zstandard

from shared_schema.wire.compression import compress
from tests.support.canary import scan, scan_bytes

CANARY = "Kenari Contoh Quintus"
NOISE = " ".join(f"baris {number * 7919 % 997}" for number in range(300)).encode()


def _zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("berkas.json", content)
    return file.getvalue()


PLAIN = {
    "utf-8": CANARY.encode(),
    "upper case": CANARY.upper().encode(),
    "utf-16-le": CANARY.encode("utf-16-le"),
    "utf-16-be": CANARY.encode("utf-16-be"),
    "hex": CANARY.encode().hex().encode(),
    "HEX": CANARY.encode().hex().upper().encode(),
    "base64 +0": base64.b64encode(b"abc" + CANARY.encode() + b"xyz"),
    "base64 +1": base64.b64encode(b"abcd" + CANARY.encode() + b"x"),
    "base64 +2": base64.b64encode(b"abcde" + CANARY.encode()),
    "url base64": base64.urlsafe_b64encode(b"a" + CANARY.encode() + b"xy"),
}
PACKED = {
    "zlib": zlib.compress,
    "zlib level 1": lambda data: zlib.compress(data, 1),
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(level=15).compress,
    "zstd with codec 2's dictionary": lambda data: compress(data[:99], data[99:]),
    "zip": _zip,
    "gzip in zstd": lambda data: zstandard.ZstdCompressor().compress(gzip.compress(data)),
    "cut off": lambda data: zlib.compress(data + NOISE)[:-8],
}


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN.keys())
def test_plain_control_is_found(content):
    """Each encoding is found in the middle of other bytes."""
    assert scan_bytes(NOISE + content + NOISE, CANARY)


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED.keys())
def test_packed_control_is_found(pack):
    """Each kind of stream is opened at whatever offset it starts."""
    packed = pack(NOISE + CANARY.encode() + NOISE)
    assert CANARY.encode() not in packed
    hits = scan_bytes(b"\x78\x9c head" + packed + NOISE, CANARY)
    assert hits
    assert all(hit.layers for hit in hits)


def test_nothing_is_found_where_nothing_is(tmp_path: Path):
    """Random-looking bytes and another name give no hit, in folders as in files."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "other.txt").write_bytes(NOISE + b"Warga Contoh 12" + NOISE)
    assert scan([tmp_path], CANARY) == []


def test_folder_is_searched_through(tmp_path: Path):
    """A hit names its file and its offset."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "log.txt").write_bytes(b"12345" + CANARY.encode())
    (hit,) = scan([tmp_path], CANARY)
    assert (hit.place, hit.offset, hit.encoding) == (str(deep / "log.txt"), 5, "utf-8")


def test_short_canary_is_refused():
    """A canary that could turn up by chance proves nothing."""
    with pytest.raises(ValueError, match="eight"):
        scan_bytes(NOISE, "Ani")
