"""Outages: what each mouth says of one, whether it stands, since when, and how long repairs take.

Pure arithmetic. Reports that a verdict put together are one outage. Nobody's word is dropped:
words that do not agree stand side by side, and an outage is over only when nobody says later,
or on the same day, that it is not. Days that are known roughly are spans, never guesses.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

NOT_FOR_RECORDING = frozenset({"printer", "card_reader"})
NO_BLANKS = "no_blank_cards"
COMPARED = ("status", "cause", "expected_restore", "condition")
_RESTORED = "restored"
_SUCCEEDED = "succeeded"
REPORTED = "reported"


class Standing(StrEnum):
    """How an outage stands by all that was said of it."""

    DOWN = "down"
    INTERMITTENT = "intermittent"
    UNKNOWN = "unknown"
    RESTORED = "restored"


_MEANING = {
    "intermittent": Standing.INTERMITTENT,
    "unknown": Standing.UNKNOWN,
    _RESTORED: Standing.RESTORED,
}
_WORST_FIRST = (Standing.DOWN, Standing.INTERMITTENT, Standing.UNKNOWN, Standing.RESTORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One officer's report, by whom. `area`: the region it lies in.

    `told_on`: the day on which its status was written, `written_ms`: the moment.
    """

    record: str
    values: Mapping[str, Any]
    area: str | None
    told_on: date
    by: str
    written_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A statement or a repair attempt: its id, the report it names, its values, when written."""

    record: str
    outage: str
    values: Mapping[str, Any]
    written_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one mouth said on one day. `record`: where it stands; `kind`: that record's type."""

    record: str
    kind: str
    by: str
    on: date | None
    said: Mapping[str, str]
    written_ms: int = 0

    @property
    def moment(self) -> tuple[date, int]:
        """When it was said; what has no day comes before all that has one."""
        return self.on or date.min, self.written_ms

    @property
    def standing(self) -> Standing:
        """How the outage stands by this word; one that says no status reports an outage."""
        return _MEANING.get(self.said.get("status", REPORTED), Standing.DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days that are known within bounds; `most` None where nothing bounds them."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage: its reports, the oldest first, what was said of it, and the repairs tried."""

    id: str
    reports: tuple[Report, ...]
    statements: tuple[Part, ...] = ()
    attempts: tuple[Part, ...] = ()

    @property
    def area(self) -> str | None:
        """The region it lies in, None where no report says one that is known."""
        return next((one.area for one in self.reports if one.area), None)

    def value(self, name: str) -> Any:
        """Return what the newest report that says it has for a field, None where none does."""
        said = (one.values[name] for one in reversed(self.reports) if one.values.get(name))
        return next(said, None)

    def most(self, name: str) -> int:
        """Return the largest count that its reports give; they count the same people."""
        return max((int(one.values.get(name) or 0) for one in self.reports), default=0)

    @property
    def place(self) -> str:
        """Where it is, in its reports' words: the kit, the office or the place."""
        named = (self.value(name) for name in ("place", "office", "kit"))
        return next((str(one) for one in named if one), self.area or "")

    @property
    def stops_recording(self) -> bool:
        """Tell whether people cannot be recorded there while it stands."""
        blanks = self.value("diagnosis") == NO_BLANKS
        return self.value("component") not in NOT_FOR_RECORDING and not blanks

    @property
    def stops_printing(self) -> bool:
        """Tell whether cards cannot be printed while it stands."""
        return bool(self.value("component") == "printer" or self.value("diagnosis") == NO_BLANKS)


def gather(
    reports: Iterable[Report],
    statements: Iterable[Part],
    attempts: Iterable[Part],
    roots: Mapping[str, str],
) -> list[Outage]:
    """Return the outages, the oldest first. `roots`: the cluster of reports that have one.

    Statements and attempts about a report that is not among them are left out.
    """
    together: defaultdict[str, list[Report]] = defaultdict(list)
    for report in reports:
        together[roots.get(report.record, report.record)].append(report)
    said, tried = _by_root(statements, roots), _by_root(attempts, roots)
    found = [
        Outage(
            id=root,
            reports=tuple(sorted(several, key=lambda one: (one.told_on, one.record))),
            statements=tuple(sorted(said[root], key=lambda one: _order(one, "told_on"))),
            attempts=tuple(sorted(tried[root], key=lambda one: _order(one, "date"))),
        )
        for root, several in together.items()
    ]
    return sorted(found, key=lambda one: (began(one)[0] or one.reports[0].told_on, one.id))


def _by_root(parts: Iterable[Part], roots: Mapping[str, str]) -> defaultdict[str, list[Part]]:
    found: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts:
        found[roots.get(part.outage, part.outage)].append(part)
    return found


def _order(part: Part, day: str) -> tuple[str, str]:
    return str(part.values.get(day, "")), part.record


def words(outage: Outage) -> list[Word]:
    """Return all that was said, the oldest first; a repair that succeeded says *restored*."""
    found = [
        *map(_word_of_report, outage.reports),
        *map(_word_of_statement, outage.statements),
        *(_word_of_repair(one) for one in outage.attempts if one.values["result"] == _SUCCEEDED),
    ]
    return sorted(found, key=lambda word: (*word.moment, word.record))


def _word_of_report(report: Report) -> Word:
    """Return what a report says; without a status that it began, however late it was written."""
    values = {**report.values, "condition": report.values.get("expected_condition")}
    began_on = None if "status" in values else day_of(values.get("started"))
    return Word(
        record=report.record,
        kind="outage",
        by=report.by,
        on=began_on or report.told_on,
        said=_said(values),
        written_ms=report.written_ms,
    )


def _word_of_statement(part: Part) -> Word:
    values = part.values
    return Word(
        record=part.record,
        kind="outage_statement",
        by=str(values["told_by"]),
        on=day_of(values.get("told_on")),
        said=_said(values),
        written_ms=part.written_ms,
    )


def _word_of_repair(part: Part) -> Word:
    return Word(
        record=part.record,
        kind="repair_attempt",
        by=str(part.values["by"]),
        on=day_of(part.values.get("date")),
        said={"status": _RESTORED},
        written_ms=part.written_ms,
    )


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(values[name]) for name in COMPARED if values.get(name)}


