"""Serving until a signal says stop.

The signal's handler only leaves word. One that raised could break off the main thread just as it
hands a connection to a worker; that worker would then wait for ever, and the program with it.
"""

import signal
from threading import Event, Thread

from cheroot.wsgi import Server

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen() -> Event:
    """Return where Ctrl-C and SIGTERM will be noted from now on. For the main thread."""
    told = Event()
    for number in _SIGNALS:
        signal.signal(number, lambda _signal, _frame: told.set())
    return told


def serve(server: Server, told: Event) -> None:
    """Answer with a prepared server until a signal was noted; what is under way is ended first."""
    stopping = Thread(target=_stop_when, args=(told, server))
    stopping.start()
    try:
        server.serve()
    finally:
        told.set()
        stopping.join()


def _stop_when(told: Event, server: Server) -> None:
    """Wait without end, by no clock: programs are also run under clocks that are years off."""
    told.wait()
    server.stop()
