"""Tables of families, and of one column alone: what is one is found, what is alike is not."""

from itertools import product
from random import Random

from bench.matching.noise import Source
from bench.matching.score import pairwise
from bench.matching.world import planted
from shared_schema.matching.tables.link import link_tables
from shared_schema.matching.tables.values import spec_from

COLUMNS = {"name": "name", "birth_date": "date", "village": "code", "kk_number": "identifier"}
WORDS = ("laporan", "kunjungan", "sensus", "harvest", "voyage", "ledger", "mountain", "barrier")

SYLLABLES = ("ba", "ri", "to", "ke", "lun", "sam", "di", "gor", "pe", "wa", "mun", "yas")


def test_a_family_is_not_taken_for_one_person() -> None:
    """Relatives share a card and a village, and there are more of them than of duplicates."""
    people, pairs = planted(3, Source.own(), 800, 80)
    rows = [{**person, "id": str(place)} for place, person in enumerate(people)]
    linked = link_tables(rows, None, spec_from({"id": "id", "columns": COLUMNS}))
    found = {(min(a, b), max(a, b)) for a, b in ((int(one.a), int(one.b)) for one in linked)}
    scored = pairwise(found, pairs)
    assert (scored["precision"] or 0) > 0.75
    assert (scored["recall"] or 0) > 0.75


def test_one_column_of_titles_is_enough() -> None:
    """What stands once in either table, and nowhere a third time, is one."""
    titles = [f"{one} {other} {at}" for at, (one, other) in enumerate(product(WORDS, WORDS))]
    left = [{"id": f"a{at}", "title": title} for at, title in enumerate(titles)]
    right = [{"id": f"b{at}", "title": title} for at, title in enumerate(titles) if at % 2]
    linked = link_tables(left, right, spec_from({"id": "id", "columns": {"title": "text"}}))
    assert {(one.a, one.b) for one in linked} == {
        (f"a{at}", f"b{at}") for at in range(1, len(titles), 2)
    }


def test_one_column_of_titles_with_slips_is_enough() -> None:
    """Titles that are nearly the same are one; others that share most of their words are not."""
    chance = Random(5)
    titles = [" ".join(chance.choices(WORDS, k=2) + made_up(chance)) for _ in range(900)]
    rows = [{"id": f"a{at}", "title": title} for at, title in enumerate(titles)]
    rows += [
        {"id": f"b{at}", "title": mistyped(titles[at], chance)}
        for at in chance.sample(range(len(titles)), 200)
    ]
    linked = link_tables(rows, None, spec_from({"id": "id", "columns": {"title": "text"}}))
    right = sum(one.a[1:] == one.b[1:] for one in linked)
    assert right > 0.8 * 200
    assert right > 0.95 * len(linked)


def made_up(chance: Random) -> list[str]:
    """Make two words that hardly any other title has."""
    return ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(2)]


def mistyped(title: str, chance: Random) -> str:
    """Leave one letter out and turn two others round."""
    gone, turned = chance.sample(range(1, len(title) - 2, 3), 2)
    letters = [*title]
    letters[turned], letters[turned + 1] = letters[turned + 1], letters[turned]
    letters[gone] = ""
    return "".join(letters)
