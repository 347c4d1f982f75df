"""What stands at the other end of a line and is not our server."""

import socket

_END = b"\r\n0\r\n\r\n"


def whole_request(line: socket.socket) -> bytes:
    """Read to the end of a chunked request, however it is cut into packets, or until it breaks."""
    heard = b""
    while not heard.endswith(_END) and (part := line.recv(65536)):
        heard += part
    return heard
