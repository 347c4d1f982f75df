"""Tables of families, and of one column alone: what is one is found, what is alike is not."""

from itertools import product

from bench.matching.noise import Source
from bench.matching.score import pairwise
from bench.matching.world import planted
from shared_schema.matching.tables.link import link_tables
from shared_schema.matching.tables.values import spec_from

COLUMNS = {"name": "name", "birth_date": "date", "village": "code", "kk_number": "identifier"}
WORDS = ("laporan", "kunjungan", "sensus", "harvest", "voyage", "ledger", "mountain", "barrier")


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
