"""Routes: outages, blank cards, and whether a letter is genuine."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from shared_schema.i18n import DEFAULT_LANGUAGE
from shared_schema.suket_code import verified
from sync_server import auditing, suket
from sync_server.accounts import Right
from sync_server.api.v1 import schemas_supply
from sync_server.api.v1.door import allowed
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.outage_report import outage_document, outage_report
from sync_server.reports.stock_report import stock_document, stock_report


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""

    @api.get("/outages")
    @api.response(200, schemas_supply.Outages)
    def list_outages() -> dict[str, Any]:
        """List the outages with every statement, and warn of redirects that lead nowhere."""
        actor = allowed(Right.READ)
        with office.store.read() as connection:
            today = context_of(office, connection).today
            return outage_document(outage_report(connection, today, actor.covers))

    @api.get("/stock")
    @api.response(200, schemas_supply.Stock)
    def show_stock() -> dict[str, Any]:
        """Show the blank cards of each office, what is left, and for how long."""
        actor = allowed(Right.READ)
        with office.store.read() as connection:
            today = context_of(office, connection).today
            found = stock_report(connection, today, actor.covers)
            return stock_document(found, DEFAULT_LANGUAGE)

    @api.post("/suket/verify")
    @api.arguments(schemas_supply.Code)
    @api.response(200, schemas_supply.Checked)
    def verify_letter(asked: dict[str, Any]) -> dict[str, Any]:
        """Tell whether the office signed a letter, and how it stands in the register."""
        actor = allowed(Right.READ)
        found = verified(asked["code"], [office.keys.signing.public_key()])
        with office.store.write() as connection:
            today = context_of(office, connection).today
            known = suket.known(connection, found.number, today)
            auditing.note(office, connection, actor, "suket-verify", "", {})
        state = known.state.value if known else None
        return {**asdict(found), "expired": found.expired(today), "state": state}
