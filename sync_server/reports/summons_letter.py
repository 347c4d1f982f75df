"""The letter by which a district's head asks the head of an RT to call residents to a recording.

It names people by name, year of birth and address, and bears none of their numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared_schema.i18n import Label
from shared_schema.numerals import shown
from shared_schema.regions import RegionTable, district_of
from sync_server.reports.letterhead import letterhead
from sync_server.reports.outage_words import day_text
from sync_server.summons import Neighbourhood, Resident

_TITLE = Label(id="Undangan perekaman KTP-el", en="Summons to the recording for identity cards")
_DISTRICT = Label(id="Kecamatan {name}", en="{name} District")
_TO_RT = Label(id="Kepada Yth. Ketua {place}, {village}", en="To the head of {place}, {village}")
_TO_VILLAGE = Label(
    id="Kepada Yth. Kepala Desa/Lurah {village} (RT belum tercatat)",
    en="To the head of {village} (RT not noted)",
)
_OPENING = Label(
    id="Sehubungan dengan kegiatan {campaign}, kami mohon bantuan Bapak/Ibu mengundang {count} "
    "warga berikut, yang menurut data kami wajib memiliki KTP-el dan belum direkam, untuk hadir "
    "pada:",
    en="For {campaign}, we ask you to call the following {count} residents, who by our records "
    "must hold an identity card and are not recorded, to come:",
)
_WHEN = (
    Label(id="Hari, tanggal", en="Day"),
    Label(id="Waktu", en="Time"),
    Label(id="Tempat", en="Place"),
    Label(id="Membawa", en="To bring"),
)
_BRING = Label(id="Kartu Keluarga", en="Family card")
_HEADERS = (
    Label(id="No.", en="No."),
    Label(id="Nama", en="Name"),
    Label(id="L/P", en="Sex"),
    Label(id="Tahun lahir", en="Year of birth"),
    Label(id="Alamat", en="Address"),
    Label(id="Keterangan", en="Remarks"),
)
_AT_HOME = Label(id="perlu layanan rumah", en="needs home service")
_CLOSING = Label(
    id="Warga yang sakit atau lanjut usia dapat meminta layanan di rumah. Bila ada yang sudah "
    "direkam, pindah, atau meninggal, mohon ditulis pada kolom keterangan dan lembar ini "
    "dikembalikan kepada petugas. Perekaman tidak dipungut biaya. Atas bantuan Bapak/Ibu kami "
    "ucapkan terima kasih.",
    en="Residents who are ill or old can ask for the service at home. Please note under remarks "
    "who is recorded already, has moved or has died, and hand this sheet to the officer. "
    "Recording costs nothing. Thank you for your help.",
)
_SIGNS = Label(id="Camat {name},", en="Head of {name} District,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the letters say beside the names: the campaign, when and where, their own day."""

    campaign: str
    village: str
    day: date | None
    time: str
    place: str
    written: date


def letters(
    groups: Sequence[Neighbourhood], call: Call, office: str, regions: RegionTable, lang: str
) -> dict[str, Any]:
    """Return what the paper `summons` is filled with: a letter for each neighbourhood."""
    district = regions.name(district_of(call.village) or call.village)
    service = _DISTRICT.text(lang).format(name=district)
    return {
        **letterhead(_TITLE.text(lang), office, service, call.written, lang),
        "headers": [one.text(lang) for one in _HEADERS],
        "closing": _CLOSING.text(lang),
        "signs": _SIGNS.text(lang).format(name=district),
        "letters": [_letter(one, call, regions, lang) for one in groups],
    }


def _letter(group: Neighbourhood, call: Call, regions: RegionTable, lang: str) -> Mapping[str, Any]:
    dots = "........................"
    when = (day_text(call.day, lang) if call.day else dots, call.time or dots, call.place or dots)
    labels = (one.text(lang) for one in _WHEN)
    return {
        "to": _addressee(group, regions.name(call.village), lang),
        "opening": _OPENING.text(lang).format(
            campaign=call.campaign, count=shown(len(group.residents), lang)
        ),
        "when": [list(pair) for pair in zip(labels, (*when, _BRING.text(lang)), strict=True)],
        "rows": [_row(at, one, lang) for at, one in enumerate(group.residents, 1)],
    }


def _addressee(group: Neighbourhood, village: str, lang: str) -> str:
    place = place_text(group)
    to = _TO_RT if place else _TO_VILLAGE
    return to.text(lang).format(place=place, village=village)


def place_text(group: Neighbourhood) -> str:
    """Return what a neighbourhood is called: RT 003/RW 001; "" where nobody wrote which."""
    named = (("RT", group.rt), ("RW", group.rw))
    return "/".join(f"{word} {number}" for word, number in named if number)


def _row(at: int, one: Resident, lang: str) -> list[str]:
    remark = _AT_HOME.text(lang) if one.at_home else ""
    return [str(at), one.name, one.sex, one.birth_year or "-", one.address or "-", remark]
