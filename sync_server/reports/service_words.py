"""What *service today* says: a line for each district, and a text to share."""

from collections.abc import Iterator, Sequence
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
_OFFICE = Label(id="Kantor {region}", en="Office of {region}")


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


def office_text(one: Service, today: Today, regions: RegionTable, lang: str) -> str:
    """Return the name of an office: the district's, or that the regency's own is meant."""
    name = regions.name(one.region)
    return _OFFICE.text(lang).format(region=name) if one is today.office else name


def _lines(today: Today, regions: RegionTable, lang: str) -> Iterator[str]:
    named = [(one, office_text(one, today, regions, lang)) for one in today.rows]
    yield from _together(
        Serves.YES, [name for one, name in named if one.records is Serves.YES], lang
    )
    for one, name in named:
        if one.records is not Serves.YES and not _is_asked(one):
            said, instead = RECORDS[one.records].text(lang), instead_text(one, regions, lang)
            yield f"{name}: {said.lower()}; {instead}."
    yield from _together(Serves.UNCLEAR, [name for one, name in named if _is_asked(one)], lang)
    if today.everywhere is not Serves.YES:
        yield _EVERYWHERE.text(lang)
    yield f"{PRINTS[today.prints].text(lang)}."
    for one, name in named:
        if one.prints is not None and one.prints is not today.prints:
            said = PRINTS[one.prints].text(lang)
            yield f"{name}: {said[0].lower()}{said[1:]}."


def _is_asked(one: Service) -> bool:
    """Tell whether all that can be said of an office is to ask first."""
    return one.records is Serves.UNCLEAR and not one.send_to


def _together(serves: Serves, names: Sequence[str], lang: str) -> Iterator[str]:
    if names:
        yield f"{RECORDS[serves].text(lang)}: {', '.join(names)}."
