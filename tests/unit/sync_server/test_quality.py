"""Quality: what asks for a question, and what does not."""

from sync_server.quality import HOUSES, HURRIED_MS, RUN, Questions, Visit
from sync_server.quality import questions as asked

MINUTE = 60_000


def visit(at: int, **more: object) -> Visit:
    """Give a visit at a minute of one day, to somebody else each time."""
    known = {"operator": "Petugas 1", "device": "a", "day": 20231110, "outcome": "recorded"}
    return Visit(**{**known, "at_ms": at * MINUTE, "person": f"p{at}", **more})  # type: ignore[arg-type]


def questions(visits: list[Visit], **houses: str) -> list[Questions]:
    """Give what is asked where these people live in these houses."""
    return asked(visits, lambda _people: houses)


def test_a_visit_within_a_minute_of_another_house_is_asked_about() -> None:
    """Not one to the same person, and not across laptops or days."""
    quick = [visit(0), visit(0, at_ms=HURRIED_MS - 1, person="p1"), visit(5)]
    assert questions(quick)[0].hurried == 1
    same = [visit(0), visit(0, at_ms=1)]
    apart = [visit(0), visit(0, at_ms=1, person="p1", device="b"), visit(0, day=20231111)]
    assert [questions(each)[0].is_asked for each in (same, apart)] == [False, False]


def test_several_houses_at_one_position_and_a_run_of_nobody_at_home() -> None:
    """From three houses and from eight in a row on; a family at one table is one house."""
    crowd = [visit(5 * at, lat=-8.5, lon=119.9) for at in range(HOUSES)]
    assert questions(crowd)[0].together == HOUSES
    assert questions(crowd[1:])[0].together == 0
    family = [visit(at, lat=-8.5, lon=119.9) for at in range(6)]
    assert questions(family, **{f"p{at}": "kk 1" for at in range(6)})[0].together == 0
    assert questions(family, p0="kk 1", p1="kk 1", p2="kk 1")[0].together == 1 + 3
    nobody = [visit(5 * at, outcome="not_at_home") for at in range(RUN)]
    assert questions(nobody)[0].run == RUN
    broken = [*nobody[:4], visit(22), *nobody[5:]]
    assert questions(broken)[0].run == 0


def test_those_with_most_to_ask_come_first() -> None:
    """By name where that is equal."""
    calm = [visit(9, operator=name) for name in ("B", "A")]
    quick = [visit(0, operator="C"), visit(0, operator="C", at_ms=1, person="q")]
    assert [one.operator for one in questions([*calm, *quick])] == ["C", "A", "B"]
