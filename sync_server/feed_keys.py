"""Keys to the feed: what a spreadsheet is given in place of somebody's passphrase.

One a user, shown once, kept as a hash. It reads and does nothing else, holds for ninety days, and
ends with the user's other sessions: with another passphrase, or when the user is disabled.
"""

import secrets
from dataclasses import dataclass

from shared_schema.clock import DAY_MS
from shared_schema.errors import AccessError
from sync_server import accounts, auditing
from sync_server.accounts import Actor, Right, Role, require
from sync_server.office import Office
from sync_server.store.queries import sessions, users
from sync_server.store.queries.sessions import FEED, Session

KEPT_MS = 90 * DAY_MS
_TOKEN_BYTES = 32


class FeedKeyRefused(AccessError):
    """The feed's key is not right, or no longer holds. Make a new one on the page Feed."""

    code = "FEED_KEY_REFUSED"
    http_status = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A user's key: when it was made, last used and ends, Unix ms."""

    made_ms: int
    used_ms: int
    ends_ms: int


def make(office: Office, actor: Actor) -> str:
    """Return a new key in place of the one before. Raises RightMissing."""
    require(actor, Right.READ)
    token, now_ms = secrets.token_urlsafe(_TOKEN_BYTES), office.now_ms()
    with office.store.write() as connection:
        sessions.end_of_kind(connection, actor.name, FEED)
        made = Session(user=actor.name, kind=FEED, begun_ms=now_ms, seen_ms=now_ms)
        sessions.add(connection, accounts.hashed(token), made)
        auditing.note(office, connection, actor, "feed-key", actor.name, {})
    return token


def end(office: Office, actor: Actor) -> None:
    """End a user's key; whoever has none keeps none."""
    with office.store.write() as connection:
        sessions.end_of_kind(connection, actor.name, FEED)
        auditing.note(office, connection, actor, "feed-key-end", actor.name, {})


def of(office: Office, actor: Actor) -> Key | None:
    """Return a user's key while it holds."""
    with office.store.read() as connection:
        found = sessions.of_kind(connection, actor.name, FEED)
    if found is None or office.now_ms() - found.begun_ms > KEPT_MS:
        return None
    ends_ms = found.begun_ms + KEPT_MS
    return Key(made_ms=found.begun_ms, used_ms=found.seen_ms, ends_ms=ends_ms)


def who(office: Office, token: str) -> Actor:
    """Return whose key this is. Raises FeedKeyRefused."""
    now_ms, mark = office.now_ms(), accounts.hashed(token)
    with office.store.read() as connection:
        found = sessions.get(connection, mark)
        user = users.get(connection, found.user) if found else None
    if found is None or found.kind != FEED or now_ms - found.begun_ms > KEPT_MS:
        raise FeedKeyRefused
    if user is None or user.disabled_ms is not None or user.fresh:
        raise FeedKeyRefused
    if now_ms - found.seen_ms > accounts.SEEN_EVERY_MS:
        with office.store.write() as connection:
            sessions.seen(connection, mark, now_ms)
    return Actor(name=user.name, role=Role(user.role), area=user.area)
