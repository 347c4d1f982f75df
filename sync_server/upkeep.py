"""What the running server does by itself, a turn at a time, and goes on with after any fault."""

import logging
import traceback
from pathlib import Path

from shared_schema.errors import JemputError
from sync_server import displaced
from sync_server.office import Office

_LOG = logging.getLogger(__name__)


class Upkeep:
    """What follows from arrivals, once nothing more has come between two turns.

    A fault is logged once while it lasts, and what waited is tried again at the next turn.
    """

    def __init__(self, office: Office) -> None:
        """Begin."""
        self._office = office
        self._head = -1
        self._fault = ""

    def turn(self) -> None:
        """Do what there is to do; raises nothing."""
        try:
            self._do()
        except Exception as error:  # noqa: BLE001 (the top of a thread: it must not end)
            self._note(_said(error))
        else:
            self._fault = ""

    def _do(self) -> None:
        before, self._head = self._head, displaced.head(self._office)
        if before == self._head:
            displaced.requeue_new(self._office)

    def _note(self, fault: str) -> None:
        if fault != self._fault:
            _LOG.error("upkeep failed, tried again at the next turn: %s", fault)
        self._fault = fault


def _said(error: Exception) -> str:
    """Return what is known of a fault without the values it was about: they may be residents'."""
    if isinstance(error, JemputError):
        return f"{error.code}: {error.message()}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
