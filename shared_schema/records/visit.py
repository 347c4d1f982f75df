"""A home visit or a word at a service point: who was looked for, and what came of it."""

from shared_schema.i18n import Label
from shared_schema.records.fields import LATEST, RecordSchema, code, note, number, reference, specs
from shared_schema.records.types import CodeList, RecordType

OUTCOME = CodeList.of(
    "outcome",
    {
        "recorded": ("Sudah rekam", "recorded"),
        "already_recorded": ("Sudah pernah rekam", "already recorded"),
        "not_at_home": ("Tidak di tempat", "not at home"),
        "away_working": ("Merantau", "away working"),
        "refused": ("Menolak", "refused"),
        "moved": ("Pindah", "moved"),
        "deceased": ("Dilaporkan meninggal", "reported deceased"),
        "unknown_here": ("Tidak dikenal", "unknown here"),
        "ill_or_elderly": ("Sakit atau lanjut usia", "ill or elderly"),
        "card_handed_over": ("KTP diserahkan", "card handed over"),
        "suket_handed_over": ("Suket diserahkan", "interim letter handed over"),
        "revisit": ("Kunjungi lagi", "revisit"),
    },
)
REASON = CodeList.of(
    "reason",
    {
        "unimportant": ("Dianggap tidak penting", "thought unimportant"),
        "too_far": ("Terlalu jauh", "too far"),
        "cost": ("Biaya", "cost"),
        "works_elsewhere": ("Bekerja di tempat lain", "works elsewhere"),
        "studies_elsewhere": ("Sekolah di tempat lain", "studies elsewhere"),
        "equipment_broken": ("Alat rusak", "equipment broken"),
        "never_invited": ("Tidak pernah diundang", "never invited"),
        "data_wrong": ("Data salah", "data wrong"),
        "other": ("Lainnya", "other"),
    },
)


class VisitSchema(RecordSchema):
    """One attempt to reach one resident; what the field says is a claim, not a status."""

    person = reference("Warga", "Resident", to="person", required=True)
    outcome = code(OUTCOME, "Hasil kunjungan", "Outcome", required=True)
    campaign = reference("Kegiatan", "Campaign", to="campaign")
    session = reference("Titik layanan", "Service point", to="session")
    reason = code(REASON, "Alasan", "Reason", merge=LATEST)
    lat = number("Lintang", "Latitude", minimum=-90, maximum=90, merge=LATEST, sensitive=True)
    lon = number("Bujur", "Longitude", minimum=-180, maximum=180, merge=LATEST, sensitive=True)
    accuracy_m = number(
        "Ketelitian (meter)", "Accuracy (metres)", minimum=0, maximum=100_000, merge=LATEST
    )
    note = note()


TYPE = RecordType(
    name="visit",
    version=1,
    label=Label(id="Kunjungan", en="Visit"),
    schema=VisitSchema,
    fields=specs(VisitSchema),
    parents=("person", "session", "campaign"),
    title=("outcome",),
)
