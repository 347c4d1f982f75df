"""A table of families: who stands in it twice is found, whom a family joins is not."""

from bench.matching.noise import Source
from bench.matching.score import pairwise
from bench.matching.world import planted
from shared_schema.matching.tables.link import link_tables
from shared_schema.matching.tables.values import spec_from

COLUMNS = {"name": "name", "birth_date": "date", "village": "code", "kk_number": "identifier"}


def test_a_family_is_not_taken_for_one_person() -> None:
    """Relatives share a card and a village, and there are more of them than of duplicates."""
    people, pairs = planted(3, Source.own(), 800, 80)
    rows = [{**person, "id": str(place)} for place, person in enumerate(people)]
    linked = link_tables(rows, None, spec_from({"id": "id", "columns": COLUMNS}))
    found = {(min(a, b), max(a, b)) for a, b in ((int(one.a), int(one.b)) for one in linked)}
    scored = pairwise(found, pairs)
    assert (scored["precision"] or 0) > 0.75
    assert (scored["recall"] or 0) > 0.75
