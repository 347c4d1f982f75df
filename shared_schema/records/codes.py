"""Code lists that several record types share; a list of one type stands in that type's file."""

from shared_schema.records.types import CodeList

BIRTH_PRECISION = CodeList.of(
    "birth_date_precision",
    {
        "day": ("Hari diketahui", "day known"),
        "month": ("Bulan diketahui", "month known"),
        "year": ("Tahun diketahui", "year known"),
        "estimated": ("Perkiraan", "estimated"),
        "unknown": ("Tidak diketahui", "unknown"),
    },
)
EVENT_PRECISION = CodeList.of(
    "started_precision",
    {
        "day": ("Hari diketahui", "day known"),
        "month": ("Bulan diketahui", "month known"),
        "year": ("Tahun diketahui", "year known"),
        "recent": ("Baru-baru ini", "recently"),
        "estimated": ("Perkiraan", "estimated"),
        "unknown": ("Tidak diketahui", "unknown"),
    },
)
COMPONENT = CodeList.of(
    "component",
    {
        "recording_set": ("Alat perekaman lengkap", "recording set"),
        "fingerprint_scanner": ("Pemindai sidik jari", "fingerprint scanner"),
        "iris_scanner": ("Pemindai iris", "iris scanner"),
        "camera": ("Kamera", "camera"),
        "signature_pad": ("Papan tanda tangan", "signature pad"),
        "computer": ("Komputer", "computer"),
        "server": ("Server", "server"),
        "card_reader": ("Pembaca kartu", "card reader"),
        "printer": ("Pencetak", "printer"),
        "power_supply": ("Catu daya", "power supply"),
        "network": ("Jaringan", "network"),
    },
)
OUTAGE_STATUS = CodeList.of(
    "outage_status",
    {
        "reported": ("Dilaporkan", "reported"),
        "acknowledged": ("Diketahui kantor", "acknowledged"),
        "broken": ("Rusak", "broken"),
        "intermittent": ("Kadang berfungsi", "intermittent"),
        "in_repair": ("Sedang diperbaiki", "in repair"),
        "awaiting_repair": ("Menunggu perbaikan", "awaiting repair"),
        "restored": ("Pulih", "restored"),
        "unknown": ("Status belum diketahui", "status unknown"),
    },
)
