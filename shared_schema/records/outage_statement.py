"""What one person said about an outage. Statements may disagree; each is kept."""

from shared_schema.i18n import Label
from shared_schema.records.codes import OUTAGE_STATUS
from shared_schema.records.fields import RecordSchema, code, day, note, reference, specs, text
from shared_schema.records.types import RecordType


class OutageStatementSchema(RecordSchema):
    """One statement, by one mouth, on one day."""

    outage = reference("Gangguan alat", "Equipment outage", to="outage", required=True)
    told_by = text("Menurut", "Told by", required=True)
    told_on = day("Tanggal keterangan", "Told on", past=True, required=True)
    status = code(OUTAGE_STATUS, "Status", "Status")
    cause = text("Penyebab", "Cause", maximum=500)
    expected_restore = text("Perkiraan pulih", "Expected restore")
    condition = text("Syarat pulih", "Condition of restore", maximum=500)
    note = note()


TYPE = RecordType(
    name="outage_statement",
    version=1,
    label=Label(id="Keterangan gangguan", en="Outage statement"),
    schema=OutageStatementSchema,
    fields=specs(OutageStatementSchema),
    parents=("outage",),
    title=("told_on", "told_by"),
)
