"""Blank cards: balances that are the sum of their parts, forecasts, and what does not fit."""

from datetime import date, timedelta
from fractions import Fraction

from sync_server.stock import Balance, Movement, balance, by_office, checks, forecast, over_time

FIRST = date(2016, 9, 1)


def moved(kind: str, quantity: int, day: int = 0, office: str = "53.15") -> Movement:
    """Give a movement so many days after the first."""
    on = FIRST + timedelta(days=day)
    return Movement(record=f"{day}{kind}", office=office, kind=kind, quantity=quantity, on=on)


def codes(*movements: Movement) -> list[str]:
    """Give the codes of what does not fit."""
    return [one.code for one in checks(movements) if one.disagrees]


def test_a_real_recap_balances() -> None:
    """57,540 received are 54,833 used and 2,707 spoiled; nothing is left."""
    recap = [moved("received", 57_540), moved("used", 54_833, 9), moved("spoiled", 2_707, 9)]
    assert balance(recap).remaining == 0
    assert codes(*recap) == []
    (said,) = checks(recap)
    assert "57.540 diterima atau ada = 54.833 terpakai + 2.707 rusak cetak + 0 sisa" in said.text.id


def test_promises_are_no_stock() -> None:
    """Of 20,000 asked for 6,000 were granted and 4,000 came."""
    found = balance([moved("requested", 20_000), moved("granted", 6_000), moved("received", 4_000)])
    assert (found.remaining, found.awaited) == (4_000, 2_000)
    assert found.fill_rate == Fraction(3, 10)
    assert balance([moved("received", 5)]).fill_rate is None


def test_a_later_count_is_believed_and_its_difference_is_a_part() -> None:
    """The count is of the morning: that day's movements come after it."""
    found = balance(
        [moved("requested", 90), moved("opening", 100, 1), moved("used", 30, 2),
         moved("opening", 65, 3), moved("used", 5, 3)]
    )  # fmt: skip
    assert (found.opening, found.difference, found.used, found.remaining) == (100, -5, 35, 60)
    assert "STOCK_COUNT_DIFFERS" in codes(
        moved("opening", 9), moved("used", 1), moved("opening", 9, 2)
    )


def test_what_cannot_be_is_said() -> None:
    """More used than there were, more granted than asked for, more received than granted."""
    assert codes(moved("received", 5), moved("used", 6, 1)) == ["STOCK_BELOW_NOTHING"]
    assert codes(moved("requested", 5), moved("granted", 6)) == ["STOCK_STEP_LARGER"]
    assert codes(moved("granted", 5), moved("received", 6)) == ["STOCK_STEP_LARGER"]
    assert codes(moved("adjusted", -1)) == ["STOCK_BELOW_NOTHING"]


def test_the_forecast_is_the_average_of_the_last_thirty_days() -> None:
    """3,000 cards in 30 days are 100 a day: 1,150 last 11 days. Older use does not count."""
    used = [moved("used", 100, day) for day in range(40)]
    known = [moved("opening", 5_150), *used]
    on = FIRST + timedelta(days=39)
    found = forecast(known, on)
    assert (found.window_days, found.a_day, found.days_left) == (30, Fraction(100), 11)
    assert found.runs_out == on + timedelta(days=11)


def test_the_forecast_of_a_young_office_is_of_the_days_it_has() -> None:
    """Spoiled cards are gone too; later movements are not known yet; without use nothing ends."""
    known = [
        moved("received", 100),
        moved("used", 8, 3),
        moved("spoiled", 2, 4),
        moved("used", 9, 9),
    ]
    found = forecast(known, FIRST + timedelta(days=4))
    assert (found.window_days, found.a_day, found.days_left) == (5, Fraction(2), 45)
    assert forecast([moved("received", 5)], FIRST).days_left is None
    assert forecast([], FIRST).days_left is None


def test_offices_are_told_apart_by_name_however_it_is_written() -> None:
    """Sums of the offices are the sum of all."""
    known = [moved("received", 5, office="Dinas"), moved("received", 6, office=" dinas "),
             moved("received", 7, office="53.15.05")]  # fmt: skip
    offices = by_office(known)
    assert {name: len(each) for name, each in offices.items()} == {"53.15.05": 1, "Dinas": 2}
    total = sum((balance(each) for each in offices.values()), Balance())
    assert total.remaining == 18


def test_the_cards_of_all_offices_over_time_end_in_their_balance() -> None:
    """An office that did not move keeps what it had; of many days the last one stays."""
    cards = [
        moved("received", 500, 0, "A"),
        moved("received", 200, 2, "B"),
        moved("used", 120, 4, "A"),
    ]
    upto = FIRST + timedelta(days=9)
    found = over_time(cards, upto)
    assert [(on - FIRST).days for on, _ in found] == [0, 2, 4, 9]
    assert [one.remaining for _, one in found] == [500, 700, 580, 580]
    assert over_time(cards, upto, most=2) == [found[1], found[3]]
    assert over_time([], upto) == []
