"""A resident. A name, sex, village and an estimated year of birth suffice; the NIK is optional."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared_schema.i18n import Label
from shared_schema.nik import nik_warnings
from shared_schema.records.codes import BIRTH_PRECISION
from shared_schema.records.fields import (
    LATEST,
    SERVER,
    RecordSchema,
    boolean,
    code,
    day,
    note,
    number_text,
    region,
    sixteen_digits,
    specs,
    text,
)
from shared_schema.records.problems import Problem, problem
from shared_schema.records.types import CheckContext, CodeList, RecordType
from shared_schema.regions import Level

SEX = CodeList.of("sex", {"L": ("Laki-laki", "male"), "P": ("Perempuan", "female")})
RELIGION = CodeList.of(
    "religion",
    {
        1: ("Islam", "Islam"),
        2: ("Kristen", "Protestant"),
        3: ("Katholik", "Catholic"),
        4: ("Hindu", "Hindu"),
        5: ("Budha", "Buddhist"),
        6: ("Khonghucu", "Confucian"),
        7: ("Kepercayaan", "Indigenous belief"),
    },
)
MARITAL_STATUS = CodeList.of(
    "marital_status",
    {
        1: ("Belum kawin", "never married"),
        2: ("Kawin", "married"),
        3: ("Cerai hidup", "divorced"),
        4: ("Cerai mati", "widowed"),
    },
)
BLOOD_TYPE = CodeList.of(
    "blood_type",
    {
        1: ("A", "A"),
        2: ("B", "B"),
        3: ("AB", "AB"),
        4: ("O", "O"),
        13: ("Tidak tahu", "unknown"),
    },
)
RELATIONSHIP = CodeList.of(
    "relationship",
    {
        1: ("Kepala keluarga", "head of family"),
        2: ("Suami", "husband"),
        3: ("Istri", "wife"),
        4: ("Anak", "child"),
        5: ("Menantu", "child-in-law"),
        6: ("Cucu", "grandchild"),
        7: ("Orang tua", "parent"),
        8: ("Mertua", "parent-in-law"),
        9: ("Famili lain", "other relative"),
        10: ("Pembantu", "domestic worker"),
        11: ("Lainnya", "other"),
    },
)
EDUCATION = CodeList.of(
    "education",
    {
        1: ("Tidak/belum sekolah", "no schooling"),
        2: ("Belum tamat SD", "primary school not finished"),
        3: ("Tamat SD", "primary school"),
        4: ("SLTP", "lower secondary"),
        5: ("SLTA", "upper secondary"),
        6: ("D1/D2", "diploma 1 or 2"),
        7: ("D3", "diploma 3"),
        8: ("D4/S1", "bachelor"),
        9: ("S2", "master"),
        10: ("S3", "doctorate"),
    },
)
OCCUPATION = CodeList.of(
    "occupation",
    {
        1: ("Belum/tidak bekerja", "not working"),
        2: ("Mengurus rumah tangga", "keeps house"),
        3: ("Pelajar/mahasiswa", "pupil or student"),
        4: ("Pensiunan", "retired"),
        5: ("PNS/ASN", "civil servant"),
        6: ("TNI", "armed forces"),
        7: ("Polri", "police"),
        8: ("Perdagangan", "trade"),
        9: ("Petani/pekebun", "farmer"),
        10: ("Peternak", "livestock farmer"),
        11: ("Nelayan", "fisher"),
        15: ("Karyawan swasta", "private employee"),
        18: ("Karyawan honorer", "contract employee"),
        19: ("Buruh harian lepas", "day labourer"),
        20: ("Buruh tani", "farm labourer"),
        64: ("Dosen", "lecturer"),
        65: ("Guru", "teacher"),
        81: ("Sopir", "driver"),
        84: ("Pedagang", "trader"),
        85: ("Perangkat desa", "village official"),
        88: ("Wiraswasta", "self-employed"),
        89: ("Lainnya", "other"),
    },
    numbers=range(1, 90),
)
URGENT_REASON = CodeList.of(
    "urgent_reason",
    {
        "health": ("Kesehatan", "health"),
        "school": ("Sekolah", "school"),
        "travel": ("Perjalanan", "travel"),
        "benefit": ("Bantuan sosial", "benefit"),
        "other": ("Lainnya", "other"),
    },
)
CENTRAL_STATUS = CodeList.of(
    "central_status",
    {
        "UNREGISTERED": ("Belum terdaftar", "not registered"),
        "BIO_CAPTURED": ("Biometrik sudah diambil", "biometrics captured"),
        "PROCESSING": ("Sedang diproses", "processing"),
        "SENT_FOR_ENROLLMENT": ("Dikirim untuk penunggalan (SFE)", "sent for enrolment (SFE)"),
        "RECEIVED_AT_CENTRAL": ("Diterima di pusat", "received at the centre"),
        "ENROLL_FAILURE_AT_REGIONAL": ("Gagal di daerah", "enrolment failed in the region"),
        "ENROLL_FAILURE_AT_CENTRAL": ("Gagal di pusat", "enrolment failed at the centre"),
        "SEARCH_FAILURE_AT_CENTRAL": ("Pencarian gagal di pusat", "search failed at the centre"),
        "REQUEST_VALIDATION": ("Menunggu validasi", "awaiting validation"),
        "ADJUDICATE_RECORD": ("Sedang ditelaah", "under adjudication"),
        "DUPLICATE_RECORD": ("Data ganda", "duplicate"),
        "PRINT_READY_RECORD": ("Siap cetak (PRR)", "print-ready (PRR)"),
        "SENT_FOR_CARD_PRINTING": ("Dikirim untuk dicetak", "sent for printing"),
        "CARD_PRINTED": ("Sudah cetak", "card printed"),
        "CARD_SHIPPED": ("Kartu dikirim", "card shipped"),
        "CARD_ISSUED": ("Kartu diserahkan", "card handed over"),
    },
)
_OLDEST_YEARS = 120


class PersonSchema(RecordSchema):
    """Fields of a resident; the last three come from the ministry's list, never from a device."""

    name = text("Nama", "Name", required=True, maximum=120)
    sex = code(SEX, "Jenis kelamin", "Sex", required=True)
    village = region("Desa/kelurahan", "Village", level=Level.VILLAGE, required=True)
    birth_date = day(
        "Tanggal lahir",
        "Date of birth",
        precision="birth_date_precision",
        past=True,
        required=True,
        help=Label(
            id="Tahun saja boleh, misalnya 1970",
            en="The year alone will do, such as 1970",
        ),
    )
    birth_date_precision = code(
        BIRTH_PRECISION, "Ketelitian tanggal lahir", "Precision of the date of birth"
    )
    nik = sixteen_digits("NIK", "NIK", help=Label(id="16 angka", en="16 digits"))
    kk_number = sixteen_digits("Nomor KK", "Family card number")
    birth_place = text("Tempat lahir", "Place of birth")
    marital_status = code(MARITAL_STATUS, "Status perkawinan", "Marital status")
    religion = code(RELIGION, "Agama", "Religion", sensitive=True)
    blood_type = code(BLOOD_TYPE, "Golongan darah", "Blood type", sensitive=True)
    relationship = code(RELATIONSHIP, "Hubungan keluarga (SHDK)", "Relationship to the head")
    education = code(EDUCATION, "Pendidikan", "Education", merge=LATEST)
    occupation = code(OCCUPATION, "Pekerjaan", "Occupation", merge=LATEST)
    mother_name = text("Nama ibu", "Mother's name", maximum=120, sensitive=True)
    father_name = text("Nama ayah", "Father's name", maximum=120)
    address = text("Alamat", "Address")
    dusun = text("Dusun", "Hamlet")
    rt = number_text("RT", "RT (neighbourhood)", maximum=5)
    rw = number_text("RW", "RW (ward)", maximum=5)
    phone = text("Telepon", "Phone", maximum=30, merge=LATEST, sensitive=True)
    needs_home_service = boolean("Perlu layanan rumah", "Needs home service", merge=LATEST)
    urgent_reason = code(
        URGENT_REASON, "Alasan mendesak", "Urgent reason", merge=LATEST, sensitive=True
    )
    note = note()
    central_status = code(
        CENTRAL_STATUS, "Status pusat", "Central status", merge=LATEST, origin=SERVER
    )
    recorded_on = day("Tanggal rekam", "Recorded on", merge=LATEST, origin=SERVER)
    printed_on = day("Tanggal cetak", "Printed on", merge=LATEST, origin=SERVER)


def _nik_agrees(values: Mapping[str, Any], context: CheckContext) -> Iterable[Problem]:
    nik = values.get("nik")
    if nik is None:
        return
    for warning in nik_warnings(
        nik,
        sex=values.get("sex"),
        birth_date=values.get("birth_date"),
        precision=values.get("birth_date_precision", "day"),
        village=values.get("village"),
        regions=context.regions,
        today=context.today,
    ):
        yield problem(warning, "nik")


def _age_is_likely(values: Mapping[str, Any], context: CheckContext) -> Iterable[Problem]:
    born = values.get("birth_date")
    if born and context.today.year - date.fromisoformat(born).year > _OLDEST_YEARS:
        yield problem("BIRTH_DATE_UNLIKELY", "birth_date")


TYPE = RecordType(
    name="person",
    version=1,
    label=Label(id="Warga", en="Resident"),
    schema=PersonSchema,
    fields=specs(PersonSchema),
    identifies=("nik", "kk_number"),
    area=("village",),
    title=("name",),
    rules=(_nik_agrees, _age_is_likely),
)