def current_words(outage: Outage) -> list[Word]:
    """Return the last word of each mouth, without those said before it was restored.

    What people said on the very day on which others say it was restored stands beside that; a
    report of that day does so only if it was written afterwards.
    """
    last: dict[tuple[str, str], Word] = {}
    for word in words(outage):
        mouth = word.record if word.kind == "outage" else " ".join(word.by.casefold().split())
        last[word.kind if word.kind == "outage" else "", mouth] = word
    current = list(last.values())
    over = [word.moment for word in current if word.standing is Standing.RESTORED and word.on]
    if not over:
        return current
    ended = max(over)
    return [word for word in current if not _is_past(word, ended)]


def _is_past(word: Word, ended: tuple[date, int]) -> bool:
    return word.moment < ended if word.kind == "outage" else word.moment[0] < ended[0]


def standing(outage: Outage) -> Standing:
    """Return how an outage stands: the worst that anybody still says of it."""
    said = {word.standing for word in current_words(outage) if word.said or word.kind == "outage"}
    return next((one for one in _WORST_FIRST if one in said), Standing.UNKNOWN)


def is_open(outage: Outage) -> bool:
    """Tell whether anybody still says that it is not restored."""
    return standing(outage) is not Standing.RESTORED


def disagreements(outage: Outage) -> dict[str, list[Word]]:
    """Return, by field, the current words that do not agree about it.

    Statuses are compared by what they mean: *broken* and *awaiting repair* agree, *broken* and
    *unknown* do not.
    """
    current, found = current_words(outage), {}
    for name in COMPARED:
        saying = [word for word in current if name in word.said]
        if len({_meant(name, word) for word in saying}) > 1:
            found[name] = saying
    return found


def _meant(name: str, word: Word) -> str:
    return word.standing if name == "status" else " ".join(word.said[name].casefold().split())


def began(outage: Outage) -> tuple[date | None, date | None]:
    """Return the first and the last day on which it may have begun; (None, None): unknown."""
    known = [_beginning(one.values) for one in outage.reports if day_of(one.values.get("started"))]
    if not known:
        return None, None
    return min(known, key=lambda ends: (ends[1] - ends[0], ends[0]))


def _beginning(values: Mapping[str, Any]) -> tuple[date, date]:
    first = date.fromisoformat(values["started"])
    match values.get("started_precision"):
        case "month":
            return first, first.replace(day=monthrange(first.year, first.month)[1])
        case "year":
            return first, date(first.year, 12, 31)
    return first, first


def age(outage: Outage, on: date) -> Span:
    """Return how many days it has lasted on a day; since its report where no start is known."""
    return _span(outage, on)


def _span(outage: Outage, until: date) -> Span:
    first, last = began(outage)
    if first is None or last is None:
        known = min(word.on or until for word in words(outage))
        return Span(least=max((until - known).days, 0), most=None)
    return Span(least=max((until - last).days, 0), most=max((until - first).days, 0))


def restored_on(outage: Outage) -> date | None:
    """Return the day from which it is said to be restored, None while it stands."""
    if is_open(outage):
        return None
    return min((word.on for word in current_words(outage) if word.on), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """How long restored outages lasted in days, on average within bounds.

    `counted` of them; `left_out`: restored ones of which the beginning or the end is not known.
    """

    counted: int
    left_out: int
    least: Fraction | None
    most: Fraction | None


def time_to_repair(outages: Iterable[Outage]) -> Repairs:
    """Return the mean time to repair of those that are restored."""
    spans, left_out = [], 0
    for outage in outages:
        if is_open(outage):
            continue
        ended = restored_on(outage)
        if ended is None or began(outage)[0] is None:
            left_out += 1
        else:
            spans.append(_span(outage, ended))
    return Repairs(
        counted=len(spans),
        left_out=left_out,
        least=_mean([one.least for one in spans]),
        most=_mean([one.most or 0 for one in spans]),
    )


def _mean(days: Sequence[int]) -> Fraction | None:
    return Fraction(sum(days), len(days)) if days else None


def day_of(value: Any) -> date | None:
    """Return the day that a stored value says, None for none."""
    return date.fromisoformat(value) if isinstance(value, str) and value else None
