"""Constructors for the fields of record types: short to write, real marshmallow fields.

Each returns a marshmallow field that turns input into the stored, JSON-native form and
carries the `FieldSpec` from which forms, prompts, columns and codecs are derived. A
field's error message is the code of a problem; `records.problems` has the sentences.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypedDict, Unpack

from marshmallow import Schema, ValidationError, fields

from shared_schema.i18n import Label
from shared_schema.records import parsing
from shared_schema.records.problems import FieldValueError
from shared_schema.records.types import (
    CodeList,
    FieldKind,
    FieldSpec,
    MergePolicy,
    Origin,
)
from shared_schema.regions import Level

ASK = MergePolicy.ASK
LATEST = MergePolicy.LATEST
PROGRAM = Origin.PROGRAM
SERVER = Origin.SERVER
_LENGTH = 200
_NOTE_LENGTH = 2000


class Options(TypedDict, total=False):
    """What every constructor takes besides the two labels."""

    required: bool
    merge: MergePolicy
    origin: Origin
    help: Label
    widget: str
    sensitive: bool


class RecordField(fields.Field[Any]):
    """A marshmallow field that stores JSON-native values as its spec says."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(
            required=spec.required,
            allow_none=not spec.required,
            error_messages={"required": "REQUIRED", "null": "REQUIRED"},
            metadata=_openapi(spec),
        )
        self.spec = spec

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.spec = replace(self.spec, name=field_name)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        try:
            return parsing.from_json(self.spec, value)
        except FieldValueError as error:
            raise ValidationError(error.code) from error


_OPENAPI_TYPES = {
    FieldKind.INTEGER: "integer",
    FieldKind.NUMBER: "number",
    FieldKind.BOOLEAN: "boolean",
    FieldKind.LIST: "array",
    FieldKind.OBJECT: "object",
}
_OPENAPI_FORMATS = {FieldKind.DATE: "date", FieldKind.REFERENCE: "uuid"}


def _openapi(spec: FieldSpec) -> dict[str, Any]:
    described: dict[str, Any] = {"title": spec.label.en}
    if spec.kind is not FieldKind.CODE:
        described["type"] = _OPENAPI_TYPES.get(spec.kind, "string")
    if spec.kind in _OPENAPI_FORMATS:
        described["format"] = _OPENAPI_FORMATS[spec.kind]
    if spec.codes is not None:
        described["enum"] = sorted({*spec.codes.labels, *spec.codes.numbers}, key=str)
    return described


class RecordSchema(Schema):
    """The base of all record schemas: fields it does not know are refused by name."""

    error_messages = {"unknown": "FIELD_UNKNOWN"}  # noqa: RUF012 - marshmallow's own attribute

    @classmethod
    def label_of(cls, name: str) -> Label:
        """Return the label of a field that this schema declares."""
        return specs(cls)[name].label


def _field(
    kind: FieldKind, id_label: str, en_label: str, options: Options, **more: Any
) -> RecordField:
    label = Label(id=id_label, en=en_label)
    return RecordField(FieldSpec(name="", kind=kind, label=label, **{**options, **more}))


def text(
    id_label: str, en_label: str, *, maximum: int = _LENGTH, **options: Unpack[Options]
) -> RecordField:
    """Declare one line of text, at most `maximum` characters."""
    return _field(FieldKind.TEXT, id_label, en_label, options, maximum=maximum)


def number_text(
    id_label: str, en_label: str, *, maximum: int = _LENGTH, **options: Unpack[Options]
) -> RecordField:
    """Declare text that is often a number; a JSON number is taken as its digits."""
    options.setdefault("widget", "number-text")
    return _field(FieldKind.TEXT, id_label, en_label, options, maximum=maximum)


def note(
    id_label: str = "Catatan", en_label: str = "Note", **options: Unpack[Options]
) -> RecordField:
    """Declare free text of several lines; the latest wins."""
    options.setdefault("widget", "textarea")
    options.setdefault("merge", LATEST)
    return _field(FieldKind.TEXT, id_label, en_label, options, maximum=_NOTE_LENGTH)


def sixteen_digits(id_label: str, en_label: str, **options: Unpack[Options]) -> RecordField:
    """Declare a NIK or a family card number: 16 digits, always as text, masked."""
    options.setdefault("sensitive", True)
    return _field(FieldKind.DIGITS, id_label, en_label, options)


def day(
    id_label: str,
    en_label: str,
    *,
    precision: str | None = None,
    past: bool = False,
    **options: Unpack[Options],
) -> RecordField:
    """Declare a date; `precision` names the field that says how much of it is known."""
    return _field(FieldKind.DATE, id_label, en_label, options, precision_field=precision, past=past)


def code(codes: CodeList, id_label: str, en_label: str, **options: Unpack[Options]) -> RecordField:
    """Declare one of a list of codes."""
    return _field(FieldKind.CODE, id_label, en_label, options, codes=codes)


def integer(
    id_label: str,
    en_label: str,
    *,
    minimum: int = 0,
    maximum: int = 10_000_000,
    **options: Unpack[Options],
) -> RecordField:
    """Declare a whole number."""
    return _field(FieldKind.INTEGER, id_label, en_label, options, minimum=minimum, maximum=maximum)


def number(
    id_label: str, en_label: str, *, minimum: float, maximum: float, **options: Unpack[Options]
) -> RecordField:
    """Declare a number that may have a fraction."""
    return _field(FieldKind.NUMBER, id_label, en_label, options, minimum=minimum, maximum=maximum)


def boolean(id_label: str, en_label: str, **options: Unpack[Options]) -> RecordField:
    """Declare a yes or no."""
    return _field(FieldKind.BOOLEAN, id_label, en_label, options)


def region(
    id_label: str, en_label: str, *, level: Level | None = None, **options: Unpack[Options]
) -> RecordField:
    """Declare a region code, of one level where `level` is given."""
    return _field(FieldKind.REGION, id_label, en_label, options, region_level=level)


def reference(
    id_label: str, en_label: str, to: str | None = None, **options: Unpack[Options]
) -> RecordField:
    """Declare the id of another record, of type `to` where given."""
    return _field(FieldKind.REFERENCE, id_label, en_label, options, refers_to=to)


def texts(id_label: str, en_label: str, **options: Unpack[Options]) -> RecordField:
    """Declare a list of short texts; a single text is taken as a list of one."""
    return _field(FieldKind.LIST, id_label, en_label, options, maximum=_LENGTH)


def parts(
    id_label: str, en_label: str, of: Mapping[str, RecordField], **options: Unpack[Options]
) -> RecordField:
    """Declare an object of named parts, kept and merged as one value."""
    specs = {name: replace(part.spec, name=name) for name, part in of.items()}
    return _field(FieldKind.OBJECT, id_label, en_label, options, parts=MappingProxyType(specs))


def specs(schema: type[RecordSchema]) -> Mapping[str, FieldSpec]:
    """Return the fields that `schema` declares, by name, in the order written."""
    return MappingProxyType(
        {
            name: declared.spec
            for name, declared in schema().fields.items()
            if isinstance(declared, RecordField)
        }
    )
