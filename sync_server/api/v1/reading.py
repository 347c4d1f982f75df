"""Routes: residents, any record, numbers in full for a reason, devices, the access log."""

from typing import Any

from flask_smorest import Blueprint

from sync_server import auditing, reviewing
from sync_server.accounts import Right
from sync_server.api.v1 import documents, schemas
from sync_server.api.v1.door import allowed
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.people import search
from sync_server.store.queries import audit, devices


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""
    _add_records(api, office)

    @api.get("/devices")
    @api.response(200, schemas.Devices)
    def list_devices() -> dict[str, Any]:
        """List laptops and relays."""
        actor = allowed(Right.READ)
        with office.store.read() as connection:
            everyone = devices.everyone(connection)
        found = [one for one in everyone if any(map(actor.covers, one.scope))]
        return {
            "devices": [
                {
                    "id": one.id.hex(),
                    "label": one.label,
                    "scope": list(one.scope),
                    "seen_ms": one.seen_ms,
                    "revoked_ms": one.revoked_ms,
                    "relay": one.relay,
                }
                for one in found
            ]
        }

    @api.get("/audit")
    @api.arguments(schemas.AuditQuery, location="query")
    @api.response(200, schemas.Entries)
    def list_entries(asked: dict[str, Any]) -> dict[str, Any]:
        """List who did what, the newest first."""
        allowed(Right.AUDIT)
        with office.store.read() as connection:
            return {"entries": audit.latest(connection, **asked)}


def _add_records(api: Blueprint, office: Office) -> None:
    @api.get("/persons")
    @api.arguments(schemas.Search, location="query")
    @api.response(200, schemas.Records)
    def find_persons(asked: dict[str, Any]) -> dict[str, Any]:
        """Find residents by NIK, or by parts of a name in old or new spelling."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            found = search(connection, asked["q"], actor.area)
            auditing.note(office, connection, actor, "search", "", {"found": len(found)})
            return documents.listed(connection, found)

    @api.get("/records/<record>")
    @api.response(200, schemas.Record)
    def show_record(record: str) -> dict[str, Any]:
        """Show a record of any type, its numbers masked."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            found = seen_by(actor, connection, record)
            auditing.note(office, connection, actor, "record-seen", str(found.record), {})
            return documents.record(connection, found)

    @api.post("/records/<record>/return")
    @api.arguments(schemas.Comment)
    @api.response(204)
    def return_record(asked: dict[str, Any], record: str) -> None:
        """Return a record to its officer with a comment; their correction closes it."""
        actor = allowed(Right.DECIDE)
        with office.store.write() as connection:
            found = str(seen_by(actor, connection, record).record)
            made = reviewing.give_back(connection, found, asked["comment"], actor.operator)
            auditing.note(
                office, connection, actor, "return", found, {"review": str(made.review.record)}
            )

    @api.post("/records/<record>/reveal")
    @api.arguments(schemas.Reason)
    @api.response(200, schemas.Record)
    def reveal_record(asked: dict[str, Any], record: str) -> dict[str, Any]:
        """Show a record with its numbers in full; the reason is kept."""
        actor = allowed(Right.REVEAL)
        with office.store.write() as connection:
            found = seen_by(actor, connection, record)
            told = {"reason": " ".join(asked["reason"].split())}
            auditing.note(office, connection, actor, "reveal", str(found.record), told)
            return documents.record(connection, found, full=True)
