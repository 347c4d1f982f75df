"""``campaign``: drives, their areas and the policy that says who must be reached by when."""

from typing import Any

import click

from shared_schema.console import emit, language, output_options, text
from sync_server.campaigns import add_campaign
from sync_server.commands.opening import PACKAGE, opened, operator

_DAY = "YYYY-MM-DD"


@click.group()
def campaign() -> None:
    """Set up campaigns."""


@campaign.command("add")
@click.option("--name", required=True, help="What the campaign is called.")
@click.option("--area", required=True, help="Region code it covers.")
@click.option("--eligible-on", metavar=_DAY, help="The day on which age counts.")
@click.option("--min-age", type=click.IntRange(0, 150), help="Age from which a card is due.")
@click.option(
    "--married-count/--married-not-counted",
    default=None,
    help="Whether the younger who are or were married count.",
)
@click.option("--deadline", metavar=_DAY, help="The last day of recording.")
@click.option("--starts-on", metavar=_DAY, help="First day of the campaign.")
@click.option("--ends-on", metavar=_DAY, help="Last day of the campaign.")
@output_options
def add(**options: Any) -> None:
    """Add a campaign; the same name and area again brings it up to date."""
    names = ("eligible_on", "min_age", "married_count", "deadline")
    policy = {name: options[name] for name in names if options[name] is not None}
    values = {name: options[name] for name in ("name", "area", "starts_on", "ends_on")}
    office = opened()
    given = {**values, "policy": policy or None}
    record, kept = add_campaign(office, given, operator(office), language())
    document = {"id": str(record), **kept}
    said = text(PACKAGE)("Campaign {name}: {id}")
    emit(document, lambda: said.format(name=kept["name"], id=record))


COMMANDS = (campaign,)
