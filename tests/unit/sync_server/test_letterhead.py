"""Heads of letters: every one alike, in both languages."""

from datetime import date

from sync_server.reports.letterhead import SERVICE, letterhead, place_and_day

DAY = date(2016, 9, 1)


def test_every_letter_begins_alike() -> None:
    """Its number and its place are left to be written by hand."""
    assert letterhead("Laporan", "Kabupaten Uji", SERVICE.text("id"), DAY, "id") == {
        "lang": "id",
        "title": "Laporan",
        "office": "Kabupaten Uji",
        "service": "Dinas Kependudukan dan Pencatatan Sipil",
        "fields": [["Nomor", "........."], ["Lampiran", "-"], ["Perihal", "Laporan"]],
        "place_and_day": "........., 1 September 2016",
    }


def test_the_place_stands_before_the_day_where_it_is_known() -> None:
    """And the day stands alone where there shall be none."""
    assert place_and_day(DAY, "en", "Labuan Bajo") == "Labuan Bajo, 1 September 2016"
    assert place_and_day(DAY, "en", "") == "1 September 2016"
