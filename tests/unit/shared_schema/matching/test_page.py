"""docs/matching.md works one score out by hand; here it is worked out from the page again."""

import json
from math import log2
from pathlib import Path

import pytest

from shared_schema.matching.parameters import shipped
from shared_schema.matching.people import comparable
from shared_schema.matching.score import AGAINST, Score, score, seen, weighed

PAGE = Path(__file__).parents[4] / "docs" / "matching.md"
ALTERNATIVES = 3


def example() -> tuple[Score, tuple[float, ...]]:
    """Score the two records of the page, and give the three sums."""
    records = PAGE.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    a, b = (comparable(json.loads(line)) for line in records.strip().splitlines())
    return score(a, b, shipped()), weighed(seen(a, b), shipped())


def table() -> list[list[str]]:
    """Read the rows of the table under "One score by hand"."""
    section = PAGE.read_text(encoding="utf-8").split("## One score by hand")[1].split("##")[0]
    rows = [line.strip("| ").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip(" `*") for cell in row] for row in rows[2:]]


def test_the_page_adds_up_to_the_score() -> None:
    """Each level's bits follow from the page's probabilities, and the sums from the bits."""
    *rows, fewer, total = table()
    sums = [float(fewer[5 + 2 * who]) for who in range(ALTERNATIVES)]
    for row in rows:
        one = float(row[2])
        for who in range(ALTERNATIVES):
            bits = log2(one / float(row[(3, 6, 8)[who]])) + (float(row[4]) if not who else 0)
            assert bits == pytest.approx(float(row[5 + 2 * who]), abs=0.01)
            sums[who] += bits
    found, weights = example()
    assert sums == pytest.approx(weights, abs=0.01)
    assert [float(total[5 + 2 * who]) for who in range(ALTERNATIVES)] == pytest.approx(
        sums, abs=0.01
    )
    assert found.weight == pytest.approx(min(sums), abs=0.01)
    assert found.against == AGAINST[sums.index(min(sums))]


def test_the_page_names_the_levels_the_score_has() -> None:
    """Comparison and level of every part, in order."""
    found, _ = example()
    rows = [(row[0], row[1]) for row in table()[:-2]]
    parts = [(part.comparison, part.level) for part in found.parts]
    assert rows == [part for part in parts if part[0] not in {"household", "namesakes"}]


def test_the_page_describes_the_shipped_parameters() -> None:
    """Version, thresholds and every level."""
    text = PAGE.read_text(encoding="utf-8")
    parameters = shipped()
    assert f"version `{parameters.version}`" in text
    assert f"at most {100 * parameters.certain_error:g} percent" in text
    assert f"at least {100 * parameters.review_chance:g} percent" in text
    missing = [
        level for rows in parameters.bits.values() for level in rows if f"`{level}`" not in text
    ]
    assert missing == []
