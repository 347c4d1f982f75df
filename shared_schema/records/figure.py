"""A published figure: its raw text for ever, and what we read in it."""

from shared_schema.i18n import Label
from shared_schema.records.fields import (
    LATEST,
    RecordSchema,
    boolean,
    day,
    note,
    number,
    number_text,
    region,
    specs,
    text,
)
from shared_schema.records.types import RecordType

_LARGEST = 10**12


class FigureSchema(RecordSchema):
    """A figure as published. A malformed one is kept raw; `value` is our reading of it."""

    region = region("Wilayah", "Region", required=True)
    measure = text("Ukuran", "Measure", required=True, maximum=80)
    raw = number_text("Tertulis", "As published", required=True)
    value = number("Nilai", "Value", minimum=-_LARGEST, maximum=_LARGEST)
    as_of = day("Per tanggal", "As of", past=True)
    source = text("Sumber", "Source")
    approximate = boolean("Kira-kira", "Approximate", merge=LATEST)
    note = note()


TYPE = RecordType(
    name="figure",
    version=1,
    label=Label(id="Angka terbitan", en="Published figure"),
    schema=FigureSchema,
    fields=specs(FigureSchema),
    identifies=("measure",),
    area=("region",),
    title=("measure", "raw"),
)
