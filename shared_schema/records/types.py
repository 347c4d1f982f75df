"""What a record type is made of, and what checking one gives back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any

from marshmallow import Schema

from shared_schema.i18n import Label
from shared_schema.records.problems import FieldValueError, Problem
from shared_schema.regions import Level, RegionTable


class FieldKind(Enum):
    """What a field holds; forms, prompts, columns and wire codecs follow it."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    CODE = "code"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    REGION = "region"
    REFERENCE = "reference"
    LIST = "list"
    OBJECT = "object"


class MergePolicy(Enum):
    """What happens when two devices write different values without knowing of each other.

    ASK shows both to a person, LATEST lets the highest stamp win.
    """

    ASK = "ask"
    LATEST = "latest"


class Origin(Enum):
    """Who may set a field; PROGRAM: the laptop itself, from what it was given, never typed."""

    DEVICE = "device"
    PROGRAM = "program"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """The values a coded field may take, with their labels, in the order shown.

    `numbers` are further whole numbers that are valid without a name of their own.
    """

    name: str
    labels: Mapping[str | int, Label]
    numbers: range = range(0)

    @classmethod
    def of(
        cls, name: str, labels: Mapping[str | int, tuple[str, str]], numbers: range = range(0)
    ) -> "CodeList":
        """Build a list from pairs of Indonesian and English labels."""
        pairs = {code: Label(id=pair[0], en=pair[1]) for code, pair in labels.items()}
        return cls(name=name, labels=MappingProxyType(pairs), numbers=numbers)

    def from_json(self, value: object) -> str | int:
        """Return the code that `value` is, also where a number came as text or in other case.

        Raises FieldValueError (CODE_UNKNOWN).
        """
        for candidate in _spellings(value):
            if candidate in self.labels:
                return candidate
            if isinstance(candidate, int) and candidate in self.numbers:
                return candidate
        raise FieldValueError("CODE_UNKNOWN")

    def from_text(self, raw: str) -> str | int:
        """Return the code typed as itself or as its label in either language.

        Raises FieldValueError (CODE_UNKNOWN).
        """
        wanted = raw.strip().casefold()
        for code, label in self.labels.items():
            if wanted in (str(code).casefold(), label.id.casefold(), label.en.casefold()):
                return code
        return self.from_json(raw)

    def label(self, value: str | int) -> Label:
        """Return the label of a code; a code without a name is shown as itself."""
        return self.labels.get(value, Label(id=str(value), en=str(value)))


def _spellings(value: object) -> Iterable[str | int]:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return
    if isinstance(value, int):
        yield value
        return
    text = value.strip()
    yield from (text, text.lower(), text.upper())
    if text.isascii() and text.isdigit() and len(text) <= 3:
        yield int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a record type. `minimum` and `maximum` bound numbers and text lengths.

    `precision_field` names the field that says how much of a date is known. `past` dates
    may not lie after today. `sensitive` values are masked until somebody gives a reason.
    """

    name: str
    kind: FieldKind
    label: Label
    required: bool = False
    codes: CodeList | None = None
    merge: MergePolicy = MergePolicy.ASK
    origin: Origin = Origin.DEVICE
    refers_to: str | None = None
    help: Label | None = None
    widget: str | None = None
    sensitive: bool = False
    minimum: float | None = None
    maximum: float | None = None
    precision_field: str | None = None
    past: bool = False
    region_level: Level | None = None
    parts: Mapping[str, "FieldSpec"] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What a check needs from outside; `regions` None means that no table is known yet."""

    today: date
    regions: RegionTable | None = None


Rule = Callable[[Mapping[str, Any], CheckContext], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """One type of record.

    `identifies` are fields whose equality is a reason to compare two records. `area` are
    fields that give the region, the first one filled counts; `parents` are references
    through which it is inherited. `title` are the fields that name a record in a list.
    `upgrades[n]` turns values of version n into values of version n + 1.
    """

    name: str
    version: int
    label: Label
    schema: type[Schema]
    fields: Mapping[str, FieldSpec]
    identifies: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def roster(self) -> frozenset[str]:
        """The fields that lists, search and the comparison of records need.

        A laptop keeps them of its own records when the details go: what is required, names,
        identifies or places a record, what it refers to, and what only the server sets.
        """
        fields = self.fields.items()
        kept = {name for name, spec in fields if spec.required or spec.origin is Origin.SERVER}
        kept.update(self.title, self.identifies, self.area, self.parents)
        precisions = {spec.precision_field for name, spec in fields if name in kept}
        return frozenset(kept | {name for name in precisions if name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A checked record: the fields that passed in their stored form, and what was found."""

    values: dict[str, Any]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def unexplained(self, reasons: Mapping[str, str]) -> tuple[Problem, ...]:
        """Return the warnings for which `reasons` (warning code to text) has no words."""
        return tuple(w for w in self.warnings if not reasons.get(w.code, "").strip())
