"""What the task list shows, as plain values: households in their order, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby
from typing import Any

from field_client.tasks import Target, Tasks, Visited
from field_client.web.words import clock_text, language, local, text
from shared_schema.records import RecordType, record_type

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One resident to be seen. ``said``: the last outcome and when."""

    id: str
    name: str
    born: str
    said: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The residents of one neighbourhood, by household."""

    name: str
    households: Sequence[Sequence[Line]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One of the lists of a village: revisits, new, other outcomes, recorded."""

    key: str
    groups: Sequence[Group]
    count: int


def listed(tasks: Tasks, zone: tzinfo | None, number: int, now_ms: int) -> tuple[list[Listed], int]:
    """Return the lists of one page, and how many pages there are."""
    keyed = (
        ("again", tasks.again),
        ("new", tasks.new),
        ("other", tasks.other),
        ("done", tasks.done),
    )
    every = [(key, one) for key, targets in keyed for one in targets]
    pages = max(1, -(-len(every) // PAGE))
    held = every[(number - 1) * PAGE : number * PAGE]
    counts = {key: len(targets) for key, targets in keyed}
    return [
        Listed(key=key, groups=_groups((one for _, one in found), zone, now_ms), count=counts[key])
        for key, found in groupby(held, key=lambda pair: pair[0])
    ], pages


def _groups(targets: Iterable[Target], zone: tzinfo | None, now_ms: int) -> list[Group]:
    return [
        Group(
            name=name,
            households=[
                [line(one, zone, now_ms, name) for one in members]
                for _, members in groupby(found, key=_household)
            ],
        )
        for name, found in groupby(targets, key=neighbourhood)
    ]


def line(target: Target, zone: tzinfo | None, now_ms: int, group: str = "") -> Line:
    """Return a resident's line."""
    last = target.last
    return Line(
        id=str(target.id),
        name=str(target.values.get("name", "")),
        born=str(target.values.get("birth_date", ""))[:4],
        said=" · ".join(told(last, zone, now_ms)) if last else "",
        group=group,
    )


def told(visit: Visited, zone: tzinfo | None, now_ms: int) -> list[str]:
    """Return what a visit amounted to, and when it was."""
    when = clock_text(local(visit.wall_ms, zone), local(now_ms, zone))
    return [word("outcome", visit.outcome), when]


def word(name: str, value: Any) -> str:
    """Return the word of a code of a visit."""
    spec = _visit().fields[name]
    return spec.codes.label(value).text(language()) if spec.codes and value is not None else ""


def neighbourhood(target: Target) -> str:
    """Return hamlet, RT and RW in words."""
    values: Mapping[str, Any] = target.values
    parts = [str(values["dusun"])] if values.get("dusun") else []
    parts += [f"RT {values['rt']}"] if values.get("rt") else []
    parts += [f"RW {values['rw']}"] if values.get("rw") else []
    return " · ".join(parts) or text()("Without hamlet and RT")


def _household(target: Target) -> str:
    return str(target.values.get("kk_number") or target.values.get("address") or target.id)


def _visit() -> RecordType:
    return record_type("visit")
