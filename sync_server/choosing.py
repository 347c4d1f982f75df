"""A user's way through the fields in conflict: filters, the place they stood at, why they chose."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.errors import InputError
from shared_schema.regions import contains
from sync_server import auditing, choices, queueing
from sync_server.accounts import Actor
from sync_server.choices import Waiting
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.queue import EVERYTHING, Filters
from sync_server.store.driver import ask
from sync_server.store.queries import audit, sessions

QUEUE = "conflict"
# What belongs to a campaign, and whatever that belongs to: visits, and who was visited.
_OF_CAMPAIGN = (
    "SELECT record FROM record_parents WHERE parent = ?1"
    " UNION SELECT theirs.parent FROM record_parents AS mine"
    " JOIN record_parents AS theirs ON theirs.record = mine.record WHERE mine.parent = ?1"
)


class ChoiceReasonMissing(InputError):
    """A choice between values needs a reason. Write what speaks for the one you take."""

    code = "CHOICE_REASON_MISSING"


def waiting(connection: Connection, actor: Actor, filters: Filters = EVERYTHING) -> list[Waiting]:
    """Return the fields in conflict that a user may see, by record and field.

    Of the filters ``area`` and ``campaign`` count.
    """
    found = [one for one in choices.waiting(connection) if actor.covers(one.area)]
    if filters.area is not None:
        found = [one for one in found if contains(filters.area, one.area or "")]
    if filters.campaign is not None:
        within = {row[0] for row in ask(connection, _OF_CAMPAIGN, filters.campaign)}
        found = [one for one in found if one.record in within]
    return found


def by(
    office: Office,
    connection: Connection,
    actor: Actor,
    wanted: tuple[str, str, str],
    reason: str,
) -> UUID:
    """Let a value stand as a user who may see the record, and note why; return the decision.

    ``wanted``: the record, its field, and the change that wrote the value. Raises RecordUnknown,
    ConflictUnknown, ChoiceReasonMissing.
    """
    record, field, change = wanted
    found = str(seen_by(actor, connection, record).record)
    made = choices.choose(connection, found, field, change, actor.operator)
    said = " ".join(reason.split())
    if not said:
        raise ChoiceReasonMissing
    told = {"field": field, "change": change, "decision": str(made), "reason": said}
    auditing.note(office, connection, actor, "choose", found, told)
    return made


def reason_of(connection: Connection, record: UUID, decision: UUID) -> str:
    """Return why a choice was made, "" where nobody said so."""
    for entry in audit.about(connection, "choose", str(record)):
        if entry.detail.get("decision") == str(decision):
            return str(entry.detail.get("reason", ""))
    return ""


def keep_place(connection: Connection, actor: Actor, filters: Filters, place: str) -> None:
    """Remember where a user stands among the conflicts, also beyond their session."""
    asked = queueing.query_of(replace(filters, kind=None))
    sessions.set_place(connection, actor.name, QUEUE, place, asked)


def kept_place(connection: Connection, actor: Actor) -> tuple[str, Filters]:
    """Return where a user stood: the key to go on behind, and the filters."""
    found = sessions.place(connection, actor.name, QUEUE)
    if found is None:
        return "", EVERYTHING
    return found[0], replace(queueing.filters_of(found[1]), kind=None)
