"""Users of the office's side: who they are, what their role allows, and how they sign in.

A passphrase is checked by Argon2id, never more than two at once: each takes 64 MiB. After five
wrong ones in a row a name is locked for a quarter of an hour, whether anybody bears it or not, so
that an answer never tells which names exist. Failures are counted in the database: starting the
server again forgives nothing.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import BoundedSemaphore

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import Connection

from shared_schema.errors import AccessError, InputError
from shared_schema.regions import contains
from sync_server import setup
from sync_server.office import Office
from sync_server.store.queries import audit, sessions, users
from sync_server.store.queries.sessions import Session
from sync_server.store.queries.users import User

MOST_FAILURES = 5
LOCKED_MS = 15 * 60_000
FORGOTTEN_MS = 24 * 3_600_000
IDLE_MS = 30 * 60_000
LONGEST_MS = 12 * 3_600_000
SEEN_EVERY_MS = 60_000
_TOKEN_BYTES = 32
_NAME_LETTERS = 64
_CHECKS = BoundedSemaphore(2)
_WORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS = 4


class Role(StrEnum):
    """What a user is at the office."""

    VIEWER = "viewer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Right(StrEnum):
    """What a page or a route of the API may ask for."""

    READ = "read"
    DECIDE = "decide"
    REVEAL = "reveal"
    IMPORT = "import"
    AUDIT = "audit"
    USERS = "users"
    GIVE_UP = "give-up"


RIGHTS = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.AUDITOR: frozenset({Right.READ, Right.AUDIT}),
    Role.SUPERVISOR: frozenset({Right.READ, Right.DECIDE, Right.REVEAL, Right.IMPORT}),
    Role.ADMINISTRATOR: frozenset(Right),
}


class SignInRefused(AccessError):
    """The name or the passphrase is not right. Try again, or ask the administrator."""

    code = "SIGN_IN_REFUSED"


class SignInLocked(AccessError):
    """There were too many wrong passphrases. Wait {minutes} minutes, then try again."""

    code = "SIGN_IN_LOCKED"
    http_status = 429


class SignedOut(AccessError):
    """Nobody is signed in, or it was too long ago. Sign in and try again; nothing was done."""

    code = "SIGNED_OUT"
    http_status = 401


class RightMissing(AccessError):
    """Your role does not allow this. Ask the administrator if it should."""

    code = "RIGHT_MISSING"


class PassphraseFresh(AccessError):
    """Your passphrase was chosen by somebody else. Sign in on the pages and choose your own."""

    code = "PASSPHRASE_FRESH"


class UserUnknown(InputError):
    """There is no user {name}. `sync-server user list` shows who there is."""

    code = "USER_UNKNOWN"


class UserExists(InputError):
    """There is a user {name} already. Choose another name, or give that one a new passphrase."""

    code = "USER_EXISTS"


class UserNameInvalid(InputError):
    """A user's name has 1 to 64 letters, digits, dots or dashes. Choose such a name."""

    code = "USER_NAME_INVALID"


class LastAdministrator(InputError):
    """{name} is the only administrator left. Make another one first."""

    code = "LAST_ADMINISTRATOR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is signed in, in what role, and for which area."""

    name: str
    role: Role
    area: tuple[str, ...] = ()
    fresh: bool = False

    @property
    def operator(self) -> str:
        """The name under which this user's changes and audit entries stand."""
        return f"user:{self.name}"

    @property
    def rights(self) -> frozenset[Right]:
        """All that the role allows."""
        return RIGHTS[self.role]

    def may(self, right: Right) -> bool:
        """Tell whether the role has a right."""
        return right in self.rights

    def covers(self, area: str | None) -> bool:
        """Tell whether records of an area are this user's to see."""
        return not self.area or (area is not None and any(contains(a, area) for a in self.area))

    def touches(self, area: str | None) -> bool:
        """Tell whether an area is this user's, or holds a part that is."""
        return self.covers(area) or any(contains(area or "", one) for one in self.area)


