"""``device``: codes for new devices, and what is known of those enrolled."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from shared_schema.clock import DAY_MS
from shared_schema.console import emit, output_options, screen_width, text
from shared_schema.display import iso_time, local_time, table
from shared_schema.errors import InputError
from sync_server import enrol
from sync_server.commands.opening import opened, zone_of
from sync_server.store.queries import batches, devices, facts
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact

_PACKAGE = "sync_server"
_DAYS = 14


class DeviceNotFound(InputError):
    """There is no device {text}. `sync-server device list` shows the ids."""

    code = "DEVICE_NOT_FOUND"


class AddressInvalid(InputError):
    """{text} is no server's address. Write it as https://server.example:8800, or leave it out."""

    code = "ADDRESS_INVALID"


@click.group()
def device() -> None:
    """Enrol, list and revoke devices."""


@device.command("enrol")
@click.option("--label", required=True, help="What the device is called here.")
@click.option("--scope", required=True, help="Region codes it receives, with commas.")
@click.option("--url", default="", help="Where it syncs; leave out for files only.")
@click.option(
    "--days",
    type=click.IntRange(0, 3650),
    default=_DAYS,
    show_default=True,
    help="For how many days the code may be used.",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of its scope.")
@click.option("--relay", is_flag=True, help="For a relay: `sync-server relay --code CODE`.")
@output_options
def enrol_device(
    *, label: str, scope: str, url: str, days: int, until: datetime | None, relay: bool
) -> None:
    """Make a code with which one device can enrol, once."""
    office = opened()
    with office.store.read() as connection:
        region = facts.need(connection, Fact.REGION)
        zone = ZoneInfo(facts.need(connection, Fact.TIMEZONE))
    invitation = enrol.Invitation(
        label=label,
        scope=enrol.parse_scope(scope, region),
        url=_address(url),
        valid_ms=days * DAY_MS,
        until_ms=None if until is None else _end_of(until.date(), zone),
        relay=relay,
    )
    code = enrol.invite(office, invitation)
    emit({"code": code, "label": label, "scope": list(invitation.scope)}, lambda: code)


@device.command("list")
@output_options
def list_devices() -> None:
    """Show the enrolled devices."""
    office = opened()
    with office.store.read() as connection:
        refused = devices.refusals(connection)
        begun = batches.branches(connection)
        zone = zone_of(connection)
        rows = [
            {
                **_row(one),
                "refused_enrolments": refused.get(one.id.hex(), 0),
                **_branches(begun.get(one.id.hex(), [])),
            }
            for one in devices.everyone(connection)
        ]
    emit(rows, lambda: _table(rows, zone) if rows else text(_PACKAGE)("No device is enrolled yet."))


@device.command("revoke")
@click.argument("device_id", metavar="ID")
@output_options
def revoke_device(device_id: str) -> None:
    """Revoke a device: what it sends from now on waits in quarantine."""
    office = opened()
    with office.store.write() as connection:
        found = _find(devices.everyone(connection), device_id)
        devices.revoke(connection, found.id, office.now_ms())
        row = _row(devices.get(connection, found.id) or found)
    emit(row, lambda: text(_PACKAGE)("Device {label} is revoked.").format(label=found.label))


def _address(url: str) -> str:
    """Return an address that devices can use, or "" for none. Raises AddressInvalid."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if url and not usable:
        raise AddressInvalid(text=url)
    return url


def _find(known: list[Device], text_or_prefix: str) -> Device:
    """Return the one device whose id begins so, or that bears this label."""
    wanted = text_or_prefix.strip()
    found = [one for one in known if one.id.hex() == wanted.lower() or one.label == wanted]
    found = found or [one for one in known if wanted and one.id.hex().startswith(wanted.lower())]
    if len(found) != 1:
        raise DeviceNotFound(text=text_or_prefix)
    return found[0]


def _row(one: Device) -> dict[str, Any]:
    return {
        "id": one.id.hex(),
        "label": one.label,
        "scope": list(one.scope),
        "state": "active" if one.revoked_ms is None else "revoked",
        "enrolled": iso_time(one.enrolled_ms),
        "revoked": iso_time(one.revoked_ms),
        "until": iso_time(one.until_ms),
        "last_seen": iso_time(one.seen_ms),
        "relay": one.relay,
    }


def _branches(begun: list[int]) -> dict[str, Any]:
    """Count what a device writes on; more than one branch: a copy, a restored backup, a fork."""
    branched = iso_time(begun[-1]) if len(begun) > 1 else None
    return {"branches": len(begun), "branched": branched}


def _table(rows: list[dict[str, Any]], zone: tzinfo | None) -> str:
    translate = text(_PACKAGE)
    headers = [translate(word) for word in ("ID", "Label", "Scope", "State")]
    lines = [[row["id"], row["label"], ", ".join(row["scope"]), _state(row, zone)] for row in rows]
    return table(headers, lines, width=screen_width())


def _state(row: dict[str, Any], zone: tzinfo | None) -> str:
    translate = text(_PACKAGE)
    states = {"active": translate("active"), "revoked": translate("revoked")}
    told = [states[row["state"]]]
    if row["relay"]:
        told.append(translate("relay"))
    if row["refused_enrolments"]:
        told.append(translate("another device tried its code"))
    if row["branched"]:
        said = translate("{count} branches since {time}: a restored backup or a copy is at work")
        told.append(said.format(count=row["branches"], time=local_time(row["branched"], zone)))
    return "; ".join(told)


def _end_of(last_day: date, zone: ZoneInfo) -> int:
    midnight = datetime.combine(last_day + timedelta(days=1), time(), zone)
    return int(midnight.timestamp() * 1000) - 1


COMMANDS = (device,)
