"""What *service today* says: a line for each district, and a text to share."""

from collections.abc import Iterator
from datetime import date

from shared_schema.i18n import Label
from shared_schema.regions import RegionTable
from sync_server.reports.outage_words import day_text
from sync_server.service import Serves, Service, Today

RECORDS = {
    Serves.YES: Label(id="Melayani perekaman", en="Records"),
    Serves.NO: Label(id="Tidak melayani perekaman", en="Does not record"),
    Serves.SOMETIMES: Label(id="Kadang melayani perekaman", en="Records now and then"),
    Serves.UNCLEAR: Label(id="Belum jelas, tanyakan dahulu", en="Not clear, ask first"),
}
PRINTS = {
    Serves.YES: Label(id="Pencetakan KTP dilayani", en="Cards are printed"),
    Serves.NO: Label(id="Pencetakan KTP belum dilayani", en="Cards are not printed now"),
    Serves.SOMETIMES: Label(
        id="Pencetakan KTP kadang dilayani", en="Cards are printed now and then"
    ),
    Serves.UNCLEAR: Label(
        id="Pencetakan KTP belum jelas, tanyakan dahulu", en="Printing is not clear, ask first"
    ),
}
_GO = Label(id="silakan ke {places}", en="please go to {places}")
_ASK = Label(id="tanyakan ke kantor kabupaten/kota", en="ask at the regency's office")
_TITLE = Label(
    id="Layanan perekaman KTP-el, {office}, {day}", en="Identity card service, {office}, {day}"
)
_EVERYWHERE = Label(
    id="Ada gangguan di beberapa kecamatan; tanyakan dahulu sebelum berangkat.",
    en="Several districts have outages; ask before you set out.",
)
_OR = Label(id=" atau ", en=" or ")


def instead_text(one: Service, regions: RegionTable, lang: str) -> str:
    """Return where the people of a district go; empty where it serves them itself."""
    if one.records is Serves.YES:
        return ""
    if not one.send_to:
        return _ASK.text(lang)
    places = _OR.text(lang).join(regions.name(code) for code in one.send_to)
    return _GO.text(lang).format(places=places)


def share_text(today: Today, office: str, on: date, regions: RegionTable, lang: str) -> str:
    """Return what can be sent to anybody: names of regions, nothing of people."""
    title = _TITLE.text(lang).format(office=office, day=day_text(on, lang))
    return "\n".join([title, "", *_lines(today, regions, lang)])


def _lines(today: Today, regions: RegionTable, lang: str) -> Iterator[str]:
    serving = [one for one in today.districts if one.records is Serves.YES]
    if serving:
        names = ", ".join(regions.name(one.region) for one in serving)
        yield f"{RECORDS[Serves.YES].text(lang)}: {names}."
    for one in today.districts:
        if one.records is not Serves.YES:
            said, instead = RECORDS[one.records].text(lang), instead_text(one, regions, lang)
            yield f"{regions.name(one.region)}: {said.lower()}; {instead}."
    if today.everywhere is not Serves.YES:
        yield _EVERYWHERE.text(lang)
    yield f"{PRINTS[today.prints].text(lang)}."