def sign_in(office: Office, name: str, passphrase: str, kind: str) -> tuple[str, Actor]:
    """Return a new session's token and its user. Raises SignInRefused, SignInLocked."""
    named, now_ms = name.strip()[:_NAME_LETTERS], office.now_ms()
    with office.store.read() as connection:
        _require_unlocked(connection, named, now_ms)
        user = users.get(connection, named)
    good = _is_passphrase(passphrase, user.passphrase_hash if user else None)
    if user is None or not good or user.disabled_ms is not None:
        raise _refused(office, named, now_ms)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with office.store.write() as connection:
        sessions.end_before(connection, now_ms - LONGEST_MS, now_ms - IDLE_MS)
        users.forget_failures(connection, name=named)
        session = Session(user=named, kind=kind, begun_ms=now_ms, seen_ms=now_ms)
        sessions.add(connection, hashed(token), session)
        audit.append(connection, f"user:{named}", "sign-in", named, {"kind": kind}, now_ms)
    return token, _actor(user)


def _require_unlocked(connection: Connection, name: str, now_ms: int) -> None:
    count, last_ms = users.failures(connection, name)
    left_ms = last_ms + LOCKED_MS - now_ms
    if count >= MOST_FAILURES and left_ms > 0:
        raise SignInLocked(minutes=-(-left_ms // 60_000))


def _refused(office: Office, name: str, now_ms: int) -> SignInRefused:
    with office.store.write() as connection:
        count, last_ms = users.failures(connection, name)
        again = count + 1 if now_ms - last_ms < LOCKED_MS else 1
        users.forget_failures(connection, until_ms=now_ms - FORGOTTEN_MS)
        users.note_failure(connection, name, again, now_ms)
        audit.append(connection, "nobody", "sign-in-refused", name, {"count": again}, now_ms)
    return SignInRefused()


def who(office: Office, token: str, kind: str) -> Actor:
    """Return the user of a session that is in use. Raises SignedOut."""
    now_ms, mark = office.now_ms(), hashed(token)
    with office.store.read() as connection:
        session = sessions.get(connection, mark)
        user = users.get(connection, session.user) if session else None
    if session is None or user is None or user.disabled_ms is not None or session.kind != kind:
        raise SignedOut
    if now_ms - session.seen_ms > IDLE_MS or now_ms - session.begun_ms > LONGEST_MS:
        raise SignedOut
    if now_ms - session.seen_ms > SEEN_EVERY_MS:
        with office.store.write() as connection:
            sessions.seen(connection, mark, now_ms)
    return _actor(user)


def sign_out(office: Office, token: str) -> None:
    """End a session; one that is over stays so."""
    with office.store.write() as connection:
        session = sessions.get(connection, hashed(token))
        if session is not None:
            sessions.end(connection, hashed(token))
            actor = f"user:{session.user}"
            audit.append(connection, actor, "sign-out", session.user, {}, office.now_ms())


def require(actor: Actor, right: Right) -> None:
    """Raise RightMissing where a user's role does not have a right."""
    if not actor.may(right):
        raise RightMissing


def change_passphrase(office: Office, name: str, old: str, new: str, token: str) -> None:
    """Let a user choose a passphrase; their other sessions end.

    Raises SignInRefused, SignInLocked, PassphraseShort.
    """
    now_ms = office.now_ms()
    with office.store.read() as connection:
        _require_unlocked(connection, name, now_ms)
        user = users.get(connection, name)
    if user is None or not _is_passphrase(old, user.passphrase_hash):
        raise _refused(office, name, now_ms)
    made = hash_of(new)
    with office.store.write() as connection:
        users.forget_failures(connection, name=name)
        users.set_passphrase(connection, name, made, fresh=False)
        sessions.end_of_user(connection, name, but=hashed(token))
        audit.append(connection, f"user:{name}", "passphrase", name, {}, now_ms)


def add(connection: Connection, user: User, actor: str, now_ms: int) -> None:
    """Keep a new user. Raises UserNameInvalid, UserExists."""
    plain = user.name.replace("-", "").replace(".", "").replace("_", "")
    if not plain.isalnum() or len(user.name) > _NAME_LETTERS:
        raise UserNameInvalid
    if users.get(connection, user.name) is not None:
        raise UserExists(name=user.name)
    users.save(connection, user)
    told = {"role": user.role, "area": list(user.area)}
    audit.append(connection, actor, "user-add", user.name, told, now_ms)


def disable(connection: Connection, name: str, actor: str, now_ms: int) -> User:
    """Let a user in no more, from now on. Raises UserUnknown, LastAdministrator."""
    user = known(connection, name)
    others = [
        one
        for one in users.everyone(connection)
        if one.role == Role.ADMINISTRATOR and one.disabled_ms is None and one.name != name
    ]
    if user.role == Role.ADMINISTRATOR and not others:
        raise LastAdministrator(name=name)
    if user.disabled_ms is None:
        user = replace(user, disabled_ms=now_ms)
        users.save(connection, user)
        sessions.end_of_user(connection, name)
        audit.append(connection, actor, "user-disable", name, {}, now_ms)
    return user


def reset(connection: Connection, name: str, made: str, actor: str, now_ms: int) -> None:
    """Give a user another passphrase (its hash), unlock the name and end all sessions.

    A user who was disabled may sign in again. Raises UserUnknown.
    """
    user = replace(known(connection, name), passphrase_hash=made, fresh=True, disabled_ms=None)
    users.save(connection, user)
    users.forget_failures(connection, name=name)
    sessions.end_of_user(connection, name)
    audit.append(connection, actor, "user-passphrase", name, {}, now_ms)


def known(connection: Connection, name: str) -> User:
    """Return a user, disabled or not. Raises UserUnknown."""
    user = users.get(connection, name)
    if user is None:
        raise UserUnknown(name=name)
    return user


def hash_of(passphrase: str) -> str:
    """Return what is kept of a passphrase. Raises PassphraseShort."""
    if len(passphrase) < setup.PASSPHRASE_LENGTH:
        raise setup.PassphraseShort(length=setup.PASSPHRASE_LENGTH)
    with _CHECKS:
        return setup.hash_passphrase(passphrase)


def first_passphrase() -> str:
    """Return a random passphrase for somebody's first sign-in: 16 letters, 79 bits."""
    drawn = (secrets.choice(_WORD_LETTERS) for _ in range(4 * _GROUPS))
    letters = "".join(drawn)
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def form_key(office: Office, token: str) -> str:
    """Return what a form for the browser with this cookie carries; it outlives a restart."""
    secret = office.keys.signing.private_bytes_raw()
    return hmac.new(secret, b"jemput form key\x00" + token.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def newcomer() -> str:
    """Return a cookie that opens nothing yet."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hashed(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _actor(user: User) -> Actor:
    return Actor(name=user.name, role=Role(user.role), area=user.area, fresh=user.fresh)


def _is_passphrase(given: str, kept: str | None) -> bool:
    """Tell whether a passphrase is the one kept; as slow where nobody bears the name."""
    with _CHECKS:
        if kept is None:
            setup.hash_passphrase(given)
            return False
        return _matches(given, kept)


def _matches(given: str, kept: str) -> bool:
    """Compare with an Argon2id hash in the PHC string format."""
    _, _, _, settings, salt, derived = kept.split("$")
    told = dict(part.split("=") for part in settings.split(","))
    wanted = _unpadded(derived)
    try:
        Argon2id(
            salt=_unpadded(salt),
            length=len(wanted),
            iterations=int(told["t"]),
            lanes=int(told["p"]),
            memory_cost=int(told["m"]),
        ).verify(given.encode(), wanted)
    except InvalidKey:
        return False
    return True


def _unpadded(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))
