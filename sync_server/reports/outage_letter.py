"""A letter to the ministry about the outages that are not restored, ready to be signed."""

from typing import Any

from shared_schema.i18n import Label
from shared_schema.numerals import shown
from sync_server import outages as arithmetic
from sync_server.outages import Outage
from sync_server.reports import outage_words as words
from sync_server.reports.letterhead import SERVICE, letterhead
from sync_server.reports.outage_report import OutageReport

_TITLE = Label(
    id="Laporan gangguan alat perekaman dan pencetakan KTP-el",
    en="Report of outages of recording and printing equipment",
)
_TO = Label(
    id="Kepada Yth. Direktur Jenderal Kependudukan dan Pencatatan Sipil, Kementerian Dalam Negeri, "
    "di Jakarta",
    en="To the Director General of Population and Civil Registration, Ministry of Home Affairs, "
    "Jakarta",
)
_OPENING = Label(
    id="Bersama ini kami laporkan {count} gangguan yang belum pulih per {day}.",
    en="We report {count} outages that are not restored as of {day}.",
)
_CLOSING = Label(
    id="Kami mohon perbaikan atau penggantian alat tersebut, dan kepastian waktunya. Atas "
    "perhatian Bapak/Ibu kami ucapkan terima kasih.",
    en="We ask for the repair or replacement of this equipment, and for a date. Thank you for "
    "your attention.",
)
_HEADERS = (
    Label(id="No.", en="No."),
    Label(id="Tempat", en="Place"),
    Label(id="Komponen", en="Component"),
    Label(id="Rusak sejak", en="Broken since"),
    Label(id="Keadaan", en="State"),
    Label(id="Upaya perbaikan", en="Repair attempts"),
    Label(id="Dialihkan ke", en="Sent to"),
)
_SIGNS = Label(id="Kepala Dinas,", en="Head of Office,")
_TRIED = Label(id="{n} kali, {failed} gagal", en="{n}, {failed} failed")
_DISPLACED = Label(
    id="{people} warga dialihkan ke tempat lain; {waiting} perekaman menunggu dikirim.",
    en="{people} people are sent elsewhere; {waiting} recordings wait to be sent.",
)


def letter(report: OutageReport, office: str, lang: str) -> dict[str, Any]:
    """Return what the letter says, for the paper `outage_letter`."""
    return {
        **letterhead(_TITLE.text(lang), office, SERVICE.text(lang), report.as_of, lang),
        "to": _TO.text(lang),
        "opening": _OPENING.text(lang).format(
            count=shown(len(report.open), lang), day=words.day_text(report.as_of, lang)
        ),
        "headers": [each.text(lang) for each in _HEADERS],
        "rows": [_row(report, at, one, lang) for at, one in enumerate(report.open, 1)],
        "sentences": _sentences(report, lang),
        "closing": _CLOSING.text(lang),
        "signs": _SIGNS.text(lang),
    }


def _row(report: OutageReport, at: int, outage: Outage, lang: str) -> list[str]:
    failed = sum(one.values["result"] == "failed" for one in outage.attempts)
    tried = _TRIED.text(lang).format(n=len(outage.attempts), failed=failed)
    sent = [
        report.regions.name(one.target) if one.target else one.words
        for one in report.redirects
        if one.outage == outage.id
    ]
    return [
        str(at),
        words.place_text(report, outage),
        words.component_text(outage, lang),
        f"{words.since_text(outage, lang)} ({words.span_text(report.lasted(outage), lang)})",
        words.STANDINGS[arithmetic.standing(outage)].text(lang),
        tried if outage.attempts else "-",
        ", ".join(sent) or "-",
    ]


def _sentences(report: OutageReport, lang: str) -> list[str]:
    people = sum(one.most("people_displaced") for one in report.open)
    waiting = sum(one.most("unsent_recordings") for one in report.open)
    found = []
    if people or waiting:
        counts = {"people": shown(people, lang), "waiting": shown(waiting, lang)}
        found.append(_DISPLACED.text(lang).format(**counts))
    for one in report.redirects:
        found += [said for said in words.warnings(report, one, lang) if said not in found]
    counted = report.repairs.counted > 0
    return [*found, *([words.repairs_text(report.repairs, lang)] if counted else [])]
