"""``quarantine``: batches of revoked or forked devices, or unreadable; what is done with them."""

from datetime import tzinfo
from typing import Any

import click

from shared_schema.console import emit, output_options, text
from shared_schema.display import iso_time, local_time
from sync_server import release
from sync_server.commands.opening import deciding, opened, zone_of
from sync_server.office import Office
from sync_server.store.queries import quarantine as kept_batches
from sync_server.store.queries.quarantine import Kept

_PACKAGE = "sync_server"


@click.group()
def quarantine() -> None:
    """Decide about batches that were set aside."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Show decided ones as well.")
@output_options
def list_quarantine(everything: bool) -> None:  # noqa: FBT001 (a command's flag)
    """Show the batches that wait for a decision."""
    office = opened()
    with office.store.read() as connection:
        found = kept_batches.everything(connection)
        rows = [_row(office, one) for one in found if everything or one.decision is None]
        zone = zone_of(connection)
    lines = [_line(row, zone) for row in rows]
    emit(rows, lambda: "\n".join(lines) or text(_PACKAGE)("Quarantine is empty."))


@quarantine.command("accept")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@output_options
def accept_batch(number: int) -> None:
    """Take a batch in. Of a fork: only when that copy will never sync again."""
    taken = release.accept(opened(), number)
    with deciding() as desk:
        desk.note("quarantine-accept", str(number), {"changes": taken})
    emit(
        {"id": number, "decision": "accepted", "changes": taken},
        lambda: text(_PACKAGE)("Batch {id} is taken in: {changes} changes.").format(
            id=number, changes=taken
        ),
    )


@quarantine.command("discard")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@output_options
def discard_batch(number: int) -> None:
    """Set a batch aside for good; its bytes are kept. An unreadable one is given up."""
    release.discard(opened(), number)
    with deciding() as desk:
        desk.note("quarantine-discard", str(number), {})
    emit(
        {"id": number, "decision": "discarded"},
        lambda: text(_PACKAGE)("Batch {id} is discarded.").format(id=number),
    )


def _row(office: Office, kept: Kept) -> dict[str, Any]:
    return {
        "id": kept.id,
        "cause": kept.cause.value,
        "reason": release.trouble_of(office, kept),
        "device": kept.device,
        "stream": kept.stream,
        "first": kept.first,
        "count": kept.count,
        "received": iso_time(kept.received_ms),
        "decision": kept.decision.value if kept.decision else None,
    }


def _line(row: dict[str, Any], zone: tzinfo | None) -> str:
    translate = text(_PACKAGE)
    causes = {
        "fork": translate("forked device"),
        "revoked": translate("revoked device"),
        "held": translate("not readable"),
    }
    reason = f" ({row['reason']})" if row["reason"] else ""
    decisions = {"accepted": translate("accepted"), "discarded": translate("discarded")}
    decision = f"  {decisions[row['decision']]}" if row["decision"] else ""
    received = local_time(row["received"], zone)
    return (
        f"{row['id']}  {causes[row['cause']]}{reason} {row['device']}  "
        f"{row['first']}-{row['first'] + row['count'] - 1}  {received}{decision}"
    )


COMMANDS = (quarantine,)
