"""A laptop that has no store yet: enrol it with a code from the office, or restore a backup.

Open to whoever sits at it, as the commands are: there is nothing here to be read, and where a
store is these pages lead to its door.
"""

from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from field_client.app import create_device
from field_client.sync.departure import depart
from field_client.vault.backup import restore_backup
from field_client.vault.keys import has_slots
from field_client.web.copying import sticks
from field_client.web.desk import Desk
from field_client.web.errors import OperatorNameless, PassphrasesDiffer
from field_client.web.showing import Page
from field_client.web.visitors import Visitors
from shared_schema.errors import JemputError

BACKUPS = "*.backup"


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the pages of a laptop without a store."""
    room = Blueprint("beginning", __name__)

    @room.before_request
    def only_without_store() -> Response | None:
        return redirect(url_for("door.unlock"), 303) if has_slots(desk.home) else None

    @room.get("/begin")
    def begin() -> Page:
        return _shown()

    @room.post("/begin/enrol")
    def enrol() -> Page:
        try:
            _enrol(desk.home)
        except JemputError as error:
            return _shown(error, "enrol"), error.http_status
        return redirect(url_for("door.unlock"), 303)

    @room.post("/begin/restore")
    def restore() -> Page:
        try:
            restore_backup(Path(request.form.get("file", "").strip()), desk.home)
        except JemputError as error:
            return _shown(error, "restore"), error.http_status
        return redirect(url_for("door.unlock"), 303)

    return room


def _enrol(home: Path) -> None:
    given = {name: request.form.get(name, "") for name in ("code", "name", "passphrase", "again")}
    if not given["name"].strip():
        raise OperatorNameless
    if given["passphrase"] != given["again"]:
        raise PassphrasesDiffer
    with create_device(home, given["code"], given["name"].strip(), given["passphrase"]) as app:
        depart(app)


def _shown(error: JemputError | None = None, asking: str = "") -> str:
    found = [str(file) for stick in sticks() for file in _files(Path(stick))]
    given: dict[str, Any] = {name: request.form.get(name, "") for name in ("code", "name", "file")}
    given["file"] = given["file"] or (found[0] if found else "")
    return render_template("begin.html", error=error, asking=asking, backups=found, given=given)


def _files(stick: Path) -> list[Path]:
    """Return the backups on a stick; one that was pulled out has none."""
    try:
        return sorted(stick.glob(BACKUPS), reverse=True)
    except OSError:
        return []
