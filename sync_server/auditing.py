"""Writing to the audit log: who did what, in the transaction that does it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from sync_server.accounts import Actor
from sync_server.office import Office
from sync_server.store.queries import audit


def note(
    office: Office,
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> None:
    """Write what a user does; ``detail`` holds ids, counts and reasons, never a value."""
    audit.append(connection, actor.operator, action, subject, detail, office.now_ms())
