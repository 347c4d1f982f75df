"""What happened in an outage, in order: when it began, what was said, which repairs were tried."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sync_server.outages import REPORTED, Outage, Report, began, day_of, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing on an outage's timeline. `kind`: began, said or repair.

    `by`: who; `result`: the status said or the repair's result; `precision`: of the day.
    """

    on: date | None
    kind: str
    by: str
    result: str
    precision: str
    record: str


def timeline(outage: Outage) -> list[Event]:
    """Return what happened in order of day; what has no day comes first."""
    found = [*_beginnings(outage), *_sayings(outage), *_repairs(outage)]
    return sorted(found, key=lambda one: (one.on or date.min, one.kind != "began", one.record))


def as_of(outage: Outage, day: date) -> Outage | None:
    """Return an outage by what was said up to a day, None where nobody knew of it then.

    A report whose status was written later counts without it: that it began, not how it stands.
    """
    first = began(outage)[0]
    known = [word.on for word in words(outage) if word.on is not None]
    if min([*known, first or date.max], default=date.max) > day:
        return None
    return replace(
        outage,
        reports=tuple(_report_of(one, day) for one in outage.reports),
        statements=tuple(
            one for one in outage.statements if _is_by(one.values.get("told_on"), day)
        ),
        attempts=tuple(one for one in outage.attempts if _is_by(one.values.get("date"), day)),
    )


def _is_by(on: object, day: date) -> bool:
    return (day_of(on) or date.min) <= day


def _report_of(report: Report, day: date) -> Report:
    if report.told_on <= day:
        return report
    said = {name: value for name, value in report.values.items() if name != "status"}
    return replace(report, values=said)


def _beginnings(outage: Outage) -> Iterator[Event]:
    for one in outage.reports:
        yield Event(
            on=day_of(one.values.get("started")),
            kind="began",
            by=one.by,
            result="",
            precision=str(one.values.get("started_precision", "")),
            record=one.record,
        )


def _sayings(outage: Outage) -> Iterator[Event]:
    for word in words(outage):
        if word.kind != "repair_attempt":
            status = word.said.get("status", REPORTED if word.kind == "outage" else "")
            yield Event(
                on=word.on, kind="said", by=word.by, result=status, precision="day",
                record=word.record,
            )  # fmt: skip


def _repairs(outage: Outage) -> Iterator[Event]:
    for one in outage.attempts:
        yield Event(
            on=day_of(one.values.get("date")),
            kind="repair",
            by=str(one.values["by"]),
            result=str(one.values["result"]),
            precision=str(one.values.get("date_precision") or "day"),
            record=one.record,
        )
