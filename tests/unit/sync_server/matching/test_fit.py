"""Fitting learns from a register and arrivals alone what one person's two records are like."""

import random
from typing import Any

from shared_schema.matching.keys import blocking_keys
from shared_schema.matching.parameters import shipped, with_words, word_counts
from shared_schema.matching.people import Comparable, comparable
from sync_server.matching.fit import SHARED, fit

GIVEN = "Yohanes Petrus Blasius Rofinus Stefanus Gregorius Kanisius Adrianus Fabianus".split()
FAMILY = "Contoh Umpama Misal Andai Ibarat Kiasan Teladan Rekaan".split()
HOMES = 60
RENAMED = 0.3
TOLERANCE = 0.08


def register(chance: random.Random) -> list[dict[str, Any]]:
    """Make households of four brothers each."""
    found = []
    for home in range(HOMES):
        family = chance.choice(FAMILY)
        for name in chance.sample(GIVEN, 4):
            year, month, day = (chance.randint(*ends) for ends in ((1950, 2005), (1, 12), (2, 28)))
            found.append(
                {
                    "name": f"{name} {family}",
                    "sex": "L",
                    "village": f"53.15.05.20{home % 20:02}",
                    "birth_date": f"{year}-{month:02}-{day:02}",
                    "kk_number": f"53150501010800{home:02}",
                    "mother_name": f"Maria {chance.choice(FAMILY)}",
                }
            )
    return found


def candidates(arrival: Comparable, people: list[Comparable]) -> list[int]:
    """Give the places of the people who share a key."""
    keys = set(blocking_keys(arrival))
    return [place for place, one in enumerate(people) if keys & set(blocking_keys(one))]


def test_a_fit_learns_how_often_errors_are_made() -> None:
    """Three in ten arrive without the family's name: that is what comes out, without labels."""
    chance = random.Random(5)
    listed = register(chance)
    people = [comparable(values) for values in listed]
    arrived = []
    for values in chance.sample(listed, 120):
        short = chance.random() < RENAMED
        name = values["name"].split()[0] if short else values["name"]
        arrived.append(comparable({**values, "name": name}))
    start = with_words(shipped(), word_counts(one.name for one in people), len(people)).source
    found = fit(people, [(one, candidates(one, people)) for one in arrived], start)
    name, born = found["levels"]["name"], found["levels"]["birth_date"]
    shortened = sum(len(one.name) == 1 for one in arrived) / len(arrived)
    assert abs(name["part_first"][0] - shortened) < TOLERANCE
    assert abs(name["same"][0] - (1 - shortened)) < TOLERANCE
    assert born["same"][0] > 0.9
    assert born["same"][2] < 0.05
    assert found["known"] > 0.95
    for comparison in SHARED:
        assert all(row[0] == row[2] for row in found["levels"][comparison].values())
