"""One look at the office's store for a page: names of regions and devices, and values as texts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema import display
from shared_schema.changes import Change
from shared_schema.clock import wall_of
from shared_schema.records import RECORD_TYPES, FieldKind
from shared_schema.regions import RegionTable
from sync_server.office import Office
from sync_server.people import device_labels
from sync_server.store.queries import facts, records
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.records import Current
from sync_server.web.words import day_text, language, text, time_text

_AT_OFFICE = "user:"
_BY_MATCHER = "matcher:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What a page needs to say what it found. ``full``: numbers are shown unmasked."""

    connection: Connection
    lang: str
    regions: RegionTable
    zone: tzinfo | None
    labels: dict[str, str]
    full: bool = False
    _named: dict[UUID, str] = field(default_factory=dict)

    def value(self, type_name: str, name: str, value: Any) -> str:
        """Return a field's value as it is shown, numbers masked unless they were revealed."""
        rtype = RECORD_TYPES.get(type_name)
        spec = rtype.fields.get(name) if rtype else None
        if spec is None:
            return _plain(value)
        if spec.kind is FieldKind.REFERENCE and isinstance(value, str):
            return self._referenced(value)
        if spec.kind is FieldKind.DATE and isinstance(value, str):
            return _day(value)
        return display.value_text(spec, value, lang=self.lang, regions=self.regions, full=self.full)

    def _referenced(self, value: str) -> str:
        try:
            record = UUID(value)
        except ValueError:
            return value
        if record not in self._named:
            found = records.get(self.connection, record)
            self._named[record] = self.title(found) if found else value
        return self._named[record]

    def label(self, type_name: str, name: str) -> str:
        """Return the label of a field, or its name where the type does not know it."""
        rtype = RECORD_TYPES.get(type_name)
        spec = rtype.fields.get(name) if rtype else None
        return spec.label.text(self.lang) if spec else name

    def title(self, current: Current) -> str:
        """Return what names a record, its days as people write them, its numbers masked."""
        rtype, values = RECORD_TYPES[current.state.type], current.state.values()
        plain, label = replace(self, full=False), rtype.label.text(self.lang)
        parts = [
            plain.value(rtype.name, name, values[name]) for name in rtype.title if name in values
        ]
        named = " · ".join(parts) or label
        if rtype.name != "person" and label not in named:
            return f"{label}: {named}"
        return named

    def place(self, current: Current) -> str:
        """Return the name of the region in which a record lies, empty where it is not known."""
        area = current.own_area or current.area
        return self.regions.name(area) if area else ""

    def writer(self, change: Change) -> str:
        """Return who wrote a change, and on which laptop or that it was at the office."""
        return self.writer_named(change.operator, change.stream.device.hex())

    def writer_named(self, operator: str, device: str) -> str:
        """Return the same from an operator's name and a device's id or label."""
        texts = text()
        if operator.startswith(_BY_MATCHER):
            return texts("the matcher, version {version}").format(
                version=operator.removeprefix(_BY_MATCHER)
            )
        if operator.startswith(_AT_OFFICE):
            return f"{operator.removeprefix(_AT_OFFICE)} ({texts('office')})"
        return f"{operator} ({self.labels.get(device, device)})"

    def when(self, change: Change) -> str:
        """Return when a change was written, by its writer's clock."""
        return self.time(wall_of(change.hlc))

    def time(self, unix_ms: int | None) -> str:
        """Return a time in the office's zone."""
        return time_text(unix_ms, self.zone)


def looking_at(connection: Connection, *, full: bool = False) -> Looking:
    """Return a look at the store through a connection, in the language of this request."""
    return Looking(
        connection=connection,
        lang=language(),
        regions=RegionTable.from_rows(facts.region_rows(connection)),
        zone=display.time_zone(facts.need(connection, Fact.TIMEZONE)),
        labels=device_labels(connection),
        full=full,
    )


@contextmanager
def looking(office: Office) -> Iterator[Looking]:
    """Look at the store as it is now."""
    with office.store.read() as connection:
        yield looking_at(connection)


def _day(value: str) -> str:
    """Return a day in words; what is none, as a register may have it, as it stands."""
    with suppress(ValueError):
        return day_text(value)
    return value


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {part}" for key, part in value.items())
    return "-" if value is None else str(value)
