"""What every paper of the office has alike: its head, its number and subject, its place and day."""

from datetime import date
from typing import Any

from shared_schema.i18n import Label
from sync_server.reports.outage_words import day_text

SERVICE = Label(
    id="Dinas Kependudukan dan Pencatatan Sipil", en="Population and Civil Registration Office"
)
_FIELDS = (
    Label(id="Nomor", en="Number"),
    Label(id="Lampiran", en="Attachments"),
    Label(id="Perihal", en="Subject"),
)
_BY_HAND = "........."


def letterhead(title: str, office: str, service: str, written: date, lang: str) -> dict[str, Any]:
    """Return how a letter begins and where it is signed; its number is written by hand."""
    fields = zip((one.text(lang) for one in _FIELDS), (_BY_HAND, "-", title), strict=True)
    return {
        "lang": lang,
        "title": title,
        "office": office,
        "service": service,
        "fields": [list(pair) for pair in fields],
        "place_and_day": place_and_day(written, lang),
    }


def place_and_day(written: date, lang: str, place: str = _BY_HAND) -> str:
    """Return what stands above the signature; the place is written by hand where none is given."""
    day = day_text(written, lang)
    return f"{place}, {day}" if place else day
