"""``arrivals``: who of those that the teams brought is new, known or doubtful."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Connection

from shared_schema.clock import DAY_MS
from shared_schema.console import emit, output_options, text
from shared_schema.display import instant, iso_time
from sync_server.commands.opening import PACKAGE, opened, zone_of
from sync_server.commands.people import regions_of, title_of
from sync_server.comparing import DOUBTFUL, KNOWN, NEW
from sync_server.people import device_labels
from sync_server.store.queries import matching, records
from sync_server.store.queries.matching import Arrival

_BANDS = {NEW: "new", KNOWN: "known", DOUBTFUL: "doubtful"}
_MOST = 200


@click.command()
@click.option("--days", type=click.IntRange(min=1), default=1, help="Of so many days.")
@click.option("--band", type=click.Choice(list(_BANDS)), help="Only these.")
@output_options
def arrivals(days: int, band: str | None) -> None:
    """Show which residents from the teams are new, known already, or to be looked at."""
    office = opened()
    with office.store.read() as connection:
        since_ms = office.now_ms() - days * DAY_MS
        found = matching.arrivals_since(connection, since_ms)
        counts = Counter(arrival.band for arrival, _ in found)
        wanted = [one for one in found if band in (None, one[0].band)][:_MOST]
        zone, rows = zone_of(connection), _rows(connection, wanted)
    document = {"since": iso_time(since_ms), **{name: counts[name] for name in _BANDS}}
    emit({**document, "arrivals": rows}, lambda: _text(document, rows, zone))


def _rows(connection: Connection, found: Sequence[tuple[Arrival, int]]) -> list[dict[str, Any]]:
    labels, regions = device_labels(connection), regions_of(connection)
    known = records.many(connection, [UUID(arrival.record) for arrival, _ in found])
    return [
        {
            "id": arrival.record,
            "title": title_of(known.get(UUID(arrival.record)), UUID(arrival.record), regions),
            "band": arrival.band,
            "other": arrival.other,
            "weight": arrival.weight,
            "device": labels.get(arrival.device, arrival.device),
            "matched_ms": matched_ms,
        }
        for arrival, matched_ms in found
    ]


def _text(counts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], zone: tzinfo | None) -> str:
    texts = text(PACKAGE)
    lines = [
        texts("{new} new, {known} known already, {doubtful} to be looked at.").format(**counts)
    ]
    for row in rows:
        bits = "" if row["weight"] is None else f" ({row['weight']:.1f} bit)"
        when = instant(row["matched_ms"], zone)
        lines.append(f"{when}  {texts(_BANDS[row['band']])}{bits}  {row['title']}  {row['device']}")
    return "\n".join(lines)


COMMANDS = (arrivals,)
