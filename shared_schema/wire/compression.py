"""Zstandard (RFC 8878) with the dictionary of codec 2, which is shipped with this package.

The dictionary never changes: its hash stands here, and other bytes are refused. A better one
comes with another codec number. `bench/dictionary/train.py` makes it.
"""

from functools import cache
from hashlib import sha256

import zstandard

from shared_schema.errors import StorageError
from shared_schema.resources import read_package_bytes
from shared_schema.wire.json_columns import PAYLOAD_LIMIT_BYTES, PayloadInvalid

DICTIONARY = "codec2.zdict"
DICTIONARY_SHA256 = "8f7fc297c95445050816a5522bc482ad22e44a5c274fcff9cf5910dd047d1830"
LEVEL = 15


class DictionaryDamaged(StorageError):
    """A file of the program is damaged ({file}). Install the program again."""

    code = "DICTIONARY_DAMAGED"


def compress(numbers: bytes, text: bytes, *, trained: bool = True) -> bytes:
    """Return one frame of two blocks, since numbers and text are best packed each by itself.

    ``trained`` False: without the dictionary, for measuring what it is worth.
    """
    known = _dictionary() if trained else None
    packer = zstandard.ZstdCompressor(level=LEVEL, dict_data=known).compressobj()
    return b"".join(
        (
            packer.compress(numbers),
            packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK),
            packer.compress(text),
            packer.flush(),
        )
    )


def decompress(payload: bytes) -> bytes:
    """Return the plain bytes, at most PAYLOAD_LIMIT_BYTES whatever the frame claims.

    Raises PayloadInvalid (size), zstandard.ZstdError.
    """
    unpacker = zstandard.ZstdDecompressor(
        dict_data=_dictionary(), max_window_size=PAYLOAD_LIMIT_BYTES
    )
    plain = unpacker.stream_reader(payload).read(PAYLOAD_LIMIT_BYTES + 1)
    if len(plain) > PAYLOAD_LIMIT_BYTES:
        raise PayloadInvalid(reason="size")
    return plain


def check_dictionary(data: bytes) -> bytes:
    """Return the dictionary's bytes if they are what was shipped. Raises DictionaryDamaged."""
    if sha256(data).hexdigest() != DICTIONARY_SHA256:
        raise DictionaryDamaged(file=DICTIONARY)
    return data


@cache
def _dictionary() -> zstandard.ZstdCompressionDict:
    """Return the dictionary, digested once: that costs more than compressing with it."""
    data = check_dictionary(read_package_bytes("shared_schema.wire", DICTIONARY))
    known = zstandard.ZstdCompressionDict(data)
    known.precompute_compress(level=LEVEL)
    return known
