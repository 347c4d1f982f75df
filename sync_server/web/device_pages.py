"""Devices: last heard of, whether all they sealed is here, what waits in quarantine, revoking."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from sync_server import auditing, device_area, release, silence
from sync_server.accounts import Actor, Right, require
from sync_server.office import Office
from sync_server.store.queries import batches, devices, quarantine
from sync_server.store.queries.devices import Device
from sync_server.store.queries.quarantine import Cause, Kept
from sync_server.web.errors import DeviceUnknownHere, ReasonMissing
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking
from sync_server.web.paging import part_of

Page = str | Response | tuple[str, int]
_DECISIONS = ("accept", "discard")
_SHOWN = 40
_KEPT_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One device. `sealed`, `held`: changes; `waiting`: batches in quarantine.

    `days`: since it was heard of; `is_late`: that is too long. `tried`: how often another device
    tried its code. `branches`: how many it writes on; more than one says a copy is at work.
    """

    device: Device
    scope: str
    sealed: int
    held: int
    waiting: int
    days: int
    is_late: bool
    has_ended: bool
    tried: int
    branches: int


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/devices")
    def device_list() -> Page:
        return _page(office)

    @pages.post("/devices/<device>/revoke")
    def revoke_device(device: str) -> Page:
        require(actor(), Right.DECIDE)
        reason = " ".join(request.form.get("reason", "").split())
        if not reason:
            raise ReasonMissing
        with office.store.write() as connection:
            found = _known(connection, actor(), device)
            devices.revoke(connection, found.id, office.now_ms())
            auditing.note(office, connection, actor(), "device-revoke", device, {"reason": reason})
        return redirect(url_for("pages.device_list", done="revoked"), 303)

    @pages.post("/devices/<device>/area")
    def change_area(device: str) -> Page:
        require(actor(), Right.DECIDE)
        try:
            with office.store.write() as connection:
                found = _known(connection, actor(), device)
                wanted = request.form.get("area", "")
                device_area.change(office, connection, actor(), found, wanted)
        except JemputError as error:
            return _page(office, error), error.http_status
        return redirect(url_for("pages.device_list", done="area"), 303)

    _add_quarantine(pages, office)


def _add_quarantine(pages: Blueprint, office: Office) -> None:
    @pages.post("/devices/quarantine/<int:number>")
    def decide_quarantine(number: int) -> Page:
        require(actor(), Right.DECIDE)
        with office.store.read() as connection:
            kept = quarantine.get(connection, number)
            _known(connection, actor(), kept.device if kept else "")
        decision = request.form.get("decision", "")
        require(actor(), _right_to(kept, decision))
        try:
            count = release.accept(office, number) if decision == "accept" else 0
            if decision == "discard":
                release.discard(office, number)
        except JemputError as error:
            return _page(office, error), error.http_status
        if decision in _DECISIONS:
            with office.store.write() as connection:
                told = {"changes": count}
                action = f"quarantine-{decision}"
                auditing.note(office, connection, actor(), action, str(number), told)
        return redirect(url_for("pages.device_list", done=decision), 303)


def _right_to(kept: Kept | None, decision: str) -> Right:
    """Return what it takes: what is given up for good, no device ever sends again."""
    gives_up = kept is not None and kept.cause is Cause.HELD and decision == "discard"
    return Right.GIVE_UP if gives_up else Right.DECIDE


def _known(connection: Connection, user: Actor, wanted: str) -> Device:
    """Return a device that the user may see. Raises DeviceUnknownHere."""
    found = next((one for one in _seen_by(connection, user) if one.id.hex() == wanted), None)
    if found is None:
        raise DeviceUnknownHere
    return found


def _seen_by(connection: Connection, user: Actor) -> list[Device]:
    everyone = devices.everyone(connection)
    return [one for one in everyone if any(user.covers(area) for area in one.scope)]


def _page(office: Office, error: JemputError | None = None) -> str:
    with looking(office) as look:
        seen = _seen_by(look.connection, actor())
        names = {one.id.hex() for one in seen}
        kept = [
            one
            for one in quarantine.everything(look.connection)
            if one.decision is None and one.device in names
        ]
        revoked = [one for one in seen if one.revoked_ms is not None]
        wants_revoked = request.args.get("show") == "revoked"
        used = [one for one in seen if one.revoked_ms is None]
        shown = _shown(office, look, revoked if wants_revoked else used, kept)
        return render_template(
            "pages/devices.html",
            devices=part_of(shown, _SHOWN),
            used=len(used),
            revoked=len(revoked),
            wants_revoked=wants_revoked,
            kept=kept[:_KEPT_SHOWN],
            kept_count=len(kept),
            reasons={one.id: release.trouble_of(office, one) for one in kept[:_KEPT_SHOWN]},
            look=look,
            error=error,
            done=request.args.get("done", ""),
        )


def _shown(
    office: Office, look: Looking, seen: Sequence[Device], kept: Sequence[Kept]
) -> list[Shown]:
    custody = batches.sealed_and_held(look.connection)
    waiting = Counter(one.device for one in kept)
    tried = devices.refusals(look.connection)
    branches = batches.branches(look.connection)
    now_ms = office.now_ms()
    late = {one.device.id for one in silence.silent(look.connection, now_ms, actor().covers)}
    found = []
    for one in seen:
        name = one.id.hex()
        sealed, held = custody.get(name, (0, 0))
        found.append(
            Shown(
                device=one,
                scope=", ".join(map(look.regions.name, one.scope)),
                sealed=sealed,
                held=held,
                waiting=waiting[name],
                days=silence.days_silent(one, now_ms),
                is_late=one.id in late,
                has_ended=one.ended(now_ms),
                tried=tried.get(name, 0),
                branches=len(branches.get(name, [])),
            )
        )
    return sorted(found, key=lambda one: -one.days)
