"""Opening a line: the first try that succeeds, addresses in turn, failures by name."""

import errno
import socket
import time
from collections.abc import Iterator

import pytest

from field_client.sync.opening import Lines, Place, Tries, open_line

LOOPBACK = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on loopback."""
    with socket.create_server((LOOPBACK, 0)) as found:
        yield found


def place(listener: socket.socket) -> Place:
    """Return where it listens."""
    return (socket.AF_INET, (LOOPBACK, listener.getsockname()[1]))


def closed_place() -> Place:
    """Return where nobody listens."""
    with socket.create_server((LOOPBACK, 0)) as found:
        return place(found)


@pytest.fixture
def full() -> Iterator[Place]:
    """Return a place that lets tries wait, as a dead line does: its queue is full."""
    with socket.create_server((LOOPBACK, 0), backlog=0) as found:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(found.getsockname())
        yield place(found)
        for one in waiting:
            one.close()


def test_the_second_address_is_tried_where_the_first_is_dead(
    full: Place, listener: socket.socket
) -> None:
    """Without waiting for the system to give the first one up."""
    begun_s = time.monotonic()
    with open_line([full, place(listener)], 10) as line:
        assert line.getpeername() == listener.getsockname()
    assert time.monotonic() - begun_s < 5


def test_where_all_refuse_it_is_told_at_once() -> None:
    """There is a line, but nobody answers."""
    with pytest.raises(ConnectionRefusedError):
        open_line([closed_place(), closed_place()], 30)


def test_a_dead_line_is_given_up_in_time(full: Place) -> None:
    """By name."""
    with pytest.raises(OSError, match=r".") as raised:
        open_line([full], 0.5)
    assert raised.value.errno == errno.ETIMEDOUT


def test_tries_go_on_where_a_server_comes_back() -> None:
    """A refusal is no end while the old line may still answer."""
    gone = closed_place()
    with Tries([gone], 0.05) as tries:
        for _ in range(3):
            assert tries.proceed(0.1) is None
        with socket.create_server(gone[1][:2]) as back:
            found = None
            deadline_s = time.monotonic() + 10
            while found is None and time.monotonic() < deadline_s:
                found = tries.proceed(0.1)
            assert found is not None
            with found:
                assert found.getpeername() == back.getsockname()
    assert tries.count >= 3


def test_a_name_is_asked_for_once_while_it_answers(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow line each question costs a round trip; after a failure it is asked again."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def ask(host: str, port: int, **options: object) -> object:
        asked.append(host)
        return real(LOOPBACK, port, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    lines, port = Lines(), listener.getsockname()[1]
    for _ in range(3):
        lines.open("kantor.example", port, 5).close()
    assert asked == ["kantor.example"]
    with pytest.raises(OSError, match=r"."):
        lines.open("kantor.example", closed_place()[1][1], 5)
    lines.open("kantor.example", port, 5).close()
    assert len(asked) == 3


def test_the_line_in_reserve_is_used_first(listener: socket.socket) -> None:
    """Once; and it is ended where nobody wants it."""
    lines, port = Lines(), listener.getsockname()[1]
    reserve = open_line([place(listener)], 5)
    lines.keep(reserve)
    with lines.open(LOOPBACK, port, 5) as used:
        assert used is reserve
    with lines.open(LOOPBACK, port, 5) as used:
        assert used is not reserve
    other = open_line([place(listener)], 5)
    lines.keep(other)
    lines.close()
    assert other.fileno() == -1
