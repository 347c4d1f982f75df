"""The phones that may use this laptop's pages: let in by a code that serves once, and put out.

A phone is let in by a code of forty bits that the laptop shows for three minutes, and goes to
sleep after five idle minutes until its own PIN. Whoever tries codes waits longer after each wrong
one, and twenty of them withdraw the code. Nothing of it is written down; it ends with the sharing.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from field_client.errors import PinWeak
from field_client.shift import TRIES, is_weak_pin
from field_client.web.errors import (
    PhoneCodeWait,
    PhoneCodeWrong,
    PhoneNameless,
    PhoneOut,
    PhonePinWrong,
)
from field_client.web.visitors import TOKEN_BYTES, Guest

ON_PHONE = "jemput.phone"
CODE_S = 180.0
CODE_LETTERS = 8
NAME_LETTERS = 40
WRONG_CODES = 20
_ID_BYTES = 8
LONGEST_WAIT_S = 60.0
# Crockford's base 32: no I, L, O or U, so that a code can be read out and typed.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


@dataclass(slots=True, kw_only=True)
class Phone:
    """One phone. ``id`` names it in forms; ``operator``: in whose shift it was let in.

    ``asleep``: until its PIN, of which ``tries`` are left.
    """

    id: str
    name: str
    operator: str
    guest: Guest
    paired_ms: int
    mark: bytes = field(repr=False)
    pin: bytes = field(repr=False)
    asleep: bool = False
    tries: int = TRIES

    def is_awake(self, now_s: float) -> bool:
        """Tell whether it shows pages without its PIN."""
        return not (self.asleep or self.guest.is_idle(now_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What lets one phone in. ``until_s``: by the desk's clock."""

    text: str = field(repr=False)
    until_s: float

    @property
    def spoken(self) -> str:
        """The code as it is read out: in two halves."""
        half = CODE_LETTERS // 2
        return f"{self.text[:half]}-{self.text[half:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a phone gives to be let in. ``caller``: the address that it asks from."""

    code: str = field(repr=False)
    name: str
    digits: str = field(repr=False)
    caller: str


@dataclass(slots=True, kw_only=True)
class _Caller:
    """Who tried wrong codes, and until when nothing more is heard from there."""

    wrong: int = 0
    until_s: float = 0.0


class Phones:
    """The phones of one sharing. ``version`` rises with every change that the laptop shows."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(TOKEN_BYTES)
        self._turn = threading.RLock()
        self._phones: dict[str, Phone] = {}
        self._callers: dict[str, _Caller] = {}
        self._code: Code | None = None
        self._wrong = 0
        self.version = 0

    # At the laptop

    def every(self) -> Sequence[Phone]:
        """Return the phones that were let in, the first of them first."""
        with self._turn:
            return tuple(self._phones.values())

    def offer(self, now_s: float) -> Code:
        """Return a fresh code; one that was shown before lets nobody in any more."""
        text = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
        with self._turn:
            self._code, self._wrong = Code(text=text, until_s=now_s + CODE_S), 0
            self.version += 1
            return self._code

    def offered(self, now_s: float) -> Code | None:
        """Return the code that lets a phone in now."""
        with self._turn:
            if self._code is not None and now_s >= self._code.until_s:
                self._withdraw()
            return self._code

    @property
    def is_guessed_at(self) -> bool:
        """Whether the last code was withdrawn because somebody tried too many."""
        return self._wrong >= WRONG_CODES

    def put_out(self, phone: str) -> None:
        """Forget one phone; its next request shows nothing."""
        with self._turn:
            self._phones.pop(phone, None)
            self.version += 1

    def put_all_out(self) -> None:
        """Forget all phones and the code."""
        with self._turn:
            self._phones.clear()
            self._callers.clear()
            self._wrong = 0
            self._withdraw()

    def _withdraw(self) -> None:
        self._code = None
        self.version += 1

    # At the phone

    def pair(self, asked: Asked, operator: str, *, now_s: float, now_ms: int) -> str:
        """Let a phone in and return its cookie. ``operator``: whose shift it is.

        Raises PhoneCodeWait, PhoneCodeWrong, PhoneNameless, PinWeak; the code serves once.
        """
        with self._turn:
            self._check_code(asked, now_s)
            name = " ".join(asked.name.split())[:NAME_LETTERS]
            if not name:
                raise PhoneNameless
            if is_weak_pin(asked.digits):
                raise PinWeak
            self._withdraw()
            token = secrets.token_urlsafe(TOKEN_BYTES)
            phone = Phone(
                id=secrets.token_hex(_ID_BYTES),
                name=self._distinct(name),
                operator=operator,
                guest=Guest(used_s=now_s),
                paired_ms=now_ms,
                mark=self._hidden(b"cookie", token),
                pin=self._hidden(b"pin", asked.digits),
            )
            self._phones[phone.id] = phone
            return token

    def _check_code(self, asked: Asked, now_s: float) -> None:
        """Compare a code; who gives a wrong one waits, twice as long each time."""
        known = self._callers.setdefault(asked.caller, _Caller())
        if now_s < known.until_s:
            raise PhoneCodeWait(seconds=round(known.until_s - now_s) or 1)
        offered = self.offered(now_s)
        given = asked.code.upper().translate(_READ_AS)
        if offered is not None and hmac.compare_digest(offered.text.encode(), given.encode()):
            self._callers.pop(asked.caller)
            return
        known.wrong += 1
        known.until_s = now_s + min(LONGEST_WAIT_S, 2.0 ** (known.wrong - 1))
        self._wrong += 1
        if self._wrong >= WRONG_CODES and offered is not None:
            self._withdraw()
        raise PhoneCodeWrong

    def find(self, token: str) -> Phone | None:
        """Return the phone that was let in by this cookie."""
        mark = self._hidden(b"cookie", token)
        known = (one for one in self.every() if hmac.compare_digest(one.mark, mark))
        return next(known, None)

    def rest(self, phone: Phone) -> None:
        """Put a phone to sleep, until its PIN."""
        phone.asleep = True

    def wake(self, phone: Phone, digits: str, now_s: float) -> None:
        """Let a phone go on by its PIN. Raises PhonePinWrong, PhoneOut."""
        with self._turn:
            if not hmac.compare_digest(phone.pin, self._hidden(b"pin", digits)):
                self._miss(phone)
            phone.asleep, phone.tries, phone.guest.used_s = False, TRIES, now_s
            self.version += 1

    def _miss(self, phone: Phone) -> None:
        phone.tries -= 1
        if phone.tries > 0:
            raise PhonePinWrong(tries=phone.tries)
        self.put_out(phone.id)
        raise PhoneOut

    def _distinct(self, name: str) -> str:
        """Return a name that no other phone in the list has."""
        taken: set[str] = {one.name for one in self._phones.values()}
        tried, at = name, 1
        while tried in taken:
            at += 1
            tried = f"{name} ({at})"
        return tried

    def _hidden(self, label: bytes, text: str) -> bytes:
        return hmac.new(self._secret, label + text.encode(), hashlib.sha256).digest()
