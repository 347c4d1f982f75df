"""Which fields of a record type stand on which page of its form.

A type without a plan has one page; a field that a plan does not name stands on the last page. So a
new field or type is shown without anything being written here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from field_client.capture import answerable
from shared_schema.i18n import Label
from shared_schema.records import FieldSpec, RecordType


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One page of a form. ``number``: from 1."""

    number: int
    label: Label
    fields: tuple[FieldSpec, ...]


_PLANS: Mapping[str, Sequence[tuple[Label, tuple[str, ...]]]] = {
    "person": (
        (
            Label(id="Warga", en="Resident"),
            (
                *("name", "sex", "birth_date", "birth_date_precision", "village"),
                *("nik", "kk_number"),
            ),
        ),
        (
            Label(id="Keluarga", en="Family"),
            ("relationship", "marital_status", "mother_name", "father_name", "birth_place"),
        ),
        (Label(id="Alamat", en="Address"), ("address", "dusun", "rt", "rw", "phone")),
        (Label(id="Lainnya", en="More"), ()),
    ),
}


def sections(rtype: RecordType) -> tuple[Section, ...]:
    """Return the pages of a type's form, in order."""
    fields = {spec.name: spec for spec in answerable(rtype)}
    plan = _PLANS.get(rtype.name, ((rtype.label, ()),))
    named = {name for _, names in plan for name in names}
    rest = tuple(spec for name, spec in fields.items() if name not in named)
    pages = [(label, tuple(fields[n] for n in names if n in fields)) for label, names in plan]
    pages[-1] = (pages[-1][0], pages[-1][1] + rest)
    return tuple(
        Section(number=number, label=label, fields=held)
        for number, (label, held) in enumerate(pages, start=1)
    )


def section_of(rtype: RecordType, name: str | None) -> int:
    """Return the number of the page that a field stands on; the first for none."""
    found = (page.number for page in sections(rtype) for spec in page.fields if spec.name == name)
    return next(found, 1)
