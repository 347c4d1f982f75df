"""A case as a page shows it: records side by side, what differs, and how the weight comes about."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared_schema.matching.score import Part
from shared_schema.matching.words import comparison_label, level_label
from shared_schema.records import RECORD_TYPES, FieldKind, FieldSpec
from sync_server.lookup import changes_of
from sync_server.matching.exact import Rule
from sync_server.people import root_of
from sync_server.queue import Case, CasePair
from sync_server.store.queries import records
from sync_server.store.queries.records import Current
from sync_server.web.letters import Marked, marked
from sync_server.web.looking import Looking
from sync_server.web.sheets import Row, Step, row, source, steps
from sync_server.web.words import text

Sources = Mapping[str, str]
BAR_BITS = 20.0
_AGREE_BITS = 1.0
_BY_LETTERS = frozenset({FieldKind.TEXT, FieldKind.DATE})
_RULES = {
    Rule.NIK.value: "same NIK",
    Rule.FAMILY.value: "same family card, birth date and name",
    Rule.OUTAGE.value: "same place and component, overlapping time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One record's value of one field. ``shown``: a cluster of the records would show this one.

    ``source`` is empty where it is that of most of the record's values.
    """

    record: UUID
    value: Marked
    source: str
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field of all records. ``differs``: two of them say something else.

    ``chosen``: a value can be chosen; a date's precision follows the date.
    """

    name: str
    label: str
    cells: Sequence[Cell]
    differs: bool
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One record of a case. ``source``: of most of its values, who and when.

    ``together``: letter of the cluster where it is in one already.
    """

    row: Row
    source: str
    letter: str
    steps: Sequence[Step]
    together: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One comparison: what was found, in words, and its bits; ``length`` from 0 to 100."""

    comparison: str
    level: str
    bits: float
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why two records of a case may be one."""

    letters: str
    rules: Sequence[str]
    weight: float | None
    version: str
    bars: Sequence[Bar]
    undecided: bool
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A whole case. ``for_same``, ``for_different``: reasons in words that the bars suggest."""

    case: Case
    sides: Sequence[Side]
    lines: Sequence[Line]
    why: Sequence[Why]
    for_same: str
    for_different: str


def sides_of(look: Looking, case: Case) -> Sides:
    """Return a case ready to be shown."""
    known = records.many(look.connection, case.records)
    there = [known[one] for one in case.records if one in known]
    letters = {one.record: chr(ord("A") + at) for at, one in enumerate(there)}
    sources = {one.record: _sources(look, one) for one in there}
    why = [_why(look, pair, letters) for pair in case.pairs]
    bars = [bar for one in why[:1] for bar in one.bars]
    return Sides(
        case=case,
        sides=[_side(look, one, letters, sources[one.record]) for one in there],
        lines=_lines(look, there, sources),
        why=why,
        for_same=_reason(why[:1], [bar for bar in bars if bar.bits >= _AGREE_BITS]),
        for_different=_reason([], [bar for bar in bars[::-1] if bar.bits <= -_AGREE_BITS]),
    )


def _sources(look: Looking, current: Current) -> Sources:
    """Return who wrote each value of a record; under "" who wrote most of them."""
    made = {change.stamp: change for change in changes_of(look.connection, current.record)}
    found = {name: source(look, made, current, name) for name in current.state.values()}
    most = Counter(found.values()).most_common(1)
    return found | {"": most[0][0] if most else ""}


def _side(look: Looking, current: Current, letters: Mapping[UUID, str], sources: Sources) -> Side:
    root = root_of(look.connection, current.record)
    return Side(
        row=row(look, current),
        source=sources[""],
        letter=letters[current.record],
        steps=steps(look, current),
        together=letters.get(root, "") if root != current.record else "",
    )


def _lines(look: Looking, there: Sequence[Current], sources: Mapping[UUID, Sources]) -> list[Line]:
    """Return a line for each field that any of the records fills, in the order of the form."""
    rtype = RECORD_TYPES[there[0].state.type]
    following = {spec.precision_field for spec in rtype.fields.values()}
    return [
        _line(look, spec, there, sources, chosen=name not in following)
        for name, spec in rtype.fields.items()
        if any(one.state.shown(name) is not None for one in there)
    ]


def _line(
    look: Looking,
    spec: FieldSpec,
    there: Sequence[Current],
    sources: Mapping[UUID, Sources],
    *,
    chosen: bool,
) -> Line:
    name, values = spec.name, [one.state.shown(spec.name) for one in there]
    filled = [one for one in there if one.state.shown(name) is not None]
    latest = max(filled, key=lambda one: _rank(one, name))
    pieces = _pieces(look, spec, there[0].state.type, values)
    cells = []
    for one, piece in zip(there, pieces, strict=True):
        said = sources[one.record]
        own = said.get(name, "")
        cells.append(
            Cell(
                record=one.record,
                value=piece,
                source=own if own != said[""] else "",
                shown=one is latest,
            )
        )
    return Line(
        name=name,
        label=spec.label.text(look.lang),
        cells=cells,
        differs=len({repr(value) for value in values if value is not None}) > 1,
        chosen=chosen,
    )


def _rank(current: Current, name: str) -> Any:
    head = current.state.fields[name].winner
    return head.rank if head else ()


def _pieces(look: Looking, spec: FieldSpec, kind: str, values: Sequence[Any]) -> list[Marked]:
    """Mark differing letters; of a masked number its places are compared in full."""
    said = [value for value in values if value is not None]
    shown = [look.value(kind, spec.name, value) for value in said]
    if spec.kind is FieldKind.DIGITS:
        done = marked([str(value) for value in said], shown)
    elif spec.kind in _BY_LETTERS:
        done = marked(shown)
    else:
        done = [((one, len(set(shown)) > 1),) for one in shown]
    rest = iter(done)
    return [next(rest) if value is not None else () for value in values]


def _why(look: Looking, pair: CasePair, letters: Mapping[UUID, str]) -> Why:
    texts = text()
    return Why(
        letters=f"{letters.get(pair.a, '?')} · {letters.get(pair.b, '?')}",
        rules=[texts(_RULES[rule]) for rule in pair.rules if rule in _RULES],
        weight=pair.weight,
        version=pair.version or "",
        bars=[_bar(look, part) for part in pair.parts],
        undecided=pair.undecided,
        refused=pair.refused,
    )


def _bar(look: Looking, part: Part) -> Bar:
    return Bar(
        comparison=comparison_label(part.comparison).text(look.lang),
        level=level_label(part.comparison, part.level).text(look.lang),
        bits=part.bits,
        length=min(abs(part.bits) / BAR_BITS, 1.0) * 100,
    )


def _reason(why: Sequence[Why], bars: Sequence[Bar]) -> str:
    """Put the strongest comparisons into a sentence that a supervisor may take as the reason."""
    rules = [rule for one in why for rule in one.rules]
    ranked = sorted(bars, key=lambda bar: -abs(bar.bits))[:3]
    return "; ".join(rules or [f"{bar.comparison}: {bar.level}" for bar in ranked])
