"""Keeping: a backup onto a stick while work goes on, this device, and who may open it."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request

from field_client import display
from field_client.backups import last_backup
from field_client.opened import App
from field_client.recovery import key_held
from field_client.vault import keys
from field_client.web import memo
from field_client.web.copying import Copies, Copy, file_name, sticks
from field_client.web.desk import Desk
from field_client.web.errors import PassphrasesDiffer
from field_client.web.showing import Page, page, to, wants_part
from field_client.web.visitors import Visitors
from field_client.web.words import clock_text, local, text
from shared_schema.errors import JemputError


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return backup, device and operators."""
    room = Blueprint("keeping", __name__)
    _add_backup(room, desk)
    _add_device(room, desk)
    _add_operators(room, desk)
    return room


def _add_backup(room: Blueprint, desk: Desk) -> None:
    copies = Copies(desk)

    @room.get("/backup")
    def backup() -> Page:
        with desk.use() as app:
            return _backup(desk, app, copies.copy)

    @room.post("/backup")
    def begin() -> Page:
        with desk.use() as app:
            folder = request.form.get("folder", "").strip()
            try:
                copies.start(Path(folder) / file_name(app))
            except JemputError as error:
                return _backup(desk, app, copies.copy, error, folder), error.http_status
        return to("keeping.backup")

    @room.get("/backup/progress")
    def copied() -> Page | Response:
        copy = copies.copy
        if not wants_part():
            return render_template("backup_progress.html", copy=copy)
        answer = Response(render_template("_copy.html", copy=copy))
        if not copy.running:
            answer.headers["HX-Refresh"] = "true"
        return answer


def _backup(
    desk: Desk, app: App, copy: Copy, error: JemputError | None = None, folder: str = ""
) -> str:
    found = sticks()
    made_ms, zone = last_backup(app.tables), display.time_zone(app.device.timezone)
    now = local(app.journal.evidence().best_ms(), zone)
    return page(
        desk,
        app,
        "backup.html",
        copy=copy,
        error=error,
        sticks=found,
        folder=folder or (found[0] if found else ""),
        made=clock_text(local(made_ms, zone), now) if made_ms else text()("never"),
    )


def _add_device(room: Blueprint, desk: Desk) -> None:
    @room.get("/device")
    def device() -> Page:
        with desk.use() as app:
            return _device(desk, app)

    @room.post("/device/passphrase")
    def passphrase() -> Page:
        with desk.use() as app:
            whose = request.form.get("operator") or app.keys.operator
            try:
                if whose != app.keys.operator:
                    keys.check_administrator(app.home, app.keys)
                keys.change_passphrase(app.home, app.keys, whose, _typed_twice())
            except JemputError as error:
                return _device(desk, app, error), error.http_status
            return _device(desk, app, done="passphrase", whose=whose)


def _add_operators(room: Blueprint, desk: Desk) -> None:
    @room.post("/device/operator")
    def add() -> Page:
        with desk.use() as app:
            name = request.form.get("name", "").strip()
            role = keys.ADMINISTRATOR if "administrator" in request.form else keys.OPERATOR
            try:
                keys.check_administrator(app.home, app.keys)
                keys.add_operator(app.home, app.keys, name, _typed_twice(), role=role)
            except JemputError as error:
                return _device(desk, app, error), error.http_status
            return _device(desk, app, done="added", whose=name)

    @room.post("/device/remove")
    def remove() -> Page:
        with desk.use() as app:
            try:
                keys.remove_operator(app.home, app.keys, request.form.get("name", ""))
            except JemputError as error:
                return _device(desk, app, error), error.http_status
        return to("door.unlock")


def _typed_twice() -> str:
    """Return a new passphrase that was typed twice alike. Raises PassphrasesDiffer."""
    first, second = (request.form.get(name, "") for name in ("passphrase", "again"))
    if first != second:
        raise PassphrasesDiffer
    return first


def _device(desk: Desk, app: App, error: JemputError | None = None, **done: Any) -> str:
    device, zone = app.device, display.time_zone(app.device.timezone)
    receipt = app.journal.last_receipt()
    now = local(app.journal.evidence().best_ms(), zone)
    return page(
        desk,
        app,
        "device.html",
        error=error,
        done=done.get("done", ""),
        whose=done.get("whose", ""),
        operators=keys.operators(app.home),
        administrator=(app.keys.operator, keys.ADMINISTRATOR) in keys.operators(app.home),
        scope=[(code, memo.region_name(app, code)) for code in device.scope],
        until=clock_text(local(device.until_ms, zone), now) if device.until_ms else "",
        receipt=clock_text(local(receipt["server_ms"], zone), now) if receipt else "",
        recovery=key_held(app.home),
        software=version("jemput"),
    )
