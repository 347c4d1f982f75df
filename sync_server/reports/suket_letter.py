"""An interim letter as it is printed: what it says of the resident, and the code that proves it."""

from datetime import date
from io import BytesIO
from typing import Any

import segno

from shared_schema import display
from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import RegionTable
from shared_schema.suket_code import fingerprint
from sync_server.office import Office
from sync_server.reports.letterhead import SERVICE, place_and_day
from sync_server.reports.outage_words import day_text
from sync_server.suket import SAID, Entry, Policy

_TITLE = Label(
    id="Surat Keterangan Pengganti KTP-el", en="Interim letter in place of an identity card"
)
_NUMBER = Label(id="Nomor:", en="Number:")
_OPENING = Label(
    id="Yang bertanda tangan di bawah ini menerangkan bahwa:", en="The undersigned states that:"
)
_BODY = Label(
    id="benar telah melakukan perekaman KTP-el, dan kartunya belum tercetak. Surat ini dapat "
    "dipergunakan sebagai pengganti KTP-el selama masa berlakunya.",
    en="has been recorded for an identity card, which is not printed yet. This letter stands in "
    "its place while it holds.",
)
_UNTIL = Label(id="Surat ini berlaku sampai {day}.", en="This letter holds until {day}.")
_UNTIL_CARD = Label(
    id="Surat ini berlaku sampai KTP-el diterbitkan.",
    en="This letter holds until the card is issued.",
)
_QR_SAYS = Label(
    id="Kode QR: isi surat ini beserta tanda tangan digital kantor",
    en="QR code: what this letter says, with the office's digital signature",
)
_KEY_SAYS = Label(id="Kunci kantor: {key}", en="Key of the office: {key}")
_FOOT = Label(
    id="Keaslian surat ini dapat diperiksa tanpa jaringan: pindai kode QR, lalu periksa teksnya "
    "dengan kunci kantor yang diumumkan. Nomor, NIK, nama, dan tanggal di kode harus sama dengan "
    "yang tercetak.",
    en="Whether this letter is genuine can be told without a network: scan the QR code and have "
    "its text checked with the office's published key. Number, NIK, name and dates in the code "
    "must be those printed.",
)


def letter(
    office: Office, name: str, one: Entry, rule: Policy, code: str, regions: RegionTable, lang: str
) -> dict[str, Any]:
    """Return what the letter says, for the paper `suket`."""
    issued = date.fromisoformat(one.issued_on)
    until = date.fromisoformat(one.expires_on) if one.expires_on else None
    holds = _UNTIL.text(lang).format(day=day_text(until, lang)) if until else _UNTIL_CARD.text(lang)
    return {
        "lang": lang,
        "title": _TITLE.text(lang),
        "office": name,
        "service": SERVICE.text(lang),
        "number_label": _NUMBER.text(lang),
        "number": one.number,
        "opening": _OPENING.text(lang),
        "fields": _fields(one, regions, lang),
        "body": _BODY.text(lang),
        "holds": holds,
        "qr": qr_svg(code),
        "qr_says": _QR_SAYS.text(lang),
        "key_says": _KEY_SAYS.text(lang).format(key=fingerprint(office.keys.signing.public_key())),
        "place_and_day": place_and_day(issued, lang, rule.place),
        "signs": rule.signs,
        "foot": _FOOT.text(lang),
    }


def _fields(one: Entry, regions: RegionTable, lang: str) -> list[list[str]]:
    specs = RECORD_TYPES["person"].fields
    return [
        [specs[name].label.text(lang), _shown(name, one.said[name], regions, lang)]
        for name in SAID
        if one.said.get(name)
    ]


def _shown(name: str, value: Any, regions: RegionTable, lang: str) -> str:
    if name == "birth_date":
        return day_text(date.fromisoformat(value), lang)
    if name == "village":
        return regions.name(value)
    spec = RECORD_TYPES["person"].fields[name]
    return display.value_text(spec, value, lang=lang, regions=regions, full=True)


def qr_svg(text: str) -> str:
    """Return a QR code as SVG, dark on light with the quiet zone that readers need."""
    target = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(target, kind="svg", border=4, light="#fff", omitsize=True)
    return target.getvalue().decode()
