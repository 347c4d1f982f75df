"""Forms of the office's own records, made from their types: inputs, what was typed, taking back.

Which fields a form asks for is the page's; labels, codes, bounds and checks are the type's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from shared_schema.records import FieldKind, FieldSpec, record_type
from shared_schema.regions import Level, level
from sync_server import auditing, noting
from sync_server.accounts import Right, require
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at
from sync_server.web.words import text

_INPUTS = {
    FieldKind.DATE: "date",
    FieldKind.INTEGER: "number",
    FieldKind.CODE: "select",
    FieldKind.REGION: "select",
    FieldKind.BOOLEAN: "select",
}
_LONG = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a form. ``input``: date, number, select, text, long; ``choices``: its codes."""

    name: str
    label: str
    input: str
    value: str
    required: bool
    most: int
    choices: tuple[tuple[str, str], ...] = ()


def inputs(
    look: Looking,
    type_name: str,
    names: Iterable[str],
    typed: Mapping[str, str],
    offered: Mapping[str, Iterable[tuple[str, str]]] | None = None,
) -> list[Input]:
    """Return the inputs of a form in order. ``offered``: choices for fields that are free text."""
    rtype, choices = record_type(type_name), offered or {}
    return [
        _input(look, rtype.fields[name], typed.get(name, ""), choices.get(name)) for name in names
    ]


def _input(
    look: Looking, spec: FieldSpec, value: str, offered: Iterable[tuple[str, str]] | None
) -> Input:
    choices = tuple(offered) if offered is not None else _choices(look, spec)
    kind = "select" if offered is not None else _INPUTS.get(spec.kind, "text")
    long = kind == "text" and (spec.maximum or 0) >= _LONG
    return Input(
        name=spec.name,
        label=spec.label.text(look.lang),
        input="long" if long else kind,
        value=value,
        required=spec.required,
        most=int(spec.maximum or 200),
        choices=choices,
    )


def _choices(look: Looking, spec: FieldSpec) -> tuple[tuple[str, str], ...]:
    match spec.kind:
        case FieldKind.CODE if spec.codes is not None:
            return tuple((str(c), one.text(look.lang)) for c, one in spec.codes.labels.items())
        case FieldKind.REGION:
            return regions(look)
        case FieldKind.BOOLEAN:
            return (("true", "Ya" if look.lang == "id" else "Yes"),)
    return ()


def regions(look: Looking) -> tuple[tuple[str, str], ...]:
    """Return the regency and the districts that are this user's, for a choice."""
    return tuple(
        (code, name)
        for code, name in look.regions.to_rows()
        if level(code) in (Level.REGENCY, Level.DISTRICT) and actor().covers(code)
    )


def said(form: Mapping[str, Any]) -> dict[str, str]:
    """Return what stood in a form, to be shown again."""
    return {name: str(value) for name, value in form.items() if name != "form_key"}


def note(office: Office, connection: Connection, kind: str, form: Mapping[str, str]) -> None:
    """Write a record from what was typed. Raises what checks it, RecordUnknown outside the area."""
    look = looking_at(connection)
    values = noting.typed(kind, form, look.lang)
    made = noting.note(office, connection, kind, values, actor().operator, look.lang)
    seen_by(actor(), connection, str(made))
    auditing.note(office, connection, actor(), "note", str(made), {"type": kind})


def withdraw(office: Office, named: str) -> None:
    """Take back a record that somebody noted. Raises RightMissing, RecordUnknown."""
    require(actor(), Right.DECIDE)
    with office.store.write() as connection:
        found = seen_by(actor(), connection, named)
        noting.withdraw(office, connection, found, text()("taken back"), actor().operator)
        auditing.note(office, connection, actor(), "withdraw", named, {})
