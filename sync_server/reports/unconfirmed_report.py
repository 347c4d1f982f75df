"""Residents recorded in the field whom the ministry's list lacks, out of the store.

The team is the operator who wrote the visit, the kit the laptop it was written on. The tallies
hold who that is, so they have to be brought up to date before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from sync_server.people import device_labels
from sync_server.reports.residents import shown_of
from sync_server.store.driver import ask, listed
from sync_server.tallies import date_of, day_number
from sync_server.unconfirmed import Recordings, by, by_age, days_ago

COLUMNS = (
    "record", "visit", "name", "sex", "village", "birth_date", "nik", "central_status",
    "recorded_on", "days", "team", "kit",
)  # fmt: skip
OFFICE = "office"
_SHOWN = ("name", "sex", "village", "birth_date", "nik", "central_status")
# Each of ?1 and ?2 is a list of regions, empty for everywhere.
_FOUND = """
    FROM tally_people INDEXED BY ix_tally_people_field_last_root
    WHERE central = 0 AND field_visit IS NOT NULL
    AND (?1 = '[]' OR EXISTS (SELECT 1 FROM json_each(?1)
        WHERE village = value OR substr(village, 1, length(value) + 1) = value || '.'))
    AND (?2 = '[]' OR EXISTS (SELECT 1 FROM json_each(?2)
        WHERE village = value OR substr(village, 1, length(value) + 1) = value || '.'))
"""
_COUNTED = """
    SELECT field_last, field_team, field_device, count(*), sum(requeued) FOUND
    GROUP BY field_last, field_team, field_device
""".replace("FOUND", _FOUND)
_PEOPLE = """
    SELECT root, field_visit, field_last, field_team, field_device, requeued FOUND
    AND field_last <= ?3 AND (?4 IS NULL OR field_team = ?4)
    AND (?5 IS NULL OR field_device IN (SELECT value FROM json_each(?5)))
    AND (field_last, root) > (?7, ?8)
    ORDER BY field_last, root LIMIT ?6
""".replace("FOUND", _FOUND)
_KITS = (
    "SELECT DISTINCT field_device FROM tally_people INDEXED BY ix_tally_people_field_last_root"
    " WHERE central = 0 AND field_visit IS NOT NULL"
)
_EVERYBODY = -1
_AT_ONCE = 500
_BEGINNING = (-1, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to: a region, an age of so many days, one team, one kit.

    `areas`: of the user who asks; empty for the whole regency.
    """

    region: str | None = None
    older_than: int = 0
    team: str | None = None
    kit: str | None = None
    areas: tuple[str, ...] = ()

    def means(self, one: Recordings, on: date) -> bool:
        """Tell whether recordings of the region are asked for."""
        return (
            one.days(on) >= self.older_than
            and self.team in (None, one.team)
            and self.kit in (None, one.kit)
        )


_ALL = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """One resident of the list: the last visit that recorded them, where and by whom."""

    record: str
    visit: str
    recorded_on: date
    team: str
    kit: str
    requeued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """The list as asked for. `teams` and `kits`: all that it could be narrowed to.

    `people`: the first of them, the oldest recording first; `values`: what each of them shows.
    """

    on: date
    region: str | None
    found: tuple[Recordings, ...]
    people: tuple[Lost, ...]
    values: Mapping[str, Mapping[str, Any]]
    teams: tuple[str, ...] = ()
    kits: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many they are in all."""
        return sum(one.count for one in self.found)

    @property
    def requeued(self) -> int:
        """How many of them are queued for another visit."""
        return sum(one.requeued for one in self.found)

    def as_dict(self) -> dict[str, Any]:
        """Return the groups and the people, the oldest recording first."""
        return {
            "on": self.on.isoformat(),
            "region": self.region,
            "count": self.count,
            "by_age": [
                {"from_days": start, "to_days": end, "count": count}
                for start, end, count in by_age(self.found, self.on)
            ],
            "by_team": self._by("team", lambda one: one.team),
            "by_kit": self._by("kit", lambda one: one.kit),
            "people": [_row(one, self.values, self.on) for one in self.people],
        }

    def _by(self, word: str, name_of: Callable[[Recordings], str]) -> list[dict[str, Any]]:
        return [
            {word: one.name, "count": one.count, "oldest_days": one.oldest_days}
            for one in by(self.found, name_of, self.on)
        ]


def _row(one: Lost, shown: Mapping[str, Mapping[str, Any]], on: date) -> dict[str, Any]:
    values = shown.get(one.record, {})
    return {
        "record": one.record,
        "visit": one.visit,
        **{name: values.get(name) for name in _SHOWN},
        "recorded_on": one.recorded_on.isoformat(),
        "days": days_ago(one.recorded_on, on),
        "team": one.team,
        "kit": one.kit,
    }


def unconfirmed_rows(connection: Connection, on: date, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield the people of the list alone, the oldest recording first, a part in memory at a time.

    As `unconfirmed_report` has them, under COLUMNS.
    """
    labels = device_labels(connection)
    after: tuple[int, str] = _BEGINNING
    while found := _found(connection, on, wanted, labels, most=_AT_ONCE, after=after):
        part = [_lost(row, labels) for row in found]
        shown = shown_of(connection, [one.record for one in part])
        yield from (_row(one, shown, on) for one in part)
        after = found[-1][2], found[-1][0]


