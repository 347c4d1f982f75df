"""Campaigns are set up at the office; one name in one area is one campaign, however often added."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared_schema.canonical import encode
from shared_schema.errors import InputError
from shared_schema.ids import derived_id
from shared_schema.names import fold_name
from shared_schema.records import RECORD_TYPES, check
from shared_schema.regions import contains
from sync_server import ingest
from sync_server.ingest import Edit
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.store.queries import facts, records
from sync_server.store.queries.facts import Fact

CAMPAIGN = RECORD_TYPES["campaign"]


class CampaignInvalid(InputError):
    """The campaign was not kept. {reason} Correct it and try again."""

    code = "CAMPAIGN_INVALID"


class AreaOutside(InputError):
    """The area {area} does not lie in region {region}. Give a code inside it."""

    code = "AREA_OUTSIDE"


def add_campaign(
    office: Office, values: Mapping[str, Any], operator: str, lang: str
) -> tuple[UUID, dict[str, Any]]:
    """Keep a campaign and return its id and values; one added again is brought up to date.

    Raises CampaignInvalid, its reason in `lang`; AreaOutside.
    """
    given = {name: value for name, value in values.items() if value is not None}
    with office.store.write() as connection:
        checked = check(CAMPAIGN, given, context_of(office, connection))
        if checked.errors:
            raise CampaignInvalid(reason=checked.errors[0].text.text(lang))
        wanted, region = checked.values, facts.need(connection, Fact.REGION)
        if not contains(region, wanted["area"]):
            raise AreaOutside(area=wanted["area"], region=region)
        identity = encode([fold_name(wanted["name"]), wanted["area"]])
        record = derived_id("jemput campaign", identity)
        current = records.get(connection, record)
        shown = current.state.values() if current else {}
        changed = {name: value for name, value in wanted.items() if value != shown.get(name)}
        if changed:
            edit = Edit(record=record, type=CAMPAIGN.name, values=changed)
            ingest.write_own(connection, [edit], operator, wall_ms=office.now_ms())
        return record, {**shown, **wanted}
