"""A chunked body is taken as it comes, and only what is chunked as it says."""

import io
from itertools import pairwise

import pytest
from cheroot.errors import MaxSizeExceeded

from sync_server.api.body import ChunkedBody, KnownBody

LIMIT_BYTES = 1000


def body_of(data: bytes) -> ChunkedBody:
    """Read chunks from a connection that then ends."""
    return ChunkedBody(io.BufferedReader(io.BytesIO(data)), LIMIT_BYTES)


def test_chunks_are_joined() -> None:
    """Sizes in either case, extensions left aside, the end known."""
    body = body_of(b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n")
    assert body.read() == b"abc0123456789"
    assert body.read(5) == b""


def test_a_read_gives_what_has_come() -> None:
    """A read never waits for the next chunk."""
    body = body_of(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert [body.read(10), body.read(1), body.read(10), body.read(1)] == [b"abc", b"d", b"e", b""]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"3\r\nab",
        b"3\r\nabc",
        b"3\r\nabcde\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"3\nabc\r\n",
        b"fffffffff\r\n",
        b"3;" + b"x" * 300 + b"\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_what_is_not_chunked_as_it_says_is_refused(data: bytes) -> None:
    """Cut bodies, other lengths, and a first line that would never end."""
    with pytest.raises(ValueError, match="chunk"):
        body_of(data).read()


def test_all_chunks_together_are_bounded() -> None:
    """Neither one great chunk nor many small ones pass the limit."""
    with pytest.raises(MaxSizeExceeded):
        body_of(b"3E9\r\n").read(1)
    with pytest.raises(MaxSizeExceeded):
        body_of(b"64\r\n" + b"x" * 100 + b"\r\n" + (b"64\r\n" + b"x" * 100 + b"\r\n") * 10).read()


def test_small_reads_of_a_great_chunk_do_not_copy_it() -> None:
    """The memory that a read needs does not depend on what is left of the chunk."""
    source = io.BufferedReader(io.BytesIO(b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n"))
    body = ChunkedBody(source, LIMIT_BYTES)
    places = []
    while body.read(100):
        places.append(source.tell())
    assert {after - before for before, after in pairwise(places[:-1])} == {100}


def test_a_broken_body_is_not_read_on() -> None:
    """Whoever wants to take what is left takes nothing, and need not wait for it."""
    source = io.BufferedReader(io.BytesIO(b"zz\r\n3\r\nabc\r\n"))
    body = ChunkedBody(source, LIMIT_BYTES)
    with pytest.raises(ValueError, match="chunk"):
        body.read(1)
    assert body.read(1) == b""


@pytest.mark.parametrize(
    ("length", "read"),
    [(b"3", b"abc"), (b"9", b"abcdef"), (b"0", b""), (b"-1", b""), (b"1_0", b""), (b"+5", b"")],
)
def test_a_body_of_known_length_ends_there(length: bytes, read: bytes) -> None:
    """Or where the line is cut; what is no length is none at all, and never everything."""
    body = KnownBody(io.BufferedReader(io.BytesIO(b"abcdef")), length)
    assert body.read() == read
    assert body.read(5) == b""
