"""Charts: the axis begins at nothing and holds everything; a bar's height is its share."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from sync_server.charts import HEIGHT, WIDTH, bars, steps

FIRST = date(2016, 9, 1)


def days(count: int) -> list[date]:
    """Give so many days."""
    return [FIRST + timedelta(days=at) for at in range(count)]


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (0, [0, 1]),
        (7, [0, 2, 4, 6, 8]),
        (956, [0, 500, 1000]),
        (2628, [0, 1000, 2000, 3000]),
    ],
)
def test_the_axis_has_round_steps_and_room_for_the_highest(highest: int, marks: list[int]) -> None:
    """At most four steps."""
    assert [value for _, value in bars(days(1), [highest]).values] == marks


def test_bars_have_the_height_of_their_share_and_the_level_lies_where_it_says() -> None:
    """Half is half as high; a level above all bars is still drawn."""
    found = bars(days(3), [0, 50, 100], level=150)
    heights = [height for _, _, _, height in found.bars]
    assert heights[0] == 0
    assert heights[2] == pytest.approx(2 * heights[1], abs=0.2)
    assert found.level is not None
    assert found.level < min(y for _, y, _, _ in found.bars)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y, _, _ in found.bars)


def test_steps_go_on_until_the_next_day() -> None:
    """One path a series, level between days; the first and last day stand below."""
    found = steps([FIRST, FIRST + timedelta(days=10)], {"Sisa": [100, 40], "Terpakai": [0, 60]})
    assert [line.name for line in found.lines] == ["Sisa", "Terpakai"]
    assert found.lines[0].path.count("H") == found.lines[0].path.count("V") == 1
    assert (found.days[0][1], found.days[-1][1]) == (FIRST, FIRST + timedelta(days=10))
    assert found.days[-1][0] == found.right
    assert steps([], {}).lines == []


@pytest.mark.parametrize("span", [1, 2, 3, 4, 5, 14, 365])
def test_days_below_do_not_run_into_each_other_on_a_phone(span: int) -> None:
    """A day is 130 units wide there; the first begins at its mark, the last ends there."""
    marks = [x for x, _ in steps([FIRST, FIRST + timedelta(days=span)], {"Sisa": [1, 2]}).days]
    begins = [marks[0], *(x - 65 for x in marks[1:-1]), marks[-1] - 130]
    assert all(after - before >= 130 for before, after in pairwise(begins))


def test_a_single_day_and_a_year_of_days_are_drawn() -> None:
    """Marks never crowd."""
    assert len(steps([FIRST], {"Sisa": [5]}).days) == 1
    assert len(bars(days(28), [1] * 28).days) <= 5
    assert bars(days(28), [1] * 28).days[-1][1] == days(28)[-1], "the newest day is named"
