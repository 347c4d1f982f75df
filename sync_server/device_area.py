"""The area of a device, changed after it was enrolled: what it is sent at its next sync.

A new area is a new version of its scope: the device begins a snapshot of all of it, and is told
the area itself. What it wrote is judged anew, so that nothing waits as outside that no longer is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from shared_schema.regions import contains
from sync_server import auditing, projections
from sync_server.accounts import Actor
from sync_server.enrol import ScopeInvalid, parse_scope
from sync_server.office import Office
from sync_server.store.queries import devices, facts
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact


def change(office: Office, connection: Connection, actor: Actor, one: Device, text: str) -> None:
    """Give a device the area that was written, codes with commas. Raises ScopeInvalid.

    What it has beyond the user's own area, it keeps.
    """
    region = facts.need(connection, Fact.REGION)
    wanted = parse_scope(text, region)
    if not all(actor.covers(code) for code in wanted):
        raise ScopeInvalid(text=text, region=", ".join(actor.area))
    others = [code for code in one.scope if not actor.covers(code)]
    _keep(office, connection, actor, one, [*wanted, *others])


def widen(
    office: Office, connection: Connection, actor: Actor, one: Device, villages: Iterable[str]
) -> None:
    """Add villages to a device's area, those that are not in it yet."""
    _keep(office, connection, actor, one, [*one.scope, *villages])


def _keep(
    office: Office, connection: Connection, actor: Actor, one: Device, codes: Sequence[str]
) -> None:
    scope = tuple(sorted(code for code in set(codes) if not _is_within_another(code, codes)))
    if scope == one.scope:
        return
    changed = replace(one, scope=scope, scope_version=one.scope_version + 1)
    devices.save(connection, changed)
    projections.judge_again(connection, changed)
    told = {"before": list(one.scope), "after": list(scope)}
    auditing.note(office, connection, actor, "device-area", one.id.hex(), told)


def _is_within_another(code: str, codes: Iterable[str]) -> bool:
    return any(contains(other, code) for other in codes if other != code)