def unconfirmed_report(
    connection: Connection, on: date, wanted: Wanted = _ALL, most: int | None = None
) -> Unconfirmed:
    """Return who was recorded in the field and lacks the ministry's word, on a day.

    `most`: so many people at most, all of them by default; they are counted all the same.
    """
    labels = device_labels(connection)
    everywhere = _counted(connection, "", wanted, labels)
    here = _counted(connection, wanted.region, wanted, labels) if wanted.region else everywhere
    people = lost(connection, on, wanted, most)
    return Unconfirmed(
        on=on,
        region=wanted.region,
        found=tuple(one for one in here if wanted.means(one, on)),
        people=people,
        values=shown_of(connection, [one.record for one in people]),
        teams=tuple(sorted({one.team for one in everywhere})),
        kits=tuple(sorted({one.kit for one in everywhere})),
    )


def _counted(
    connection: Connection, region: str | None, wanted: Wanted, labels: Mapping[str, str]
) -> list[Recordings]:
    rows = ask(connection, _COUNTED, listed(wanted.areas), listed([region] if region else []))
    return [
        Recordings(
            recorded_on=date_of(day),
            team=team,
            kit=labels.get(device, OFFICE),
            count=count,
            requeued=requeued,
        )
        for day, team, device, count, requeued in rows
    ]


def lost(
    connection: Connection, on: date, wanted: Wanted, most: int | None = None
) -> tuple[Lost, ...]:
    """Return those residents alone, the oldest recording first."""
    labels = device_labels(connection)
    rows = _found(connection, on, wanted, labels, most=_EVERYBODY if most is None else most)
    return tuple(_lost(row, labels) for row in rows)


def _found(
    connection: Connection,
    on: date,
    wanted: Wanted,
    labels: Mapping[str, str],
    *,
    most: int,
    after: tuple[int, str] = _BEGINNING,
) -> list[Any]:
    return ask(
        connection,
        _PEOPLE,
        listed(wanted.areas),
        listed([wanted.region] if wanted.region else []),
        _until(on, wanted.older_than),
        wanted.team,
        None if wanted.kit is None else listed(_devices(connection, wanted.kit, labels)),
        most,
        *after,
    )


def _lost(row: Sequence[Any], labels: Mapping[str, str]) -> Lost:
    root, visit, day, team, device, requeued = row
    return Lost(
        record=root,
        visit=visit,
        recorded_on=date_of(day),
        team=team,
        kit=labels.get(device, OFFICE),
        requeued=bool(requeued),
    )


def _until(on: date, older_than: int) -> int:
    """Return the last day of recordings that are old enough; without an age, any day is."""
    return day_number(on - timedelta(days=older_than)) if older_than else day_number(date.max)


def _devices(connection: Connection, kit: str, labels: Mapping[str, str]) -> Sequence[str]:
    """Return the devices under a label; under the office's, those that it does not know."""
    known: Iterable[tuple[str]] = ask(connection, _KITS)
    return [device for (device,) in known if labels.get(device, OFFICE) == kit]
