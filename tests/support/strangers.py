"""What stands at the other end of a line and is not our server."""

import socket

_END = b"\r\n0\r\n\r\n"


def whole_request(line: socket.socket) -> bytes:
    """Read to the end of a chunked request, however it is cut into packets, or until it breaks.

    A question without a body ends where its headers do.
    """
    heard = b""
    while not _is_whole(heard) and (part := line.recv(65536)):
        heard += part
    return heard


def _is_whole(heard: bytes) -> bool:
    return heard.endswith(b"\r\n\r\n" if heard.startswith(b"GET ") else _END)
