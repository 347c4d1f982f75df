"""Devices that were not heard of for too long, and what is known of each one's custody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from shared_schema.clock import DAY_MS
from sync_server.store.queries import devices
from sync_server.store.queries.devices import Device

SILENT_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A device and for how many whole days nothing came from it."""

    device: Device
    days: int


def silent(
    connection: Connection, now_ms: int, covers: Callable[[str | None], bool]
) -> Sequence[Silent]:
    """Return the devices in use that were not heard of for days, the longest first.

    One that enrolled and never synced is counted from its enrolment. Those whose scope has ended
    were handed back, and are not missed.
    """
    found = [
        Silent(device=one, days=days_silent(one, now_ms))
        for one in devices.everyone(connection)
        if one.revoked_ms is None and not one.ended(now_ms) and any(map(covers, one.scope))
    ]
    late = [one for one in found if one.days >= SILENT_DAYS]
    return sorted(late, key=lambda one: (-one.days, one.device.label))


def days_silent(device: Device, now_ms: int) -> int:
    """Return for how many whole days nothing came from a device."""
    return max(now_ms - (device.seen_ms or device.enrolled_ms), 0) // DAY_MS
