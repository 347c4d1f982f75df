"""Which browser may see what: those that were let in, and forms that we wrote ourselves.

A browser is known by a random cookie. On this laptop only the one that unlocked last is admitted;
phones are let in beside it (`phones`). Every form carries a key made from the cookie and a secret
of this process, so that no other page can send it.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import g
from werkzeug.datastructures import FileStorage, MultiDict

from field_client.opened import App
from field_client.shift import IDLE_S

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was done last. ``before``: replaced values of a correction; None for a new record.

    ``discarded``: a draft was thrown away. ``others``: records that were saved along with it.
    ``stamp``: which writing it was; what somebody else has written since is not taken back.
    ``lead``: where taking it back leads. What is new and says so was tapped, not typed, and is not
    begun anew as a draft.
    ``also``: what else is taken back along with it.
    """

    record: UUID
    name: str
    at_s: float
    before: Mapping[str, Any] | None = field(default=None, repr=False)
    discarded: bool = False
    others: tuple[UUID, ...] = ()
    stamp: str = ""
    lead: str = ""
    also: Callable[[App], object] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A form that came after the pages had locked (`held`). ``at_s``: when, by the desk's clock.

    ``path``: where it was sent; ``after``: for a single field of a page, where to go on;
    ``end``: what forgets it in time.
    """

    path: str
    at_s: float
    form: MultiDict[str, str] = field(repr=False)
    files: MultiDict[str, FileStorage] = field(repr=False)
    after: str = ""
    end: threading.Timer = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Guest:
    """What is remembered of one admitted browser, since browsers keep addresses; nowhere else.

    ``sought``: what it looked for last; ``village``: where it registered last; ``done``: what it
    did last and may take back; ``used_s``: when it last did something, by the desk's clock;
    ``operator``: who unlocked there; ``held``: what it sent too late.
    """

    used_s: float = 0.0
    operator: str = ""
    held: Held | None = field(default=None, repr=False)
    sought: str = ""
    village: str = ""
    done: Step | None = None

    def is_idle(self, now_s: float) -> bool:
        """Tell whether nobody has used it for five minutes, whatever others did meanwhile."""
        return now_s - self.used_s >= IDLE_S

    def let_go(self) -> Held | None:
        """Hold nothing any more; return what was held."""
        found, self.held = self.held, None
        if found is not None:
            found.end.cancel()
        return found


class Visitors:
    """The cookies of one run of the pages; nothing of it is kept."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(TOKEN_BYTES)
        self._admitted: tuple[bytes, Guest] | None = None
        self._turn = threading.Lock()

    @property
    def here(self) -> Guest:
        """The browser that asks for the page at hand; the guard has found out which it is."""
        guest: Guest = g.guest
        return guest

    def newcomer(self) -> str:
        """Return a cookie that opens nothing yet."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def admit(self, now_s: float, operator: str) -> str:
        """Return a fresh cookie for the browser that has just unlocked; others here are out."""
        token = self.newcomer()
        self.dismiss()
        with self._turn:
            self._admitted = (self.mark(token), Guest(used_s=now_s, operator=operator))
        return token

    def find(self, token: str) -> Guest | None:
        """Return the browser on this laptop that was let in by this cookie."""
        with self._turn:
            admitted = self._admitted
        known = admitted is not None and hmac.compare_digest(admitted[0], self.mark(token))
        return admitted[1] if known and admitted is not None else None

    def dismiss(self) -> None:
        """Let nobody in until the next unlock."""
        with self._turn:
            if self._admitted is not None:
                self._admitted[1].let_go()
            self._admitted = None

    def form_key(self, token: str, *, shown_inside: bool = False) -> str:
        """Return what a form for this browser carries; another one on the pages of an open store.

        So nobody who sees a locked page only can write a form that is held for who unlocks.
        """
        label = b"inside" if shown_inside else b"form"
        return hmac.new(self._secret, label + token.encode(), hashlib.sha256).hexdigest()

    def is_form_key(self, token: str, given: str) -> bool:
        """Return whether a form was written for this browser by this process."""
        outside = hmac.compare_digest(self.form_key(token).encode(), given.encode())
        return outside or self.is_from_inside(token, given)

    def is_from_inside(self, token: str, given: str) -> bool:
        """Return whether a form was shown to this browser while the store was open to it."""
        key = self.form_key(token, shown_inside=True)
        return hmac.compare_digest(key.encode(), given.encode())

    def mark(self, token: str) -> bytes:
        """Return what is kept of a cookie."""
        return hmac.new(self._secret, b"cookie" + token.encode(), hashlib.sha256).digest()
