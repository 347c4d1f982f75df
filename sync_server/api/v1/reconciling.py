"""Routes: the queue of possible duplicates, decisions, conflicts."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from shared_schema.errors import RecordUnknown
from sync_server import (
    auditing,
    choice_undo,
    choices,
    choosing,
    deciding,
    queueing,
    second_looks,
)
from sync_server.accounts import Right
from sync_server.api.v1 import documents, schemas
from sync_server.api.v1.door import allowed
from sync_server.deciding import Ruling
from sync_server.looking_up import require_decision
from sync_server.office import Office
from sync_server.queue import Filters


def add(api: Blueprint, office: Office) -> None:
    """Add the routes."""
    _add_queue(api, office)
    _add_decisions(api, office)
    _add_conflicts(api, office)


def _add_queue(api: Blueprint, office: Office) -> None:
    @api.get("/duplicates")
    @api.arguments(schemas.QueueFilter, location="query")
    @api.response(200, schemas.Queue)
    def list_cases(asked: dict[str, Any]) -> dict[str, Any]:
        """List the cases behind a key, and how many are left in all."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            wanted = documents.filters(asked)
            cases, left = queueing.upcoming(
                connection, actor, wanted, asked["after"], asked["limit"]
            )
            keys = [str(case.records[0]) for case in cases]
            auditing.note(office, connection, actor, "case-seen", "", {"cases": keys})
            return {"left": left, "cases": [documents.case(connection, one) for one in cases]}

    @api.get("/duplicates/<record>")
    @api.response(200, schemas.Case)
    def show_case(record: str) -> dict[str, Any]:
        """Show the case that a record is in."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            found = queueing.case_seen_by(connection, actor, record)
            if found is None:
                raise RecordUnknown(text=record)
            auditing.note(office, connection, actor, "case-seen", str(found.records[0]), {})
            return documents.case(connection, found)


def _add_decisions(api: Blueprint, office: Office) -> None:
    @api.post("/duplicates/<record>/decision")
    @api.arguments(schemas.Ruling)
    @api.response(200, schemas.Decisions)
    def decide_case(asked: dict[str, Any], record: str) -> dict[str, Any]:
        """Decide the case that a record is in; each decision can be undone."""
        actor = allowed(Right.DECIDE)
        with office.store.write() as connection:
            found = queueing.case_seen_by(connection, actor, record)
            if found is None:
                raise RecordUnknown(text=record)
            ruling = Ruling(
                records=[
                    one for one in found.records if one in (asked["records"] or found.records)
                ],
                verdict=asked["verdict"],
                reason=asked["reason"],
                chosen=asked["chosen"],
            )
            made = deciding.by(office, connection, found, ruling, actor, second=asked["second"])
        return {"decisions": made}

    @api.post("/decisions/undo")
    @api.arguments(schemas.Undo)
    @api.response(200, schemas.DecisionsUndone)
    def undo_decisions(asked: dict[str, Any]) -> deciding.Undone:
        """Take decisions back: what stood and was shown before them is so again."""
        actor = allowed(Right.DECIDE)
        wanted = [str(one) for one in asked["decisions"]]
        with office.store.write() as connection:
            return deciding.undo_by(office, connection, wanted, actor)

    @api.post("/second-looks/<uuid:decision>/agree")
    @api.response(204)
    def agree_to(decision: UUID) -> None:
        """Agree to a decision that another supervisor wanted looked at."""
        actor = allowed(Right.DECIDE)
        with office.store.write() as connection:
            require_decision(actor, connection, str(decision))
            second_looks.agree(connection, str(decision), actor.name, office.now_ms())
            auditing.note(office, connection, actor, "agree", str(decision), {})


def _add_conflicts(api: Blueprint, office: Office) -> None:
    @api.get("/conflicts")
    @api.arguments(schemas.ConflictFilter, location="query")
    @api.response(200, schemas.Conflicts)
    def list_conflicts(asked: dict[str, Any]) -> dict[str, Any]:
        """List fields in conflict with their values and who wrote them."""
        actor = allowed(Right.READ)
        with office.store.write() as connection:
            wanted = Filters(area=asked["area"], campaign=asked["campaign"])
            found = choosing.waiting(connection, actor, wanted)
            ahead = [one for one in found if one.key > asked["after"]][: asked["limit"]]
            told = [documents.conflict(choices.opened(connection, one)) for one in ahead]
            auditing.note(office, connection, actor, "conflicts-seen", "", {"count": len(told)})
        return {"count": len(found), "conflicts": told}

    @api.post("/conflicts/<record>/<field>")
    @api.arguments(schemas.Choice)
    @api.response(200, schemas.Chosen)
    def choose_value(asked: dict[str, Any], record: str, field: str) -> dict[str, Any]:
        """Let the value that a change wrote hold; another one can be chosen at any time."""
        actor = allowed(Right.DECIDE)
        wanted = record, field, str(asked["change"])
        with office.store.write() as connection:
            made = choosing.by(office, connection, actor, wanted, asked["reason"])
        return {"decision": made}

    @api.post("/conflicts/undo")
    @api.arguments(schemas.ChoiceUndo)
    @api.response(200, schemas.ChoiceUndone)
    def undo_choice(asked: dict[str, Any]) -> dict[str, Any]:
        """Take a choice back: what stood before it stands again, unless it was edited since."""
        actor = allowed(Right.DECIDE)
        with office.store.write() as connection:
            return choice_undo.by(office, connection, actor, str(asked["decision"])).as_dict()
