"""Scores: relatives and namesakes are not the same person, and what is not sure is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.matching.among import judge_packed
from shared_schema.matching.bands import Band, judge, self_review
from shared_schema.matching.keys import blocking_keys
from shared_schema.matching.parameters import of_register, shipped, with_words, word_counts
from shared_schema.matching.people import Comparable, comparable, pack, unpack
from shared_schema.matching.score import score

LISTED = {
    "name": "Yohanes Contoh",
    "sex": "L",
    "village": "53.15.05.2001",
    "birth_date": "1970-03-04",
    "nik": "5315050403700001",
    "kk_number": "5315050101080001",
    "mother_name": "Maria Umpama",
    "father_name": "Petrus Contoh",
}
HOME = ("village", "kk_number", "mother_name", "father_name")


def person(**values: Any) -> Comparable:
    """Give a resident's comparable form."""
    return comparable(values)


def said(**values: Any) -> Band:
    """Judge an arrival against the one listed resident."""
    judgement, _ = judge_packed([(1, pack(comparable(LISTED)))], comparable(values), shipped())
    return judgement.band


def home(**values: Any) -> dict[str, Any]:
    """Give somebody of the listed resident's household."""
    return {**{key: LISTED[key] for key in HOME}, **values}


def test_the_same_person_is_certain() -> None:
    """With another spelling, swapped day and month, and without a NIK."""
    assert said(**{**LISTED, "name": "Yoh. Tjontoh"}) is Band.CERTAIN
    swapped = home(name="Johannes Contoh", sex="L", birth_date="1970-04-03")
    assert said(**swapped) is Band.CERTAIN


def test_relatives_are_not_the_same_person() -> None:
    """A twin, a brother with a similar name, a brother who shows this one's NIK."""
    twin = home(name="Blasius Contoh", sex="L", birth_date="1970-03-04")
    assert said(**twin, nik="5315050403700002") is not Band.CERTAIN
    assert said(**home(name="Yohanes Petrus Contoh", sex="L", birth_date="1973-08-09")) is not (
        Band.CERTAIN
    )
    other = home(name="Blasius Contoh", sex="L", birth_date="1973-08-09", nik=LISTED["nik"])
    assert said(**other) is not Band.CERTAIN


def test_a_namesake_and_a_stranger_are_not_the_same_person() -> None:
    """A name alone is nothing, however rare it is."""
    namesake = {"name": LISTED["name"], "sex": "L", "birth_date": "1991-08-17"}
    assert said(**namesake, village="53.15.05.2001") is not Band.CERTAIN
    assert said(**namesake, village="53.15.01.2003") is Band.NEW


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ({"name": "Blasius Umpama"}, "nik_alone"),
        ({"name": "Contoh", "nik": ""}, "name"),
        ({"birth_date": "1988-01-09"}, "birth_date"),
        ({"sex": "P"}, "sex"),
        ({"nik": "5315054107880003"}, "nik"),
    ],
)
def test_what_contradicts_is_never_certain(change: dict[str, str], guard: str) -> None:
    """However high the weight of everything else."""
    found = score(comparable(LISTED), comparable({**LISTED, **change}), shipped())
    assert guard in found.guards
    assert said(**{**LISTED, **change}) is not Band.CERTAIN


def test_two_good_candidates_make_each_other_doubtful() -> None:
    """Of two records of one person neither is taken without a human."""
    one = comparable(LISTED)
    good = score(one, one, shipped())
    judgement = judge("arrival", [("a", good), ("b", good)], shipped())
    assert (judgement.band, judgement.reviewed) == (Band.REVIEW, ("a", "b"))
    assert judgement.probabilities == pytest.approx((0.5, 0.5), abs=1e-6)


def test_nobody_near_is_new() -> None:
    """Without candidates there is nothing to decide."""
    assert judge("arrival", [], shipped()).band is Band.NEW


def test_a_rare_word_says_more_than_a_common_one() -> None:
    """Rarity follows the register's own counts."""
    people = [person(name="Maria Contoh", sex="P")] * 300 + [
        person(name="Rosa Contoh", sex="P")
    ] * 3
    parameters = with_words(shipped(), word_counts(one.name for one in people), 303)
    common, rare = (person(name=name, sex="P") for name in ("Maria", "Rosa"))
    assert score(rare, rare, parameters).weight >= score(common, common, parameters).weight
    assert parameters.rarity["maria"] < parameters.rarity["rosa"]


def test_a_small_register_is_filled_up_with_people_named_as_usual() -> None:
    """Nobody counted is as shipped; its own words count at once, and alone once it is as large."""
    usual = shipped()
    assert of_register(usual, {}, 0).rarity == usual.rarity
    bits = [
        of_register(usual, {"wajan": count}, count).rarity["wajan"]
        for count in (3, 1_801, 25_000, usual.people)
    ]
    assert bits == sorted(bits, reverse=True)
    assert bits[-1] == 0
    large = of_register(usual, {"wajan": 50_000}, 2 * usual.people)
    assert (large.people, set(large.rarity)) == (2 * usual.people, {"wajan"})
    common = [of_register(usual, {}, n).rarity["petrus"] for n in (0, 80_000, 160_000)]
    assert common == sorted(common)


def test_a_register_against_itself_has_a_prior_of_its_own() -> None:
    """The more it weighs, the likelier, never certain."""
    assert 0 < self_review(0, shipped()) < self_review(20, shipped()) < self_review(60, shipped())


DIGITS = st.text("0123456789", min_size=16, max_size=16)
PEOPLE = st.fixed_dictionaries(
    {"name": st.text("abc eiou", min_size=1, max_size=12), "sex": st.sampled_from("LP")},
    optional={
        "village": st.sampled_from(["53.15.05.2001", "53.15.05.2002", "53.15.01.2003"]),
        "birth_date": st.dates().map(str),
        "birth_date_precision": st.sampled_from(["day", "month", "year", "estimated", "unknown"]),
        "nik": DIGITS,
        "kk_number": DIGITS,
        "mother_name": st.text("abc eiou", max_size=12),
    },
).map(comparable)


@given(PEOPLE, PEOPLE)
def test_a_score_is_symmetric_and_the_sum_of_its_parts(a: Comparable, b: Comparable) -> None:
    """Whoever of the two arrived."""
    one, other = score(a, b, shipped()), score(b, a, shipped())
    assert one.weight == pytest.approx(other.weight)
    assert (one.against, one.guards) == (other.against, other.guards)
    assert sum(part.bits for part in one.parts) == pytest.approx(one.weight)


@given(PEOPLE)
def test_a_person_packs_and_has_the_same_keys(a: Comparable) -> None:
    """Packing loses nothing; keys are signed 64-bit numbers, none twice."""
    assert unpack(pack(a)) == a
    keys = blocking_keys(unpack(pack(a)))
    assert keys == blocking_keys(a)
    assert len(set(keys)) == len(keys)
    assert all(-(2**63) <= key < 2**63 for key in keys)
