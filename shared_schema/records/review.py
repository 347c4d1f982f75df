"""A supervisor accepts a record, or returns it to the officer with a comment."""

from shared_schema.i18n import Label
from shared_schema.records.fields import RecordSchema, code, note, reference, specs
from shared_schema.records.types import CodeList, RecordType

STATE = CodeList.of(
    "state",
    {"accepted": ("Diterima", "accepted"), "returned": ("Dikembalikan", "returned")},
)


class ReviewSchema(RecordSchema):
    """A supervisor's word on one record."""

    record = reference("Catatan", "Record", required=True)
    state = code(STATE, "Hasil pemeriksaan", "State", required=True)
    comment = note("Komentar", "Comment")


TYPE = RecordType(
    name="review",
    version=1,
    label=Label(id="Pemeriksaan", en="Review"),
    schema=ReviewSchema,
    fields=specs(ReviewSchema),
    parents=("record",),
    title=("state",),
)
