"""How one field of a record type is asked for on a page: as text, by a tap, or from a list."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from field_client.commands import documents
from field_client.opened import App
from field_client.web import memo
from shared_schema.display import masked
from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES, FieldKind, FieldSpec
from shared_schema.regions import Level, RegionTable, contains, district_of

TAPPED = 4
LISTED = 50
_VILLAGES = 400
_YES_NO = {"true": Label(id="Ya", en="Yes"), "false": Label(id="Tidak", en="No")}
_HINTS = {
    FieldKind.DATE: Label(id="Hari-bulan-tahun: 17-05-1970", en="Day-month-year: 17-05-1970"),
    FieldKind.LIST: Label(id="Boleh beberapa, dipisah koma", en="Several, separated by commas"),
    FieldKind.OBJECT: Label(id="nama=nilai, dipisah koma", en="name=value, separated by commas"),
    FieldKind.REFERENCE: Label(
        id="Nomor catatan, atau 12 huruf terakhirnya",
        en="The id of the record, or its last 12 characters",
    ),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEYBOARDS = {
    FieldKind.DIGITS: "numeric",
    FieldKind.INTEGER: "numeric",
    FieldKind.NUMBER: "decimal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that may be chosen. ``group``: what it lies in, where a list is long."""

    value: str
    word: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One field as a page asks for it. ``widget``: text, textarea, radio, select or fixed.

    ``value``: as it stands in the form. ``shown``: in words, where it is not to be typed.
    ``kept``: a number that is hidden, and stays where nothing is typed.
    """

    name: str
    label: str
    hint: str
    required: bool
    widget: str
    value: str
    choices: Sequence[Choice] = ()
    shown: str = ""
    kept: str = ""
    keyboard: str = "text"
    maximum: int | None = None
    capitals: str = "sentences"

    @property
    def groups(self) -> Sequence[tuple[str, Sequence[Choice]]]:
        """The choices by group, in their order."""
        names = dict.fromkeys(choice.group for choice in self.choices)
        return [(name, [one for one in self.choices if one.group == name]) for name in names]


def control(
    app: App, spec: FieldSpec, values: Mapping[str, Any], lang: str, *, hide: bool = False
) -> Control:
    """Return how to ask for a field. ``hide``: a number that is final already is not shown."""
    value = values.get(spec.name)
    choices = _choices(app, spec, value, lang)
    kept = masked(str(value)) if hide and value and spec.kind is FieldKind.DIGITS else ""
    is_day = spec.kind is FieldKind.DATE
    fixed = spec.kind is FieldKind.REFERENCE and bool(value) and not choices
    return Control(
        name=spec.name,
        label=spec.label.text(lang),
        hint=_hint(spec, lang),
        required=spec.required,
        widget="fixed" if fixed else _widget(spec, choices),
        value="" if kept else _day_first(form_text(value)) if is_day else form_text(value),
        choices=choices,
        shown=documents.referenced(app.journal, value, lang) or str(value) if fixed else "",
        kept=kept,
        keyboard=_KEYBOARDS.get(spec.kind, _keyboard(spec)),
        maximum=_maximum(spec),
        capitals="words" if spec.name.endswith("name") else "sentences",
    )


def _day_first(text: str) -> str:
    """Return a day as the form asks for it; anything else as it was typed."""
    return "-".join(reversed(text.split("-"))) if _DAY.fullmatch(text) else text


def form_text(value: Any) -> str:
    """Return a stored value as it stands in a form."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(map(str, value))
        case Mapping():
            return ", ".join(f"{name}={form_text(part)}" for name, part in value.items())
        case _:
            return str(value)


def villages_of(app: App) -> tuple[str, ...]:
    """Return the villages that this laptop is assigned, all it knows where it has no area."""
    regions, scope = memo.regions(app), app.device.scope
    if regions is None:
        return ()
    every = regions.villages()
    held = tuple(code for code in every if any(contains(area, code) for area in scope))
    return held or every


def _widget(spec: FieldSpec, choices: Sequence[Choice]) -> str:
    if spec.kind is FieldKind.BOOLEAN or (spec.codes and len(choices) <= TAPPED):
        return "radio"
    if choices:
        return "select"
    return "textarea" if spec.widget == "textarea" else "text"


def _choices(app: App, spec: FieldSpec, value: Any, lang: str) -> Sequence[Choice]:
    match spec.kind:
        case FieldKind.BOOLEAN:
            return [Choice(value=key, word=label.text(lang)) for key, label in _YES_NO.items()]
        case FieldKind.CODE if spec.codes is not None:
            labels = spec.codes.labels.items()
            return [Choice(value=str(code), word=label.text(lang)) for code, label in labels]
        case FieldKind.REGION:
            return _regions(app, spec, value)
        case FieldKind.REFERENCE if spec.refers_to not in (None, "person"):
            return _records(app, str(spec.refers_to), value, lang)
        case _:
            return ()


def _regions(app: App, spec: FieldSpec, value: Any) -> Sequence[Choice]:
    regions = memo.regions(app)
    if regions is None:
        return ()
    if spec.region_level is Level.VILLAGE:
        codes = villages_of(app)
        if len(codes) > _VILLAGES:
            return ()
    else:
        codes = tuple(code for code in regions.names if code.count(".") < Level.VILLAGE - 1)
    if value and value not in codes:
        codes = (str(value), *codes)
    return [
        Choice(value=code, word=regions.name(code), group=_district(regions, code))
        for code in codes
    ]


def _district(regions: RegionTable, code: str) -> str:
    district = district_of(code)
    return regions.name(district) if district and district != code else ""


def _records(app: App, type_name: str, value: Any, lang: str) -> Sequence[Choice]:
    """Offer the newest records of a type; the one that is named already stands among them."""
    entries = list(app.journal.entries(type=type_name))[-LISTED:][::-1]
    known = {str(entry.id): documents.named(app.journal, entry, lang) for entry in entries}
    if value and str(value) not in known and type_name in RECORD_TYPES:
        known = {str(value): documents.referenced(app.journal, value, lang) or str(value), **known}
    return [Choice(value=one, word=word) for one, word in known.items()]


def _hint(spec: FieldSpec, lang: str) -> str:
    said = [label.text(lang) for label in (_HINTS.get(spec.kind), spec.help) if label]
    return ". ".join(said)


def _keyboard(spec: FieldSpec) -> str:
    return "numeric" if spec.widget == "number-text" else "text"


def _maximum(spec: FieldSpec) -> int | None:
    if spec.kind is FieldKind.TEXT and spec.maximum is not None:
        return int(spec.maximum)
    return None


def is_id(text: str) -> bool:
    """Tell whether a text is the id of a record."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
