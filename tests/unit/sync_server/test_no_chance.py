"""Whom the family alone cannot save is passed over, and nobody else."""

from bench.matching.noise import Source
from bench.matching.world import world
from shared_schema.matching.parameters import shipped
from shared_schema.matching.people import comparable
from shared_schema.matching.score import chance, seen, weighed
from sync_server.comparing import HOPELESS_BITS, rivals_of


def test_nobody_with_a_chance_is_passed_over() -> None:
    """Every candidate is kept with the weight of the whole comparison, or has no chance by it."""
    made = world(3, Source.own(), 40, 40)
    people = [(str(at), comparable(row)) for at, row in enumerate(made.register)]
    kept = passed = 0
    for arrival in made.arrivals:
        person = comparable(arrival.values)
        found = {one.record: one for one in rivals_of(person, people, shipped())}
        for record, other in people:
            what = seen(person, other)
            weight = min(weighed(what, shipped()))
            same_nik = person.nik != "" and person.nik == other.nik
            if same_nik or chance(weight, shipped()) > HOPELESS_BITS:
                assert (found[record].weight, found[record].seen) == (weight, what)
                kept += 1
            else:
                assert record not in found
                passed += 1
    assert kept > 20
    assert passed > 100
