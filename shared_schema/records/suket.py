"""A suket: the interim letter for a resident who is recorded but has no card yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared_schema.i18n import Label
from shared_schema.records.fields import RecordSchema, day, number_text, reference, specs
from shared_schema.records.problems import Problem, problem
from shared_schema.records.types import CheckContext, RecordType


class SuketSchema(RecordSchema):
    """A letter; without `expires_on` it holds until the card is issued."""

    person = reference("Warga", "Resident", to="person", required=True)
    number = number_text("Nomor surat", "Letter number")
    issued_on = day("Tanggal terbit", "Issued on", past=True)
    expires_on = day("Berlaku sampai", "Expires on")


def _expires_after_issue(values: Mapping[str, Any], _context: CheckContext) -> Iterable[Problem]:
    if values.get("expires_on", "9999") < values.get("issued_on", ""):
        yield problem("DATE_ORDER", "expires_on", SuketSchema.label_of("expires_on"))


TYPE = RecordType(
    name="suket",
    version=1,
    label=Label(id="Surat keterangan", en="Interim letter"),
    schema=SuketSchema,
    fields=specs(SuketSchema),
    identifies=("number",),
    parents=("person",),
    title=("number",),
    rules=(_expires_after_issue,),
)
