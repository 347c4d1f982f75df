"""Routes: who is recorded in the field only, and the proposal for the ministry."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_smorest import Blueprint

from sync_server import auditing, exporting, proposal, tallies
from sync_server.accounts import Actor, Right
from sync_server.api.v1 import documents, schemas, schemas_claim
from sync_server.api.v1.door import allowed
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.unconfirmed_report import Wanted, unconfirmed_report

_NUMBERS = ("nik", "other_nik")


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""
    _add_unconfirmed(api, office)
    _add_proposal(api, office)


def _add_unconfirmed(api: Blueprint, office: Office) -> None:
    @api.get("/unconfirmed")
    @api.arguments(schemas_claim.UnconfirmedFilter, location="query")
    @api.response(200, schemas_claim.Unconfirmed)
    def list_unconfirmed(asked: dict[str, Any]) -> dict[str, Any]:
        """List who was recorded in the field and lacks the ministry's word, numbers masked."""
        found = _unconfirmed(office, allowed(Right.READ), asked, "unconfirmed-seen", {})
        return {**found, "people": _masked(found["people"])}

    @api.post("/unconfirmed/export")
    @api.arguments(schemas_claim.UnconfirmedFilter, location="query")
    @api.arguments(schemas.Reason)
    @api.response(200, schemas_claim.Unconfirmed)
    def export_unconfirmed(narrowed: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """Give the same with numbers in full, where a second person agreed; the reason is kept."""
        told = {"reason": " ".join(asked["reason"].split())}
        actor = allowed(Right.REVEAL)
        exporting.require_agreed(office, actor, "unconfirmed", narrowed.get("region") or "")
        return _unconfirmed(office, actor, narrowed, "unconfirmed-export", told)


def _unconfirmed(
    office: Office, actor: Actor, asked: dict[str, Any], action: str, told: dict[str, Any]
) -> dict[str, Any]:
    tallies.finish(office)
    with office.store.write() as connection:
        today = context_of(office, connection).today
        wanted = Wanted(**asked, areas=actor.area)
        found = unconfirmed_report(connection, today, wanted).as_dict()
        told = {**told, "count": found["count"]}
        auditing.note(office, connection, actor, action, "", told)
    return found


def _add_proposal(api: Blueprint, office: Office) -> None:
    @api.get("/proposal")
    @api.response(200, schemas_claim.Proposal)
    def show_proposal() -> dict[str, Any]:
        """List duplicates, deaths and moves as claims with their evidence, numbers masked."""
        claims = _claims(office, allowed(Right.READ), "proposal-seen", {})
        return {"count": len(claims), "claims": _masked(claims)}

    @api.post("/proposal/export")
    @api.arguments(schemas.Reason)
    @api.response(200, schemas_claim.Proposal)
    def export_proposal(asked: dict[str, Any]) -> dict[str, Any]:
        """Give the same with numbers in full, where a second person agreed; the reason is kept."""
        told = {"reason": " ".join(asked["reason"].split())}
        actor = allowed(Right.REVEAL)
        exporting.require_agreed(office, actor, "proposal")
        claims = _claims(office, actor, "proposal-export", told)
        return {"count": len(claims), "claims": claims}


def _claims(
    office: Office, actor: Actor, action: str, told: dict[str, Any]
) -> list[dict[str, Any]]:
    tallies.finish(office)
    with office.store.write() as connection:
        found = proposal.within(connection, actor.covers)
        told = {**told, "count": len(found)}
        auditing.note(office, connection, actor, action, "", told)
    return found


def _masked(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: documents.shown("person", "nik", value) if name in _NUMBERS else value
            for name, value in row.items()
        }
        for row in rows
    ]
