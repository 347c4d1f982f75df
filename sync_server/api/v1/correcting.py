"""Routes: bulk corrections, previewed, made for one reason, taken back as one."""

from typing import Any

from flask_smorest import Blueprint

from sync_server import bulk
from sync_server.accounts import Right
from sync_server.api.v1 import documents, schemas
from sync_server.api.v1.door import allowed
from sync_server.bulk import Wanted
from sync_server.correcting import Why
from sync_server.office import Office


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""

    @api.post("/corrections/preview")
    @api.arguments(schemas.Correction)
    @api.response(200, schemas.CorrectionPreview)
    def preview_correction(asked: dict[str, Any]) -> dict[str, Any]:
        """Show what a correction would change; nothing is written."""
        actor = allowed(Right.DECIDE)
        with office.store.read() as connection:
            found, unknown = bulk.preview(office, connection, actor, _wanted(asked))
        return documents.correction(asked["type"], found, unknown)

    @api.post("/corrections")
    @api.arguments(schemas.CorrectionOrder)
    @api.response(200, schemas.CorrectionMade)
    def make_correction(asked: dict[str, Any]) -> dict[str, Any]:
        """Make a correction that was previewed to change so many records."""
        actor = allowed(Right.DECIDE)
        wanted, why = _wanted(asked), Why(reason=asked["reason"], confirm=asked["confirm"])
        with office.store.write() as connection:
            made = bulk.apply(office, connection, actor, wanted, why, expected=asked["count"])
        return {"correction": made}

    @api.get("/corrections")
    @api.response(200, schemas.Corrections)
    def list_corrections() -> dict[str, Any]:
        """List the corrections that were made, the newest first."""
        actor = allowed(Right.DECIDE)
        with office.store.read() as connection:
            return {"corrections": bulk.listed(connection, actor)}

    @api.post("/corrections/<int:number>/undo")
    @api.response(200, schemas.CorrectionUndone)
    def undo_correction(number: int) -> dict[str, Any]:
        """Take a correction back; what was edited since is left alone."""
        actor = allowed(Right.DECIDE)
        with office.store.write() as connection:
            done = bulk.undo(office, connection, actor, number)
        kept = [{"record": record, "field": name} for record, name in done.kept]
        return {"correction": done.correction, "changed": done.changed, "kept": kept}


def _wanted(asked: dict[str, Any]) -> Wanted:
    return Wanted(
        type=asked["type"],
        where=tuple(f"{name}={value}" for name, value in asked["where"].items()),
        region=asked["region"],
        listed=asked["listed"],
        to_set=tuple(f"{name}={value}" for name, value in asked["set"].items()),
        lang="en",
    )
