"""Comparisons, levels, guards and bands in words, for the screens of both programs."""

from shared_schema.i18n import Label

COMPARISONS = {
    "name": Label(id="Nama", en="Name"),
    "birth_date": Label(id="Tanggal lahir", en="Date of birth"),
    "sex": Label(id="Jenis kelamin", en="Sex"),
    "nik": Label(id="NIK", en="NIK"),
    "nik_same_birth": Label(
        id="NIK (tanggal lahir sama atau mirip)", en="NIK (same or similar date of birth)"
    ),
    "family_card": Label(id="Nomor KK", en="Family card number"),
    "village": Label(id="Desa/kelurahan", en="Village"),
    "mother": Label(id="Nama ibu", en="Mother's name"),
    "father": Label(id="Nama ayah", en="Father's name"),
    "birth_place": Label(id="Tempat lahir", en="Place of birth"),
    "namesakes": Label(id="Bisa jadi orang lain yang senama", en="Could be a namesake"),
    "household": Label(id="Bisa jadi keluarga serumah", en="Could be a relative in the household"),
}
_SAME = Label(id="sama", en="the same")
_OTHER = Label(id="berbeda", en="different")
_ONE_SLIP = Label(id="beda satu angka", en="one digit differs")
_DISTRICT = Label(id="satu angka kode wilayah berbeda", en="one digit of the district differs")
LEVELS = {
    ("birth_date", "default_day"): Label(
        id="sama, tetapi tanggal yang sering dipakai bila tidak diketahui",
        en="the same, but a day often written when the real one is not known",
    ),
    ("birth_date", "swapped"): Label(id="hari dan bulan tertukar", en="day and month swapped"),
    ("birth_date", "slip"): Label(id="beda satu angka", en="one digit differs"),
    ("birth_date", "two_of_three"): Label(
        id="tahun sama, hari atau bulan berbeda", en="same year, day or month differs"
    ),
    ("birth_date", "year_slip"): Label(
        id="hari dan bulan sama, tahun berbeda", en="same day and month, the year differs"
    ),
    ("birth_date", "year"): Label(id="hanya tahunnya sama", en="only the year is the same"),
    ("birth_date", "month"): Label(id="bulan dan tahun sama", en="same month and year"),
    ("birth_date", "year_known"): Label(
        id="tahun sama, selebihnya tidak diketahui", en="same year, the rest is not known"
    ),
    ("birth_date", "estimate"): Label(
        id="perkiraan tahun cocok", en="the estimated year is near enough"
    ),
    ("birth_date", "about"): Label(
        id="hanya tahun yang diketahui, dan berselisih sedikit",
        en="only the year is known, and is close",
    ),
    ("birth_date", "close_year"): Label(
        id="tahun berselisih sedikit", en="the years are close but not the same"
    ),
    ("nik", "near"): _ONE_SLIP,
    ("nik", "serial"): Label(
        id="satu dari empat angka terakhir berbeda", en="one of the last four digits differs"
    ),
    ("nik", "district"): _DISTRICT,
    ("nik_same_birth", "near"): _ONE_SLIP,
    ("nik_same_birth", "district"): _DISTRICT,
    ("nik_same_birth", "serial"): Label(
        id="satu dari empat angka terakhir berbeda: bisa kembar",
        en="one of the last four digits differs: could be twins",
    ),
    ("family_card", "near"): Label(id="beda satu angka", en="one digit differs"),
    ("village", "district"): Label(
        id="desa lain di kecamatan yang sama", en="another village of the same district"
    ),
    ("village", "regency"): Label(
        id="kecamatan lain di kabupaten yang sama", en="another district of the same regency"
    ),
    ("namesakes", "namesake"): Label(
        id="orang lain bisa saja senama; jarang dibanding semua orang",
        en="somebody else may bear the same name; they are few among all people",
    ),
    ("household", "relative"): Label(
        id="kerabat juga sama alamat, KK dan ibunya; keluarga jarang dibanding semua orang",
        en="relatives share address, card and mother too; they are few among all people",
    ),
}
_ANY_LEVEL = {
    "same": _SAME,
    "other": _OTHER,
    "near": Label(id="mirip", en="similar"),
    "short": Label(id="disingkat", en="abbreviated"),
    "faint": Label(id="agak mirip", en="somewhat similar"),
    "part": Label(id="salah satu lebih lengkap", en="one has more words"),
    "part_first": Label(
        id="hanya kata pertama yang sama, satunya lebih lengkap",
        en="only the first word is common, one has more",
    ),
    "part_last": Label(
        id="hanya satu kata sama, bisa jadi nama keluarga",
        en="one word is common, it may be the family's",
    ),
    "mixed": Label(id="sebagian sama, sebagian berbeda", en="some words agree, others do not"),
    "missing": Label(id="tidak diketahui", en="not known"),
}
GUARDS = {
    "name": Label(id="nama bertentangan", en="the names contradict each other"),
    "birth_date": Label(
        id="tanggal lahir bertentangan", en="the dates of birth contradict each other"
    ),
    "sex": Label(id="jenis kelamin berbeda", en="the sex differs"),
    "nik": Label(id="NIK berbeda", en="the NIKs differ"),
    "nik_alone": Label(
        id="NIK sama tetapi namanya lain", en="the NIK is the same but the name is another"
    ),
}
BANDS = {
    "certain": Label(id="sudah dikenal", en="known"),
    "review": Label(id="perlu dilihat", en="doubtful"),
    "new": Label(id="baru", en="new"),
}


def comparison_label(comparison: str) -> Label:
    """Return what a comparison is about. Raises KeyError for one that does not exist."""
    return COMPARISONS[comparison]


def level_label(comparison: str, level: str) -> Label:
    """Return how the two values agree. Raises KeyError for a level that does not exist."""
    return LEVELS.get((comparison, level)) or _ANY_LEVEL[level]
