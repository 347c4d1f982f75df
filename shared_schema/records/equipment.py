"""A piece of equipment. Owner, custodian and who pays a repair are three separate facts."""

from shared_schema.i18n import Label
from shared_schema.records.codes import COMPONENT
from shared_schema.records.fields import LATEST, RecordSchema, code, number_text, specs, text
from shared_schema.records.types import RecordType


class EquipmentSchema(RecordSchema):
    """One piece of equipment; nothing is required beyond something to tell it by."""

    serial = number_text("Nomor seri", "Serial number")
    component = code(COMPONENT, "Komponen", "Component")
    office = text("Kantor", "Office")
    owner = text("Pemilik", "Owner")
    custodian = text("Penanggung jawab", "Custodian")
    condition = text("Keadaan", "Condition", merge=LATEST)


TYPE = RecordType(
    name="equipment",
    version=1,
    label=Label(id="Perangkat", en="Equipment"),
    schema=EquipmentSchema,
    fields=specs(EquipmentSchema),
    identifies=("serial",),
    area=("office",),
    title=("component", "serial"),
)
