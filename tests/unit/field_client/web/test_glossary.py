"""The officer's words: what the field calls a thing is what the pages call it."""

import re
from collections.abc import Callable, Iterator
from io import StringIO

from babel.messages.pofile import read_po

from field_client.display import STATES
from field_client.web import menu
from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES
from shared_schema.resources import read_package_text

# The screen glossary, as far as officers see it; the office's own words are left out.
GLOSSARY = (
    ("Petugas", "officer"),
    ("Penyelia", "supervisor"),
    ("Warga", "resident"),
    ("Cari warga", "search"),
    ("Daftarkan warga", "register resident"),
    ("Kunjungan", "visit"),
    ("Titik layanan", "service point"),
    ("Hadir", "attended"),
    ("Hasil kunjungan", "outcome"),
    ("Sudah rekam", "recorded"),
    ("Tidak di tempat", "not at home"),
    ("Menolak", "refused"),
    ("Pindah", "moved"),
    ("Merantau", "away working"),
    ("Dilaporkan meninggal", "reported deceased"),
    ("Tidak dikenal", "unknown here"),
    ("Perlu layanan rumah", "needs home service"),
    ("Kunjungi lagi", "revisit"),
    ("Alasan", "reason"),
    ("Catatan", "note"),
    ("Gangguan alat", "equipment outage"),
    ("Laporkan gangguan", "report outage"),
    ("Komponen", "component"),
    ("Penyebab", "cause"),
    ("Rusak sejak", "broken since"),
    ("Perkiraan pulih", "expected restore"),
    ("Upaya perbaikan", "repair attempt"),
    ("Pulih", "restored"),
    ("Status belum diketahui", "status unknown"),
    ("Dialihkan ke", "redirected to"),
    ("Stok blangko", "blank stock"),
    ("Diterima", "received"),
    ("Terpakai", "used"),
    ("Rusak cetak", "spoiled"),
    ("Sisa", "remaining"),
    ("Siap cetak", "print-ready"),
    ("Sinkronkan sekarang", "sync now"),
    ("Menunggu dikirim", "waiting to send"),
    ("Diterima server", "received by server"),
    ("Gagal kirim", "send failed"),
    ("Luring", "offline"),
    ("Perlu perhatian", "needs attention"),
    ("Dugaan ganda", "possible duplicates"),
    ("Orang yang sama", "same person"),
    ("Orang berbeda", "different people"),
    ("Belum yakin", "undecided"),
    ("Rekap harian", "daily recap"),
    ("Per tanggal", "as of"),
    ("Buka kunci", "unlock"),
    ("Cadangan", "backup"),
    ("Perangkat", "device"),
    ("Pengguna", "user"),
    ("belum terkirim", "not sent yet"),
    ("Tersimpan di perangkat", "saved on this device"),
)


def labels() -> Iterator[Label]:
    """Yield the words of states, rooms, record types, their fields and codes."""
    yield from STATES.values()
    yield from (link.label for link in (*menu.BAR, *menu.MORE))
    for rtype in RECORD_TYPES.values():
        yield rtype.label
        for spec in rtype.fields.values():
            yield spec.label
            yield from spec.codes.labels.values() if spec.codes else ()


def test_the_pages_say_what_the_field_says() -> None:
    """Each word of the glossary stands in a text of the pages whose English says the same."""
    source = read_package_text("field_client", "locale", "id.po")
    texts = [(str(one.string), str(one.id)) for one in read_po(StringIO(source), locale="id")]
    texts += [(label.id, label.en) for label in labels()]
    missing = [pair for pair in GLOSSARY if not any(map(_holds(pair), texts))]
    assert missing == []


def _holds(pair: tuple[str, str]) -> Callable[[tuple[str, str]], bool]:
    ours, english = (re.compile(rf"\b{re.escape(one)}", re.IGNORECASE) for one in pair)
    return lambda text: bool(ours.search(text[0]) and english.search(text[1]))
