"""The published figures of 2016 and the arithmetic that a careful reader makes of them."""

from datetime import date
from decimal import Decimal

from shared_schema.days import read_day, written_day
from shared_schema.numerals import read_number
from sync_server.figures import Day, Published, check_figures

MANGGARAI_BARAT = {
    "wajib_ktp": "164.199",
    "sudah_rekam": "136.488",
    "sudah_cetak": "121.860",
    "belum_cetak": "14.28",
    "belum_rekam_persen": "16",
    "stok_blangko": "12 ribu",
}
KUPANG = {"blangko_diminta": "20 ribu sampai 25 ribu", "blangko_diberi": "maksimal 6.000"}


def day(figures: dict[str, str], **more) -> Day:
    """Give the figures of one region and day."""
    read = {
        measure: Published(measure=measure, raw=raw, reading=read_number(raw))
        for measure, raw in figures.items()
    }
    return Day(figures=read, **more)


def findings(figures: dict[str, str], **more):
    """Check a day's figures; give the findings by code."""
    return {finding.code: finding for finding in check_figures(day(figures, **more))}


def test_the_share_not_recorded_disagrees_with_the_one_published() -> None:
    """164,199 - 136,488 = 27,711, which is 16.88 percent and not 16."""
    found = findings(MANGGARAI_BARAT)["NOT_RECORDED_SHARE"]
    assert (found.published, found.computed, found.disagrees) == ("16", Decimal("16.88"), True)
    assert "164.199 - 136.488 = 27.711" in found.text.id
    assert "16,88 persen" in found.text.id
    assert "164,199 - 136,488 = 27,711 not recorded = 16.88 percent" in found.text.en


def test_a_share_that_agrees_at_its_own_places_is_no_contradiction() -> None:
    """16,9 and 17 are 16.88 as their publishers rounded it."""
    for raw in ("16,9", "17", "16,88", "17 persen"):
        found = findings(MANGGARAI_BARAT | {"belum_rekam_persen": raw})["NOT_RECORDED_SHARE"]
        assert not found.disagrees


def test_a_malformed_figure_is_kept_and_given_a_proposal() -> None:
    """14.28 is no number of the language; 136,488 - 121,860 = 14,628 is proposed."""
    found = findings(MANGGARAI_BARAT)
    malformed = found["FIGURE_MALFORMED"]
    assert (malformed.published, malformed.proposed) == ("14.28", Decimal(14628))
    assert "136,488 - 121,860 = 14,628" in found["NOT_PRINTED"].text.en
    assert not found["NOT_PRINTED"].disagrees


def test_a_malformed_figure_without_others_stays_as_it_is() -> None:
    """Nothing is proposed where nothing can be computed, for any measure."""
    assert findings({"belum_cetak": "14.28"})["FIGURE_MALFORMED"].proposed is None
    assert findings({"lainnya": "1.2.3"})["FIGURE_MALFORMED"].proposed is None


def test_a_wrong_difference_disagrees() -> None:
    """A well-formed figure that is not the difference of the two others is a contradiction."""
    found = findings(MANGGARAI_BARAT | {"belum_cetak": "14.682"})["NOT_PRINTED"]
    assert (found.disagrees, found.computed) == (True, Decimal(14628))


def test_the_other_checks_a_careful_reader_makes() -> None:
    """People without a card, the pace to the deadline, and what the blank stock covers."""
    dates = {"as_of": date(2016, 9, 1), "deadline": date(2016, 9, 30)}
    found = findings(MANGGARAI_BARAT, **dates)
    assert found["WITHOUT_CARD"].computed == Decimal(42339)
    assert "74.21 percent" in found["WITHOUT_CARD"].text.en
    assert found["PACE_NEEDED"].computed == Decimal(956)
    assert "29 days" in found["PACE_NEEDED"].text.en
    assert found["BLANKS_SHORT"].computed == Decimal(2628)
    assert "82 percent of the 14,628" in found["BLANKS_SHORT"].text.en


def test_a_bounded_grant_over_a_range_asked_for() -> None:
    """At most 6,000 of 20,000 to 25,000 is at most 24 to 30 percent."""
    found = findings(KUPANG)["BLANKS_GRANTED"]
    assert "at most 24 to 30 percent" in found.text.en


def test_a_part_above_its_whole_is_reported() -> None:
    """More recorded than must hold a card cannot be."""
    found = findings({"wajib_ktp": "1.000", "sudah_rekam": "1.200"})
    assert found["PART_ABOVE_WHOLE"].disagrees


def test_nothing_is_said_where_inputs_are_missing() -> None:
    """One figure alone, or a whole of nobody, has no arithmetic."""
    assert findings({"sudah_rekam": "136.488"}) == {}
    assert findings({"wajib_ktp": "0", "sudah_rekam": "0"}) == {}


def test_days_are_read_as_indonesian_texts_write_them_and_written_back() -> None:
    """Written out or as a code; anything else is not a day."""
    day = date(2016, 8, 17)
    assert (written_day(day, "id"), written_day(day, "en")) == ("17 Agustus 2016", "17 August 2016")
    assert {read_day("30 September 2016"), read_day(" 2016-09-30")} == {date(2016, 9, 30)}
    assert [read_day(text) for text in ("31 April 2016", "akhir September", "30 Sept 2016")] == (
        [None] * 3
    )
