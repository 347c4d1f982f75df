"""From what an officer gives to a record that may be final: one judgement for every way in.

Pure. The prompts, a file of lines, an edit and a draft taken up again all come here, so that
none of them lets through what another refuses. A record is final when nothing is wrong with it
and every warning has a reason; the reasons travel with the record under ``_reasons``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared_schema.canonical import encode
from shared_schema.changes import REASONS, SYSTEM_FIELDS
from shared_schema.fold import RecordState
from shared_schema.ids import derived_id
from shared_schema.records import (
    CheckContext,
    FieldSpec,
    Origin,
    Problem,
    RecordType,
    check,
    check_change,
    record_type,
)
from shared_schema.records.problems import problem

VISIT_SIGNS = frozenset({"campaign", "session", "outcome"})
_UNBORN = str(derived_id("person whose record has not begun", b""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What was given, judged. ``values``: stored form of what passed, ``_reasons`` included."""

    type: RecordType
    values: Mapping[str, Any]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    unexplained: tuple[Problem, ...]

    @property
    def final(self) -> bool:
        """Whether the record may be saved as final."""
        return not self.errors and not self.unexplained

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What keeps the record a draft."""
        return self.errors + self.unexplained


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An edit of a final record, judged. ``writes``: what differs; empty where nothing does."""

    writes: Mapping[str, Any]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    unexplained: tuple[Problem, ...]


def assess(
    rtype: RecordType, raw: Mapping[str, Any], context: CheckContext, accept: str | None = None
) -> Assessment:
    """Judge a whole record. ``accept``: one reason for every warning that has none of its own."""
    given = {name: value for name, value in raw.items() if name not in SYSTEM_FIELDS}
    checked = check(rtype, {**given, REASONS: raw.get(REASONS)}, context)
    reasons = _reasons(raw.get(REASONS))
    unexplained = checked.unexplained(reasons)
    if accept and accept.strip():
        reasons |= {warning.code: accept.strip() for warning in unexplained}
        unexplained = ()
    values = {name: value for name, value in checked.values.items() if name not in SYSTEM_FIELDS}
    foreign = check_change(rtype, values, by_server=False)
    unknown = [problem("FIELD_UNKNOWN", name) for name in raw if _is_foreign_system(name)]
    return Assessment(
        type=rtype,
        values={**values, REASONS: reasons} if reasons else values,
        errors=_distinct((*checked.errors, *foreign, *unknown)),
        warnings=checked.warnings,
        unexplained=unexplained,
    )


def correct(
    rtype: RecordType,
    state: RecordState,
    touched: Mapping[str, Any],
    context: CheckContext,
    accept: str | None = None,
    withheld: Collection[str] = (),
    reasons: Mapping[str, str] | None = None,
) -> Correction:
    """Judge an edit: ``touched`` holds the new JSON values, None to clear a field.

    ``reasons``: for warnings by their codes, beside those the record has already.

    Only what the edit brings about counts: a record that came with a fault of its own can still
    be mended field by field. A touched field in conflict is written even with the value that
    is shown, because that is a choice, and so is one of those ``withheld``, whose value is not
    known here any more.
    """
    before = state.values()
    changed = {name: value for name, value in touched.items() if name not in SYSTEM_FIELDS}
    merged = {**before, **changed}
    dependent = _precisions(rtype, changed)
    for name in dependent:
        merged.pop(name, None)
    standing = assess(rtype, {**before, REASONS: state.reasons}, context)
    given = {**state.reasons, **_reasons(reasons)}
    after = assess(rtype, {**merged, REASONS: given}, context, accept)
    names = (*changed, *dependent)
    writes = {
        name: after.values.get(name)
        for name in dict.fromkeys(names)
        if name in withheld or _differs(state, name, after.values.get(name))
    }
    if after.values.get(REASONS, {}) != dict(state.reasons):
        writes[REASONS] = after.values.get(REASONS)
    return Correction(
        writes=writes,
        errors=_caused(after.errors, standing.errors, names),
        warnings=_caused(after.warnings, standing.warnings, names),
        unexplained=_caused(after.unexplained, standing.unexplained, names),
    )


def with_visit(
    rtype: RecordType, raw: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Divide a person's line that carries a visit into the person and the visit.

    The visit gets ``person`` when the person's id is known (`visit_of`).
    """
    if rtype.name != "person" or not VISIT_SIGNS & {n for n, v in raw.items() if v is not None}:
        return dict(raw), None
    visit = record_type("visit")
    own = {name: value for name, value in raw.items() if name not in _only_in(visit, rtype)}
    rest = {name: value for name, value in raw.items() if name in _only_in(visit, rtype)}
    return own, {**rest, "person": _UNBORN}


def visit_of(values: Mapping[str, Any], person: str) -> dict[str, Any]:
    """Return a visit's values with the person it turned out to be about."""
    return {**values, "person": person}


def answerable(rtype: RecordType) -> tuple[FieldSpec, ...]:
    """Return the fields a person at this laptop may fill, in form order."""
    return tuple(spec for spec in rtype.fields.values() if spec.origin is Origin.DEVICE)


def _only_in(visit: RecordType, person: RecordType) -> frozenset[str]:
    return frozenset(visit.fields) - frozenset(person.fields) - {"person"}


def _reasons(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    return {code: text for code, text in given.items() if isinstance(text, str) and text.strip()}


def _is_foreign_system(name: str) -> bool:
    return name.startswith("_") and name != REASONS


def _precisions(rtype: RecordType, changed: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the precision fields that follow from a date that is touched without them."""
    dated = (name for name, value in changed.items() if value is not None)
    found = (spec.precision_field for name in dated if (spec := rtype.fields.get(name)))
    return tuple(name for name in found if name and name not in changed)


def _differs(state: RecordState, name: str, value: Any) -> bool:
    part = state.fields.get(name)
    in_conflict = part is not None and part.contradicts
    return in_conflict or encode(state.shown(name)) != encode(value)


def _caused(
    after: Iterable[Problem], before: Iterable[Problem], names: Iterable[str]
) -> tuple[Problem, ...]:
    stood = {(found.code, found.field) for found in before}
    touched = frozenset(names)
    return tuple(
        found for found in after if found.field in touched or (found.code, found.field) not in stood
    )


def _distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Keep the first of several findings of one code about one field."""
    return tuple({(found.code, found.field): found for found in reversed(list(problems))}.values())[
        ::-1
    ]
