"""Serving until a signal says stop.

The signal's handler only leaves word. One that raised could break off the main thread just as it
hands a connection to a worker; that worker would then wait for ever, and the program with it.
"""

import signal
import time
from threading import Thread

from cheroot.wsgi import Server

_LOOK_EVERY_S = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen() -> list[int]:
    """Return where Ctrl-C and SIGTERM will be noted from now on. For the main thread."""
    told: list[int] = []
    for number in _SIGNALS:
        signal.signal(number, lambda heard, _frame: told.append(heard))
    return told


def serve(server: Server, told: list[int]) -> None:
    """Answer with a prepared server until a signal was noted; what is under way is ended first."""
    stopping = Thread(target=_stop_when_told, args=(server, told))
    stopping.start()
    try:
        server.serve()
    finally:
        told.append(0)
        stopping.join()


def _stop_when_told(server: Server, told: list[int]) -> None:
    while not told:
        time.sleep(_LOOK_EVERY_S)
    server.stop()
