"""Records that are written at the office: movements, statements, figures, letters.

An id follows from what is written, so a form sent twice writes one record; one that was withdrawn
and is written again stands again. Nothing that others wrote is withdrawn here.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.canonical import encode
from shared_schema.changes import VOID
from shared_schema.errors import InputError
from shared_schema.ids import Stream, derived_id
from shared_schema.records import check, normalise, record_type
from shared_schema.records.checking import value_problem
from shared_schema.records.problems import FieldValueError, Problem
from sync_server import ingest
from sync_server.ingest import Edit
from sync_server.lookup import changes_of
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.store.queries import facts, records
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.records import Current

NOTED = frozenset(
    {"outage", "outage_statement", "repair_attempt", "stock_movement", "figure", "suket"}
)


class NoteInvalid(InputError):
    """Nothing was kept. {reason} Correct it and send the form again."""

    code = "NOTE_INVALID"


class NotWithdrawn(InputError):
    """What was not written at the office is not withdrawn here. Return it to its officer."""

    code = "NOT_WITHDRAWN"


def typed(type_name: str, form: Mapping[str, str], lang: str) -> dict[str, Any]:
    """Return the values of a form's fields that the type has. Raises NoteInvalid."""
    rtype, found = record_type(type_name), dict[str, Any]()
    for name in rtype.fields:
        if (raw := form.get(name, "").strip()) == "":
            continue
        try:
            found[name] = normalise(rtype, name, raw)
        except FieldValueError as error:
            raise _invalid(value_problem(rtype, name, error.code), lang) from error
    return found


def note(
    office: Office,
    connection: Connection,
    type_name: str,
    values: Mapping[str, Any],
    operator: str,
    lang: str,
) -> UUID:
    """Write one record and return its id. Raises NoteInvalid, its reason in `lang`."""
    rtype = record_type(type_name)
    checked = check(rtype, values, context_of(office, connection))
    if checked.errors:
        raise _invalid(checked.errors[0], lang)
    record = derived_id(f"jemput note {type_name}", encode(dict(checked.values)))
    write(office, connection, Edit(record=record, type=type_name, values=checked.values), operator)
    return record


def _invalid(found: Problem, lang: str) -> NoteInvalid:
    return NoteInvalid(reason=found.text.text(lang))


def write(office: Office, connection: Connection, edit: Edit, operator: str) -> bool:
    """Write what differs from the record as it stands, which stands again. Tell whether any did."""
    current = records.get(connection, edit.record)
    shown = current.state.values() if current else {}
    values = {name: value for name, value in edit.values.items() if value != shown.get(name)}
    if current is not None and current.state.void is not None:
        values[VOID] = None
    if not values:
        return False
    changed = Edit(record=edit.record, type=edit.type, values=values)
    ingest.write_own(connection, [changed], operator, wall_ms=office.now_ms())
    return True


def withdraw(
    office: Office, connection: Connection, current: Current, reason: str, operator: str
) -> None:
    """Declare a record void that was written at the office. Raises NotWithdrawn for another's."""
    if current.state.type not in NOTED or not is_ours(connection, current.record):
        raise NotWithdrawn
    if current.state.void is None:
        values = {VOID: {"reason": reason}}
        edit = Edit(record=current.record, type=current.state.type, values=values)
        ingest.write_own(connection, [edit], operator, wall_ms=office.now_ms())


def is_ours(connection: Connection, record: UUID) -> bool:
    """Tell whether a record was begun at the office; whatever operators call themselves."""
    made = changes_of(connection, record)
    server = Stream.from_hex(facts.need(connection, Fact.STREAM)).device
    return bool(made) and made[0].stream.device == server
