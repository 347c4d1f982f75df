"""The reference of all record types, written from the types themselves as Markdown."""

from collections.abc import Iterable, Iterator

from shared_schema.i18n import Label
from shared_schema.records.problems import ERRORS, WARNINGS
from shared_schema.records.types import CodeList, FieldKind, FieldSpec, Origin, RecordType

_HEAD = """\
# Record types

Written from the types by `make docs`; a test keeps it true. Field names are the JSON keys and the
CSV headers. A star marks a required field, *server* one that only the office's server sets,
*program* one that the laptop's program sets itself and nobody types, *masked* one that is shown
only for a reason. When two devices write different values without
knowing of each other, a field that *asks* becomes a conflict for a person to decide; for one marked
*latest* the later write wins.

Dates are `YYYY-MM-DD`. A date with a precision may be given as `1970` or `1970-05`: it is stored
as the first day of what is known. Region codes are dotted, `53.15.05.2001`. References are record
ids. A NIK and a family card number are 16 digits, always as text.
"""


def reference(types: Iterable[RecordType]) -> str:
    """Return the whole reference: types, code lists, problems."""
    known = list(types)
    lists = {
        spec.codes.name: spec.codes for one in known for spec in _all_fields(one) if spec.codes
    }
    sections = [
        _HEAD,
        *("\n".join(_type_section(one)) for one in known),
        "\n".join(["## Codes", "", *_code_sections(lists.values())]),
        "\n".join(["## Errors", "", *_problem_rows(ERRORS.items())]),
        "\n".join(["## Warnings, which ask for a reason", "", *_problem_rows(WARNINGS.items())]),
    ]
    return "\n".join(sections)


def _all_fields(rtype: RecordType) -> Iterator[FieldSpec]:
    for spec in rtype.fields.values():
        yield spec
        yield from spec.parts.values()


def _type_section(rtype: RecordType) -> Iterator[str]:
    yield f"## `{rtype.name}`: {_both(rtype.label)} (version {rtype.version})"
    yield ""
    if rtype.schema.__doc__:
        yield rtype.schema.__doc__.strip()
        yield ""
    yield "| Field | Indonesian | English | Holds | Rules |"
    yield "|---|---|---|---|---|"
    for spec in rtype.fields.values():
        yield _row(spec, "")
        for part in spec.parts.values():
            yield _row(part, f"{spec.name}.")
    for title, names in (
        ("Identified by", rtype.identifies),
        ("Area from", rtype.area),
        ("Area inherited through", rtype.parents),
        ("Kept on a laptop after 30 days", [n for n in rtype.fields if n in rtype.roster]),
    ):
        if names:
            yield ""
            yield f"{title}: {', '.join(f'`{name}`' for name in names)}."
    yield ""


def _row(spec: FieldSpec, prefix: str) -> str:
    star = " *" if spec.required else ""
    return (
        f"| `{prefix}{spec.name}`{star} | {spec.label.id} | {spec.label.en} "
        f"| {_holds(spec)} | {_rules(spec)} |"
    )


def _holds(spec: FieldSpec) -> str:
    bounds = f"{_bound(spec.minimum)} to {_bound(spec.maximum)}"
    described = {
        FieldKind.TEXT: f"text, at most {_bound(spec.maximum)}",
        FieldKind.DIGITS: "16 digits",
        FieldKind.CODE: f"code [{spec.codes.name}](#{spec.codes.name})" if spec.codes else "code",
        FieldKind.INTEGER: f"whole number, {bounds}",
        FieldKind.NUMBER: f"number, {bounds}",
        FieldKind.BOOLEAN: "true or false",
        FieldKind.REGION: f"{spec.region_level.name.lower()} code"
        if spec.region_level
        else "region code",
        FieldKind.REFERENCE: f"`{spec.refers_to}` id" if spec.refers_to else "record id",
        FieldKind.LIST: "list of texts",
        FieldKind.OBJECT: "object of",
    }
    return described.get(spec.kind, spec.kind.value)


def _bound(value: float | None) -> str:
    return "any" if value is None else f"{value:,.0f}"


def _rules(spec: FieldSpec) -> str:
    rules = [spec.merge.value]
    rules += [] if spec.origin is Origin.DEVICE else [spec.origin.value]
    rules += ["masked"] if spec.sensitive else []
    rules += ["not in the future"] if spec.past else []
    rules += [f"precision in `{spec.precision_field}`"] if spec.precision_field else []
    return ", ".join(rules)


def _code_sections(lists: Iterable[CodeList]) -> Iterator[str]:
    for codes in lists:
        yield f"### {codes.name}"
        yield ""
        yield "| Code | Indonesian | English |"
        yield "|---|---|---|"
        for value, label in codes.labels.items():
            yield f"| `{value}` | {label.id} | {label.en} |"
        if codes.numbers:
            yield ""
            yield f"Any whole number from {codes.numbers[0]} to {codes.numbers[-1]} is valid."
        yield ""


def _problem_rows(problems: Iterable[tuple[str, Label]]) -> Iterator[str]:
    yield "| Code | Indonesian | English |"
    yield "|---|---|---|"
    for code, label in problems:
        yield f"| `{code}` | {label.id} | {label.en} |"
    yield ""


def _both(label: Label) -> str:
    return f"{label.id} / {label.en}"
