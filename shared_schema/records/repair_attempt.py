"""One attempt to repair an outage, by whom and with what result."""

from shared_schema.i18n import Label
from shared_schema.records.codes import EVENT_PRECISION
from shared_schema.records.fields import RecordSchema, code, day, note, reference, specs, text
from shared_schema.records.types import CodeList, RecordType

RESULT = CodeList.of(
    "result",
    {
        "succeeded": ("Berhasil", "succeeded"),
        "failed": ("Gagal", "failed"),
        "partial": ("Sebagian", "partial"),
    },
)


class RepairAttemptSchema(RecordSchema):
    """One repair attempt; its date is often known only roughly, or not at all."""

    outage = reference("Gangguan alat", "Equipment outage", to="outage", required=True)
    date = day("Tanggal", "Date", precision="date_precision", past=True)
    date_precision = code(EVENT_PRECISION, "Ketelitian tanggal", "Precision of the date")
    by = text("Oleh", "By", required=True)
    result = code(RESULT, "Hasil", "Result", required=True)
    note = note()


TYPE = RecordType(
    name="repair_attempt",
    version=1,
    label=Label(id="Upaya perbaikan", en="Repair attempt"),
    schema=RepairAttemptSchema,
    fields=specs(RepairAttemptSchema),
    parents=("outage",),
    title=("date", "by"),
)
