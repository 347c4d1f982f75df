"""Whether a change may be folded: judged from the change alone, so every replica agrees.

A change that may not be folded stays in the log. *Invalid* ones await a mending change;
*held* ones a program that knows their type, which a rebuild then applies.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared_schema.changes import Change, ChangeInvalid
from shared_schema.records import RECORD_TYPES, check_change

# More than anybody can have seen side by side in one field; each stays in the state for ever.
REPLACES_LIMIT = 1000


class Standing(StrEnum):
    """What is done with a change."""

    FOLDED = "folded"
    INVALID = "invalid"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason why a change is not folded: a stable code and the field it is about."""

    code: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is done with a change, and why."""

    standing: Standing
    findings: tuple[Finding, ...] = ()


FINE = Assessment(standing=Standing.FOLDED)


def assess(change: Change, *, by_server: bool) -> Assessment:
    """Judge a change, its fields in order of name whatever the order in which they came.

    ``by_server``: it stands on a stream of the server itself.
    """
    rtype = RECORD_TYPES.get(change.type)
    if rtype is None:
        return _held("TYPE_UNKNOWN")
    if change.version > rtype.version:
        return _held("TYPE_NEWER")
    values = {name: write.value for name, write in sorted(change.writes.items())}
    problems = check_change(rtype, values, by_server=by_server)
    if not problems and all(
        len(write.replaces) <= REPLACES_LIMIT for write in change.writes.values()
    ):
        return FINE
    findings = [Finding(code=found.code, field=found.field) for found in problems]
    findings += [
        Finding(code=ChangeInvalid.code, field=name)
        for name, write in sorted(change.writes.items())
        if len(write.replaces) > REPLACES_LIMIT
    ]
    return Assessment(standing=Standing.INVALID, findings=tuple(findings))


def _held(code: str) -> Assessment:
    return Assessment(standing=Standing.HELD, findings=(Finding(code=code),))
