"""Whatever bytes are given for a photo: a photo comes out, or a refusal with a code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.photos import (
    PhotoKindUnsupported,
    PhotoTooLarge,
    PhotoUnreadable,
    reduce_photo,
)
from tests.support.pictures import decoded, encoded, exif, picture

SMALL = picture(size=(24, 16))
FILES = [
    encoded(SMALL, exif=exif()),
    encoded(SMALL, progressive=True, exif=exif(), comment=b"x"),
    encoded(SMALL, "PNG", exif=exif()),
    encoded(SMALL.convert("P"), "PNG"),
    encoded(SMALL, "WEBP", exif=exif()),
    encoded(SMALL, "WEBP", lossless=True),
    encoded(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(90)]),
]
EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6
)


def altered(data: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    """Write other bytes here and there; most edits fall into the heads, where formats break."""
    changed = bytearray(data)
    for at, written in edits:
        start = at % len(changed)
        changed[start : start + len(written)] = written
    return bytes(changed)


@given(st.sampled_from(FILES), EDITS)
def test_an_altered_file_gives_a_photo_or_a_refusal(data: bytes, edits: list[tuple[int, bytes]]):
    """No decoder's own complaint comes through, and what comes out can be shown."""
    try:
        made = reduce_photo(altered(data, edits), keep_time=True, keep_place=True)
    except (PhotoUnreadable, PhotoKindUnsupported, PhotoTooLarge):
        return
    assert decoded(made.content).size == (made.width, made.height)
    assert made.taken_at is None or made.taken_at.isascii()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes):
    """Whatever they are."""
    with pytest.raises((PhotoUnreadable, PhotoKindUnsupported, PhotoTooLarge)):
        reduce_photo(data)
