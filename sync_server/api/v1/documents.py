"""Records and cases as the JSON API gives them; numbers of people are masked unless revealed."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from shared_schema import display
from shared_schema.clock import wall_of
from shared_schema.display import iso_time
from shared_schema.records import RECORD_TYPES, FieldKind
from sync_server.choices import Conflict
from sync_server.correction import Plan
from sync_server.lookup import changes_of
from sync_server.people import members_of
from sync_server.queue import Case, Filters
from sync_server.store.queries import records
from sync_server.store.queries.records import Current


def record(connection: Connection, current: Current, *, full: bool = False) -> dict[str, Any]:
    """Return a record with the source of each value; ``full``: numbers unmasked."""
    state = current.state
    made = {change.stamp: change for change in changes_of(connection, current.record)}
    sources = {}
    for name in state.values():
        head = state.fields[name].winner
        change = made.get(head.stamp) if head else None
        if change is not None:
            sources[name] = f"{change.operator} {iso_time(wall_of(change.hlc))}"
    return {
        "id": current.record,
        "type": state.type,
        "values": {
            name: value if full else shown(state.type, name, value)
            for name, value in state.values().items()
        },
        "sources": sources,
        "void": state.void is not None,
        "conflicts": list(current.conflicts),
        "cluster": members_of(connection, current.record),
    }


def shown(type_name: str, name: str, value: Any) -> Any:
    """Return a value as it is given without a reason: numbers of people are masked."""
    rtype = RECORD_TYPES.get(type_name)
    spec = rtype.fields.get(name) if rtype else None
    masked = spec is not None and spec.kind is FieldKind.DIGITS and isinstance(value, str)
    return display.masked(value) if masked else value


def case(connection: Connection, found: Case) -> dict[str, Any]:
    """Return a case with its records."""
    known = records.many(connection, found.records)
    return {
        "key": found.key,
        "kind": found.kind,
        "weight": found.weight,
        "undecided": found.undecided,
        "split": found.split,
        "pairs": found.pairs,
        "records": [record(connection, known[one]) for one in found.records if one in known],
    }


def conflict(found: Conflict) -> dict[str, Any]:
    """Return a field in conflict with its values."""
    kind = found.current.state.type
    return {
        "key": found.key,
        "record": found.current.record,
        "type": kind,
        "field": found.field,
        "heads": [
            {
                "change": change.id,
                "value": shown(kind, found.field, head.value),
                "source": f"{change.operator} {iso_time(wall_of(change.hlc))}",
                "shown": head == found.heads[-1][0],
            }
            for head, change in found.heads
        ],
    }


def filters(asked: dict[str, Any]) -> Filters:
    """Return the filters of a checked request."""
    names = ("kind", "area", "campaign", "least", "most", "undecided")
    return Filters(**{name: asked[name] for name in names})


def listed(connection: Connection, found: Iterable[Current]) -> dict[str, Any]:
    """Return records as a list."""
    told = [record(connection, one) for one in found]
    return {"count": len(told), "records": told}


def correction(type_name: str, plan: Plan, unknown: list[str]) -> dict[str, Any]:
    """Return what a bulk correction would change."""
    return {
        "count": len(plan.items),
        "unchanged": plan.unchanged,
        "not_known": unknown,
        "refused": [
            {"record": str(one.record), "code": one.code, "field": one.field}
            for one in plan.refused
        ],
        "warnings": [
            {"code": one.code, "field": one.field, "text": one.text.text("en"), "count": count}
            for one, count in plan.warnings()
        ],
        "records": [
            {
                "record": one.record,
                "before": _masked(type_name, one.before),
                "after": _masked(type_name, one.after),
            }
            for one in plan.items
        ],
    }


def _masked(type_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: shown(type_name, name, value) for name, value in values.items()}
