"""Routes: coverage by region, and the published figures beside our own."""

from typing import Any

from flask_smorest import Blueprint

from shared_schema.i18n import DEFAULT_LANGUAGE
from shared_schema.regions import contains, level
from sync_server import tallies
from sync_server.accounts import Right
from sync_server.api.v1 import schemas_list
from sync_server.api.v1.door import allowed
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.coverage_report import (
    figure_document,
    finding_document,
    policy_document,
)
from sync_server.reports.overview_report import overview
from sync_server.reports.published import figures, findings


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""

    @api.get("/reports/coverage")
    @api.arguments(schemas_list.CoverageFilter, location="query")
    @api.response(200, schemas_list.Coverage)
    def show_coverage(asked: dict[str, Any]) -> dict[str, Any]:
        """Count who must hold a card, is recorded and printed, of what the user may see."""
        actor = allowed(Right.READ)
        tallies.catch_up(office)
        with office.store.read() as connection:
            today = context_of(office, connection).today
            if asked["campaign"] is not None:
                seen_by(actor, connection, asked["campaign"])
            found = overview(connection, today, actor.covers, asked["campaign"])
        tallies.keep(office, found.sums)
        return {
            "as_of": today.isoformat(),
            "policy": policy_document(found.rule),
            "regions": [
                {
                    "region": code,
                    "name": found.regions.name(code),
                    "level": level(code).name.lower(),
                    **count.as_dict(),
                }
                for code, count in found.counts.items()
                if contains(asked["region"] or found.region, code)
            ],
            "incomplete": found.incomplete,
            "elsewhere": found.elsewhere,
        }

    @api.get("/figures")
    @api.response(200, schemas_list.Figures)
    def list_figures() -> dict[str, Any]:
        """List the published figures with our own beside them, and what does not fit."""
        actor = allowed(Right.READ)
        tallies.catch_up(office)
        with office.store.read() as connection:
            today = context_of(office, connection).today
            counted = overview(connection, today, actor.covers)
            every = figures(connection, None, counted.counts)
        tallies.keep(office, counted.sums)
        found = [one for one in every if actor.covers(one.region)]
        said = findings(found, counted.rule.policy.deadline)
        return {
            "as_of": today.isoformat(),
            "figures": [figure_document(one) for one in found],
            "findings": [finding_document(one, counted.regions, DEFAULT_LANGUAGE) for one in said],
        }
