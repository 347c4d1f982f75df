"""Service today: nobody is told that an office serves where somebody says that it may not."""

from datetime import date
from typing import Any

from shared_schema.regions import RegionTable
from sync_server.outages import Outage, Report, gather
from sync_server.redirects import redirects
from sync_server.reports.service_words import share_text
from sync_server.service import Serves, Today, today

ON = date(2016, 10, 13)
REGENCY, KOMODO, BOLENG = "53.15", "53.15.05", "53.15.06"
REGIONS = RegionTable.from_rows(
    [(REGENCY, "KABUPATEN MANGGARAI BARAT"), (KOMODO, "Komodo"), (BOLENG, "Boleng")]
)


def down(area: str, component: str = "recording_set", **values: Any) -> Report:
    """Give a report of something broken at an office."""
    said = {"component": component, "office": area, "started_precision": "unknown", **values}
    said.setdefault("status", "broken")
    return Report(record=f"{area} {component}", values=said, area=area, told_on=ON, by="petugas")


def served(*reports: Report, cards: dict[str, int] | None = None) -> Today:
    """Give what is served while these are down."""
    found: list[Outage] = gather(reports, [], [], {})
    return today(REGENCY, [KOMODO, BOLENG], found, redirects(found, REGIONS), cards or {}, REGIONS)


def text(found: Today) -> str:
    """Give what is shared."""
    return share_text(found, "Disdukcapil", ON, REGIONS, "id")


def records(found: Today) -> list[Serves]:
    """Give how the regency's office and each district record."""
    return [one.records for one in found.rows]


def test_an_outage_that_names_no_district_makes_every_one_unclear() -> None:
    """2016: several districts do not record; none is said to, and nobody is sent to one."""
    whole = down(REGENCY, "server", place="Beberapa kecamatan, tidak disebut namanya")
    alone = down(KOMODO, redirect_to=["Boleng"])
    assert records(served(whole)) == [Serves.UNCLEAR] * 3
    found = served(whole, alone)
    assert records(found) == [Serves.UNCLEAR, Serves.NO, Serves.UNCLEAR]
    assert (found.districts[0].send_to, found.districts[0].warned) == ((), (BOLENG,))
    said = text(found)
    assert "\nMelayani perekaman" not in said
    assert "Belum jelas, tanyakan dahulu: Kantor KABUPATEN MANGGARAI BARAT, Boleng." in said
    assert records(served(down(REGENCY, place="Beberapa kecamatan"))) == [Serves.UNCLEAR] * 3


def test_the_regencys_own_recorder_stops_its_own_office_only() -> None:
    """It has a row of its own; the districts record."""
    found = served(down(REGENCY, place="Kantor Dinas"))
    assert records(found) == [Serves.NO, Serves.YES, Serves.YES]
    assert found.everywhere is Serves.YES
    said = text(found)
    assert "beberapa kecamatan" not in said
    assert "Kantor KABUPATEN MANGGARAI BARAT: tidak melayani perekaman" in said


def test_a_districts_printer_and_cards_are_its_own() -> None:
    """A broken printer, cards that ran out; where nobody counts or reports, nothing is said."""
    found = served(down(KOMODO, "printer"), cards={REGENCY: 500, BOLENG: 0})
    assert records(found) == [Serves.YES] * 3
    assert [one.prints for one in found.rows] == [Serves.YES, Serves.NO, Serves.NO]
    assert "Komodo: pencetakan KTP belum dilayani." in text(found)
    assert [one.prints for one in served(cards={REGENCY: 500}).rows] == [Serves.YES, None, None]
    stopped = served(down(REGENCY, "printer"), cards={REGENCY: 500, BOLENG: 5})
    assert [one.prints for one in stopped.rows] == [Serves.NO, None, Serves.UNCLEAR]
