"""A user's bulk correction: previewed within their area, made as it was seen, and noted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from shared_schema.errors import InputError
from sync_server import auditing, correcting
from sync_server.accounts import Actor
from sync_server.correcting import Selection, Undone, Why
from sync_server.correction import Plan
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.store.queries import records


class PreviewOutdated(InputError):
    """Other records would change than were shown before. Nothing was written; look again."""

    code = "PREVIEW_OUTDATED"
    http_status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a correction is to do: `where` and `to_set` as `FIELD=VALUE`; errors in `lang`."""

    type: str = "person"
    where: tuple[str, ...] = ()
    region: str | None = None
    listed: str | None = None
    to_set: tuple[str, ...] = ()
    lang: str = "id"


def preview(
    office: Office, connection: Connection, actor: Actor, wanted: Wanted
) -> tuple[Plan, list[str]]:
    """Return what would change in the user's area, and what of a list is not known.

    Raises what ``correcting`` raises.
    """
    selection = Selection(
        type=wanted.type,
        where=correcting.values_of(wanted.type, wanted.where, to_set=False, lang=wanted.lang),
        region=wanted.region,
        listed=wanted.listed,
    )
    values = correcting.values_of(wanted.type, wanted.to_set, to_set=True, lang=wanted.lang)
    context = context_of(office, connection)
    found, unknown = correcting.plan(connection, selection, values, context)
    if actor.area:
        known = records.many(connection, [one.record for one in found.items])
        kept = [one for one in found.items if actor.covers(known[one.record].area)]
        found = replace(found, items=tuple(kept))
    return found, unknown


def apply(
    office: Office,
    connection: Connection,
    actor: Actor,
    wanted: Wanted,
    why: Why,
    *,
    expected: int | None,
) -> int:
    """Make a correction that was seen to change ``expected`` records; return its number.

    None: nothing was seen before, as at a terminal.

    Raises PreviewOutdated and what ``correcting`` raises.
    """
    found, _ = preview(office, connection, actor, wanted)
    if expected is not None and len(found.items) != expected:
        raise PreviewOutdated
    by, now_ms = actor.operator, office.now_ms()
    made = correcting.apply(connection, wanted.type, found, why, by, now_ms=now_ms)
    told = {
        "reason": " ".join(why.reason.split()),
        "count": len(found.items),
        "fields": _names(wanted.to_set),
    }
    if found.warnings():
        told["confirmed"] = sorted({one.code for one, _ in found.warnings()})
    auditing.note(office, connection, actor, "correct", str(made), told)
    return made


def listed(connection: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Return the corrections whose records the user may see, all of them, the newest first."""
    found = correcting.listed(connection)
    return [one for one in found if not actor.area or _is_seen(connection, actor, one)]


def _is_seen(connection: Connection, actor: Actor, one: Mapping[str, Any]) -> bool:
    touched = correcting.records_of(connection, one["correction"])
    known = records.many(connection, touched).values()
    return bool(touched) and all(actor.covers(current.area) for current in known)


def undo(office: Office, connection: Connection, actor: Actor, number: int) -> Undone:
    """Take a correction back whose records the user may see; note it.

    Raises RecordUnknown and what ``correcting.undo`` raises.
    """
    for record in correcting.records_of(connection, number) if actor.area else ():
        seen_by(actor, connection, str(record))
    done = correcting.undo(connection, number, actor.operator, now_ms=office.now_ms())
    told = {"count": done.changed, "correction": done.correction}
    auditing.note(office, connection, actor, "correct-undo", str(number), told)
    return done


def _names(pairs: Iterable[str]) -> list[str]:
    return [pair.partition("=")[0].strip() for pair in pairs]
