"""Who goes to which village for a campaign, as the office planned it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from shared_schema.errors import InputError
from sync_server import auditing, device_area
from sync_server.accounts import Actor
from sync_server.office import Office
from sync_server.store.access_tables import assignments
from sync_server.store.queries import devices
from sync_server.store.queries.devices import Device

_TEAM_LETTERS = 64


class NothingAssigned(InputError):
    """No village was chosen, or neither a team nor a device was named. Choose, then try again."""

    code = "NOTHING_ASSIGNED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The villages, and the team and device (its id) that go there; "" leaves one open.

    `widen`: the device's area is to hold the villages.
    """

    villages: Sequence[str]
    team: str
    device: str
    widen: bool = False


def assign(
    office: Office, connection: Connection, actor: Actor, campaign: str, wanted: Assignment
) -> int:
    """Note who goes to some villages, in place of whoever did; return how many villages.

    Raises NothingAssigned.
    """
    team = " ".join(wanted.team.split())[:_TEAM_LETTERS]
    villages = [one for one in wanted.villages if actor.covers(one)]
    goes = _in_use(connection, actor, wanted.device)
    if not villages or not (team or goes):
        raise NothingAssigned
    device = goes.id.hex() if goes else ""
    statement = insert(assignments)
    changed = {name: statement.excluded[name] for name in ("team", "device", "made_by", "made_ms")}
    rows = [
        {
            "campaign": campaign,
            "village": village,
            "team": team,
            "device": device,
            "made_by": actor.operator,
            "made_ms": office.now_ms(),
        }
        for village in villages
    ]
    connection.execute(
        statement.on_conflict_do_update(index_elements=["campaign", "village"], set_=changed), rows
    )
    told = {"villages": len(villages), "device": device}
    auditing.note(office, connection, actor, "campaign-assign", campaign, told)
    if wanted.widen and goes:
        device_area.widen(office, connection, actor, goes, villages)
    return len(villages)


def _in_use(connection: Connection, actor: Actor, wanted: str) -> Device | None:
    """Return the device with an id, where it may still be sent anywhere and the user sees it."""
    for one in devices.everyone(connection):
        if one.id.hex() == wanted and one.revoked_ms is None:
            return one if any(map(actor.covers, one.scope)) else None
    return None
