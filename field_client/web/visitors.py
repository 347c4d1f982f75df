"""Which browser may see what: one that gave the passphrase, and forms that we wrote ourselves.

A browser is known by a random cookie. Only the one that unlocked last is admitted; the pages hold
nothing for any other, on this laptop or off it. Every form carries a key made from the cookie
and a secret of this process, so that no other page can send it.
"""

import hashlib
import hmac
import secrets
import threading

TOKEN_BYTES = 32


class Visitors:
    """The cookies of one run of the pages; nothing of it is kept.

    ``sought``: what the admitted browser looked for last; kept here, since browsers keep addresses.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(TOKEN_BYTES)
        self._admitted: bytes | None = None
        self.sought = ""
        self._turn = threading.Lock()

    def newcomer(self) -> str:
        """Return a cookie that opens nothing yet."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def admit(self) -> str:
        """Return a fresh cookie for the browser that has just unlocked; others are out."""
        token = self.newcomer()
        with self._turn:
            self._admitted, self.sought = self._mark(token), ""
        return token

    def is_admitted(self, token: str) -> bool:
        """Return whether this is the cookie of the browser that unlocked."""
        with self._turn:
            admitted = self._admitted
        return admitted is not None and hmac.compare_digest(admitted, self._mark(token))

    def dismiss(self) -> None:
        """Let nobody in until the next unlock."""
        with self._turn:
            self._admitted, self.sought = None, ""

    def form_key(self, token: str) -> str:
        """Return what a form for this browser carries."""
        return hmac.new(self._secret, b"form" + token.encode(), hashlib.sha256).hexdigest()

    def is_form_key(self, token: str, given: str) -> bool:
        """Return whether a form was written for this browser by this process."""
        return hmac.compare_digest(self.form_key(token).encode(), given.encode())

    def _mark(self, token: str) -> bytes:
        return hmac.new(self._secret, b"cookie" + token.encode(), hashlib.sha256).digest()
