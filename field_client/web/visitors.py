"""Which browser may see what: one that gave the passphrase, and forms that we wrote ourselves.

A browser is known by a random cookie. Only the one that unlocked last is admitted; the pages hold
nothing for any other, on this laptop or off it. Every form carries a key made from the cookie
and a secret of this process, so that no other page can send it.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was done last. ``before``: replaced values of a correction; None for a new record.

    ``discarded``: a draft was thrown away. ``others``: records that were saved along with it.
    """

    record: UUID
    name: str
    at_s: float
    before: Mapping[str, Any] | None = field(default=None, repr=False)
    discarded: bool = False
    others: tuple[UUID, ...] = ()


class Visitors:
    """The cookies of one run of the pages; nothing of it is kept.

    Of the admitted browser, since browsers keep addresses: ``sought``, what it looked for last;
    ``village``, where it registered last; ``done``, what it did last and may take back.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(TOKEN_BYTES)
        self._admitted: bytes | None = None
        self.sought = ""
        self.village = ""
        self.done: Step | None = None
        self._turn = threading.Lock()

    def newcomer(self) -> str:
        """Return a cookie that opens nothing yet."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def admit(self) -> str:
        """Return a fresh cookie for the browser that has just unlocked; others are out."""
        token = self.newcomer()
        with self._turn:
            self._admitted = self._mark(token)
            self._forget()
        return token

    def is_admitted(self, token: str) -> bool:
        """Return whether this is the cookie of the browser that unlocked."""
        with self._turn:
            admitted = self._admitted
        return admitted is not None and hmac.compare_digest(admitted, self._mark(token))

    def dismiss(self) -> None:
        """Let nobody in until the next unlock."""
        with self._turn:
            self._admitted = None
            self._forget()

    def _forget(self) -> None:
        self.sought = self.village = ""
        self.done = None

    def form_key(self, token: str) -> str:
        """Return what a form for this browser carries."""
        return hmac.new(self._secret, b"form" + token.encode(), hashlib.sha256).hexdigest()

    def is_form_key(self, token: str, given: str) -> bool:
        """Return whether a form was written for this browser by this process."""
        return hmac.compare_digest(self.form_key(token).encode(), given.encode())

    def _mark(self, token: str) -> bytes:
        return hmac.new(self._secret, b"cookie" + token.encode(), hashlib.sha256).digest()
