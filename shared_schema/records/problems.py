"""Every problem a check can find: a stable code, error or warning, a sentence in both languages.

An error keeps a record a draft. A warning asks for a reason and then lets it through,
because what looks wrong on paper is often true on the ground.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared_schema.i18n import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding about a record; `field` is None when no single field is meant."""

    code: str
    field: str | None
    text: Label


class FieldValueError(ValueError):
    """A value that a field cannot take; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _texts(**texts: tuple[str, str]) -> Mapping[str, Label]:
    return MappingProxyType({code: Label(id=pair[0], en=pair[1]) for code, pair in texts.items()})


ERRORS = _texts(
    REQUIRED=("{field} wajib diisi.", "{field} is required."),
    EMPTY=("Catatan ini kosong.", "The record is empty."),
    FIELD_UNKNOWN=(
        'Tidak ada isian bernama "{field}".',
        'There is no field named "{field}".',
    ),
    FIELD_NOT_YOURS=(
        "{field} hanya diisi oleh server kantor.",
        "{field} is only set by the office's server.",
    ),
    FIELD_NOT_TYPED=(
        "{field} diambil program dari berkasnya dan tidak diketik.",
        "{field} is taken from the file by the program and is not typed.",
    ),
    CODE_UNKNOWN=(
        "{field} bukan kode yang dikenal. Pilih salah satu: {codes}.",
        "{field} is not a known code. Choose one of: {codes}.",
    ),
    TEXT_INVALID=("{field} harus berupa teks.", "{field} must be text."),
    TEXT_TOO_LONG=(
        "{field} terlalu panjang; paling banyak {maximum} huruf.",
        "{field} is too long; at most {maximum} characters.",
    ),
    DATE_INVALID=(
        "{field} bukan tanggal. Tulis tahun-bulan-hari, misalnya 1970-05-17.",
        "{field} is not a date. Write year-month-day, such as 1970-05-17.",
    ),
    DATE_IN_FUTURE=(
        "{field} ada di masa depan.",
        "{field} lies in the future.",
    ),
    DATE_ORDER=(
        "{field} mendahului tanggal mulainya.",
        "{field} lies before the date it should follow.",
    ),
    DATE_PRECISION_MISMATCH=(
        (
            "{field} lebih rinci daripada ketelitiannya. Isi hari pertama dari yang diketahui, "
            "atau ubah ketelitiannya."
        ),
        (
            "{field} says more than its precision. Give the first day of what is known, "
            "or change the precision."
        ),
    ),
    NUMBER_INVALID=(
        "{field} bukan angka yang mungkin ({minimum} sampai {maximum}).",
        "{field} is not a possible number ({minimum} to {maximum}).",
    ),
    QUANTITY_NEGATIVE=(
        "{field} hanya boleh negatif untuk penyesuaian.",
        "{field} may be negative only for an adjustment.",
    ),
    BOOLEAN_INVALID=("{field} harus ya atau tidak.", "{field} must be yes or no."),
    REGION_INVALID=(
        "{field} bukan kode wilayah. Tulis seperti 53.15.05.2001.",
        "{field} is not a region code. Write it as 53.15.05.2001.",
    ),
    REFERENCE_INVALID=(
        "{field} bukan nomor catatan.",
        "{field} is not the id of a record.",
    ),
    LIST_INVALID=("{field} harus berupa daftar.", "{field} must be a list."),
    OBJECT_INVALID=(
        "{field} tidak lengkap atau memuat isian yang tidak dikenal.",
        "{field} is incomplete or has parts that are not known.",
    ),
    NIK_FORMAT=(
        "NIK harus tepat 16 angka; dalam berkas, tulis sebagai teks.",
        "A NIK is exactly 16 digits; in a file, write it as text.",
    ),
    NIK_PRECISION_LOST=(
        (
            "{field} ini berasal dari sel angka lembar kerja; angka terakhirnya hilang. "
            "Salin ulang dari kartu atau kartu keluarga."
        ),
        (
            "This {field} comes from a numeric spreadsheet cell; its last digits are lost. "
            "Copy it again from the card or the family card."
        ),
    ),
    KK_FORMAT=(
        "Nomor KK harus tepat 16 angka; dalam berkas, tulis sebagai teks.",
        "A family card number is exactly 16 digits; in a file, write it as text.",
    ),
    LINK_TO_SELF=(
        "Satu catatan tidak dapat dibandingkan dengan dirinya sendiri.",
        "A record cannot be compared with itself.",
    ),
    NOT_NORMAL=(
        "{field} tidak ditulis dalam bentuk bakunya.",
        "{field} is not written in its stored form.",
    ),
)

WARNINGS = _texts(
    NIK_DATE_IMPOSSIBLE=(
        "NIK memuat tanggal lahir yang tidak mungkin.",
        "The NIK contains an impossible date of birth.",
    ),
    NIK_BIRTH_DATE_MISMATCH=(
        "NIK menunjukkan tanggal lahir lain.",
        "The NIK says another date of birth.",
    ),
    NIK_SEX_MISMATCH=("NIK menunjukkan jenis kelamin lain.", "The NIK says the other sex."),
    NIK_REGION_MISMATCH=(
        "NIK terbit di kecamatan lain.",
        "The NIK was issued in another district.",
    ),
    NIK_REGION_UNKNOWN=(
        "NIK memuat kecamatan yang tidak ada di kabupaten ini.",
        "The NIK names a district that this regency does not have.",
    ),
    VILLAGE_UNKNOWN=(
        "{field} tidak ada dalam daftar wilayah.",
        "{field} is not in the list of regions.",
    ),
    BIRTH_DATE_UNLIKELY=(
        "Menurut tanggal lahirnya, warga ini berumur lebih dari 120 tahun.",
        "By the date of birth this resident is over 120 years old.",
    ),
    TALLY_UNLIKELY=(
        "Yang direkam lebih banyak daripada yang hadir.",
        "More people were recorded than attended.",
    ),
)

_UNNAMED = Label(id="Catatan", en="The record")


def problem(
    code: str, field: str | None = None, label: Label | None = None, **details: object
) -> Problem:
    """Return the finding `code` with its sentences filled in."""
    template = ERRORS[code] if code in ERRORS else WARNINGS[code]
    named = label or (Label(id=field, en=field) if field else _UNNAMED)
    return Problem(
        code=code,
        field=field,
        text=Label(
            id=template.id.format(field=named.id, **details),
            en=template.en.format(field=named.en, **details),
        ),
    )
