"""An equipment outage as one officer reports it; two reports of one outage are linked later."""

from shared_schema.i18n import Label
from shared_schema.records.codes import COMPONENT, EVENT_PRECISION, OUTAGE_STATUS
from shared_schema.records.fields import (
    LATEST,
    RecordSchema,
    code,
    day,
    integer,
    note,
    reference,
    specs,
    text,
    texts,
)
from shared_schema.records.types import CodeList, RecordType

DIAGNOSIS = CodeList.of(
    "diagnosis",
    {
        "equipment": ("Alat", "equipment"),
        "server": ("Server", "server"),
        "network": ("Jaringan", "network"),
        "power": ("Listrik", "power"),
        "no_blank_cards": ("Blangko habis", "no blank cards"),
    },
)


class OutageSchema(RecordSchema):
    """An outage. `place` is an office, a kit, or words such as "several districts, unnamed"."""

    component = code(COMPONENT, "Komponen", "Component", required=True)
    started = day("Rusak sejak", "Broken since", precision="started_precision", past=True)
    started_precision = code(
        EVENT_PRECISION, "Ketelitian tanggal rusak", "Precision of broken since", required=True
    )
    place = text("Tempat", "Place")
    office = text("Kantor", "Office")
    kit = text("Perangkat lapangan", "Field kit")
    equipment = reference("Perangkat", "Equipment", to="equipment")
    diagnosis = code(DIAGNOSIS, "Jenis gangguan", "Diagnosis")
    symptom = text("Gejala", "Symptom", maximum=500)
    cause = text("Penyebab", "Cause", maximum=500)
    status = code(OUTAGE_STATUS, "Status", "Status")
    reported_to = text("Dilaporkan kepada", "Reported to")
    owner = text("Pemilik", "Owner")
    custodian = text("Penanggung jawab", "Custodian")
    repair_payer = text("Penanggung biaya perbaikan", "Who pays the repair")
    expected_restore = text("Perkiraan pulih", "Expected restore")
    expected_condition = text("Syarat pulih", "Condition of restore", maximum=500)
    redirect_to = texts("Dialihkan ke", "Redirected to")
    unsent_recordings = integer(
        "Perekaman belum terkirim", "Recordings waiting to be sent", merge=LATEST
    )
    people_displaced = integer("Warga dialihkan", "People displaced", merge=LATEST)
    note = note()


TYPE = RecordType(
    name="outage",
    version=1,
    label=Label(id="Gangguan alat", en="Equipment outage"),
    schema=OutageSchema,
    fields=specs(OutageSchema),
    identifies=("component",),
    area=("place", "office"),
    parents=("equipment",),
    title=("component", "place"),
)
