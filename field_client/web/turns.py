"""What a page sends, in the order in which it was sent, whichever arrives first.

A field that is told of as it is left may be still under way when the whole form is sent; a
browser waits for neither. Carried out last, it would put back the form as it was before its last
fields. So each sending of a page carries a turn, and a field that comes too late is left out.
"""

from collections import OrderedDict

from flask import request

from field_client.journal import Journal
from field_client.opened import App
from field_client.web.memo import made_once
from field_client.web.showing import wants_part

TURN = "turn"
_PAGES = 1000
_LONGEST = 60


class Turns:
    """The last turn of each of the pages that sent something, of the newest ``_PAGES``."""

    def __init__(self, _journal: Journal) -> None:
        self._last: OrderedDict[tuple[str, str], int] = OrderedDict()

    def take(self, page: tuple[str, str], turn: int) -> bool:
        """Note a turn. Return whether a later one of the same page was noted before."""
        last = self._last.pop(page, 0)
        self._last[page] = max(last, turn)
        if len(self._last) > _PAGES:
            self._last.popitem(last=False)
        return turn < last


def is_overtaken(app: App) -> bool:
    """Tell whether the request at hand is of one field, and its page has sent something since.

    To be asked in the transaction that keeps what came, so that nothing comes between.
    """
    page, _, turn = request.form.get(TURN, "")[:_LONGEST].rpartition(":")
    if not page or not turn.isdecimal():
        return False
    return made_once(app, Turns).take((request.path, page), int(turn)) and wants_part()
