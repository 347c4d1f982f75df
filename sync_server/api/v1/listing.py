"""Routes: what was decided and by whom, looks and reviews that wait, who arrived, a history."""

from collections import Counter
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy import Connection

from shared_schema.clock import DAY_MS, wall_of
from shared_schema.display import iso_time
from sync_server import auditing, people, reviewing, second_looks, telling
from sync_server.accounts import Actor, Right
from sync_server.api.v1 import documents, schemas_list
from sync_server.api.v1.door import allowed
from sync_server.comparing import DOUBTFUL, KNOWN, NEW
from sync_server.looking_up import arrivals_seen_by, seen_by
from sync_server.office import Office
from sync_server.reviewing import Review
from sync_server.store.queries import matching, records
from sync_server.telling import Told


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""
    _add_decisions(api, office)
    _add_records(api, office)

    @api.get("/arrivals")
    @api.arguments(schemas_list.ArrivalFilter, location="query")
    @api.response(200, schemas_list.Arrivals)
    def list_arrivals(asked: dict[str, Any]) -> dict[str, Any]:
        """List who of the last days is new, known already or doubtful."""
        actor = allowed(Right.READ)
        since_ms = office.now_ms() - asked["days"] * DAY_MS
        with office.store.write() as connection:
            found = arrivals_seen_by(actor, connection, since_ms)
            wanted = [one for one in found if asked["band"] in (None, one[0].band)]
            auditing.note(office, connection, actor, "arrivals-seen", "", {"count": len(wanted)})
            labels = people.device_labels(connection)
        counts = Counter(one.band for one, _ in found)
        shown = wanted[asked["skip"] :][: asked["limit"]]
        return {
            "count": len(wanted),
            "bands": {band: counts[band] for band in (NEW, KNOWN, DOUBTFUL)},
            "arrivals": [
                {
                    "record": one.record,
                    "band": one.band,
                    "other": one.other,
                    "weight": one.weight,
                    "device": labels.get(one.device, one.device),
                    "matched_ms": matched_ms,
                }
                for one, matched_ms in shown
            ],
        }


def _add_decisions(api: Blueprint, office: Office) -> None:
    @api.get("/decisions")
    @api.arguments(schemas_list.DecisionFilter, location="query")
    @api.response(200, schemas_list.ToldDecisions)
    def list_decisions(asked: dict[str, Any]) -> dict[str, Any]:
        """List what people and the matcher decided, the newest first: any of it can be undone."""
        actor = allowed(Right.READ)

        def wanted(one: Told) -> bool:
            stands = asked["all"] or bool(one.stands and one.verdict)
            made_so = asked["automatic"] in (None, one.automatic)
            return stands and made_so and one.seen_by(actor)

        with office.store.write() as connection:
            found, behind = telling.those(connection, wanted, asked["before"], asked["limit"])
            auditing.note(office, connection, actor, "decisions-seen", "", {"count": len(found)})
            return {"decisions": [_told(connection, one) for one in found], "next": behind}

    @api.get("/second-looks")
    @api.arguments(schemas_list.Page, location="query")
    @api.response(200, schemas_list.Looks)
    def list_looks(asked: dict[str, Any]) -> dict[str, Any]:
        """List the decisions that wait for a second look of this user."""
        actor = allowed(Right.DECIDE)
        with office.store.read() as connection:
            waiting = [one.decision for one in second_looks.waiting(connection, actor.name)]
            found = [one for one in telling.named(connection, waiting) if one.seen_by(actor)]
            shown = found[asked["skip"] :][: asked["limit"]]
            return {"count": len(found), "decisions": [_told(connection, one) for one in shown]}


def _told(connection: Connection, one: Told) -> dict[str, Any]:
    grounds = matching.decision(connection, one.change.id)
    return {
        "decision": one.change.id,
        "position": one.position,
        "time": iso_time(wall_of(one.change.hlc)),
        "operator": one.change.operator,
        "automatic": one.automatic,
        "verdict": one.verdict or None,
        "reason": one.reason,
        "a": one.a,
        "b": one.b,
        "weight": grounds[0] if grounds else None,
        "stands": one.stands,
        "refused": one.refused,
        "look": one.look,
    }


def _add_records(api: Blueprint, office: Office) -> None:
    @api.get("/records/<record>/history")
    @api.response(200, schemas_list.History)
    def show_history(record: str) -> dict[str, Any]:
        """Show every change of a record: who, when, and what it showed before and after."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            found = seen_by(actor, connection, record)
            auditing.note(office, connection, actor, "record-seen", str(found.record), {})
            told = people.history(connection, found.record)
        kind = found.state.type
        return {
            "record": found.record,
            "type": kind,
            "changes": [{**one, "fields": _masked(kind, one["fields"])} for one in told],
        }

    @api.get("/reviews")
    @api.arguments(schemas_list.ReviewFilter, location="query")
    @api.response(200, schemas_list.Reviews)
    def list_reviews(asked: dict[str, Any]) -> dict[str, Any]:
        """List the records that were returned and wait for their officer."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            every = list(reviewing.reviews(connection, only_awaiting=not asked["all"]))
            found = _covered(connection, actor, every)
            auditing.note(office, connection, actor, "reviews-seen", "", {"count": len(found)})
        shown = found[asked["skip"] :][: asked["limit"]]
        return {"count": len(found), "reviews": [one.as_dict() for one in shown]}


def _covered(connection: Connection, actor: Actor, found: list[Review]) -> list[Review]:
    areas = records.areas(connection, (str(one.record.record) for one in found))
    return [one for one in found if actor.covers(areas.get(str(one.record.record)))]


def _masked(kind: str, fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return before, written and after of each field, numbers of people masked."""
    return {
        name: {when: documents.shown(kind, name, value) for when, value in said.items()}
        for name, said in fields.items()
    }
