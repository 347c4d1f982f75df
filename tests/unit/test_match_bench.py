"""The matching bench: its people are as promised, its arithmetic is right, its files are read."""

from collections import Counter
from pathlib import Path

import pytest

from bench import match
from bench.matching import files, score
from bench.matching.noise import Source
from bench.matching.score import Answer
from bench.matching.world import Arrival, World, planted, world


def small(seed: int = 3) -> World:
    """Make a small register with many arrivals."""
    return world(seed, Source.own(), 3_000, 2_000)


def share(people: World, error: str) -> float:
    """Return how many arrivals have an error."""
    return sum(error in arrival.errors for arrival in people.arrivals) / len(people.arrivals)


def test_a_seed_is_one_world() -> None:
    """The same seed gives the same people, another seed others."""
    assert world(3, Source.own(), 300, 50) == world(3, Source.own(), 300, 50)
    assert world(3, Source.own(), 300, 50).register != world(4, Source.own(), 300, 50).register


def test_arrivals_are_as_promised() -> None:
    """Four of five known; NIK missing in 60 percent, mistyped in 10, a relative's in 3."""
    people = small()
    kinds = Counter(arrival.kind for arrival in people.arrivals)
    assert kinds["known"] == 1_600
    assert set(kinds) == {"known", "twin", "sibling", "namesake", "family", "stranger"}
    assert abs(share(people, "nik:missing") - 0.61) < 0.03
    assert abs(share(people, "nik:mistyped") - 0.10) < 0.02
    assert abs(share(people, "nik:relative") - 0.03) < 0.015


def test_a_known_arrival_is_somebody_once_and_a_new_one_nobody() -> None:
    """No two arrivals are one person; a new person's right NIK is nowhere in the register."""
    people = small()
    places = [arrival.truth for arrival in people.arrivals if arrival.truth is not None]
    assert len(set(places)) == len(places)
    listed = {person.get("nik") for person in people.register} - {None}
    for arrival in people.arrivals:
        told = not any(error.startswith("nik:") for error in arrival.errors)
        if told and "nik" in arrival.values:
            assert (arrival.values["nik"] in listed) == (arrival.truth is not None)


def test_planted_duplicates_are_at_the_places_told() -> None:
    """The register has the size asked for, and each pair stands in one village or has moved."""
    people, pairs = planted(3, Source.own(), 1_000, 100)
    assert len(people) == 1_000
    assert len(pairs) == 100
    same = [people[a]["village"] == people[b]["village"] for a, b in pairs]
    assert sum(same) > 80


def told(
    truth: int | None,
    best: int | None = None,
    probability: float = 0.0,
    band: str = "new",
    reviewed: tuple[int, ...] = (),
) -> tuple[Arrival, Answer]:
    """Make an arrival and what a matcher said of it."""
    arrival = Arrival(values={}, truth=truth, kind="known", errors=())
    return arrival, Answer(best=best, probability=probability, band=band, reviewed=reviewed)


PAIRS = [
    told(1, best=1, probability=0.99, band="certain"),
    told(2, best=3, probability=0.95, band="certain"),
    told(4, best=5, probability=0.6, band="review", reviewed=(5, 4)),
    told(6),
    told(None, best=7, probability=0.4, band="review", reviewed=(7,)),
]


def test_the_best_candidates_are_scored() -> None:
    """One right of three linked, of four who are known."""
    assert score.best_candidate(PAIRS, 0.5) == {"precision": 0.3333, "recall": 0.25, "f1": 0.2857}
    assert score.best_threshold(PAIRS)[0] == 0.99


def test_the_bands_are_scored() -> None:
    """The one linked wrongly and the one not found are lost; the one shown second is not."""
    found = score.bands(PAIRS)
    assert found["certain_precision"] == 0.5
    assert found["certain_recall"] == 0.25
    assert found["review_share"] == 0.4
    assert found["lost_share"] == 0.5


def test_predicted_and_observed_rates_are_compared() -> None:
    """Ten bins of equally many pairs, the least likely first."""
    pairs = [(0.1, False)] * 90 + [(0.8, True)] * 10
    bins = score.calibration(pairs)
    assert [each["pairs"] for each in bins] == [10] * 10
    assert bins[0]["points_apart"] == -10
    assert bins[-1]["points_apart"] == 20


def test_the_short_form_measures_what_the_long_one_does() -> None:
    """Without any peer: hardly anybody is linked wrongly, and most are found."""
    found = match.quick()
    assert found["ours"]["certain_recall"] > 0.6
    assert found["ours"]["certain_precision"] > 0.98
    assert found["splink"] == {"cannot_run_here": "not asked for"}
    assert found["register_against_itself"]["recall"] > 0.7


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_tables_are_read_as_people_have_them(tmp_path: Path) -> None:
    """Semicolons, Windows-1252, a byte order mark, spaces, quoted line ends."""
    semicolons = written(tmp_path, "a.csv", "id; name\n1; Andr\u00e9 \n\n2;Budi\n", "cp1252")
    assert files.rows(semicolons) == [
        {"id": "1", "name": "Andr\u00e9"},
        {"id": "2", "name": "Budi"},
    ]
    quoted = written(tmp_path, "b.csv", '\ufeffid,name\n1,"Ana\nMaria"\n2\n')
    assert files.rows(quoted) == [{"id": "1", "name": "Ana\nMaria"}, {"id": "2", "name": ""}]


def test_a_goal_that_is_not_measured_is_not_met() -> None:
    """At least or at most, by its name; without Splink the distance from it is missed."""
    good = {name: goal for name, goal in match.GOALS.items() if name != "f1_above_splink"}
    assert match.missed({"ours": good}) == ["f1_above_splink"]
    assert match.missed({"ours": {**good, "f1": 0.9, "p99_ms": 11}, "f1_above_splink": 1}) == [
        "f1",
        "p99_ms",
    ]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ('{"id": "id", "columns": {"nama": "name"}}', "no such column: nama"),
        ('{"id": "nomor", "columns": {"name": "name"}}', "no such column: nomor"),
        ('{"id": "id", "columns": {"name": "words"}}', "'words' is not a valid Kind"),
        ('{"id": "id", "columns": ', "spec.json does not say"),
        (None, "spec.json cannot be read"),
    ],
)
def test_a_task_that_names_what_is_not_there_is_refused(
    tmp_path: Path, spec: str | None, told: str
) -> None:
    """In words, instead of a score that says nothing."""
    for name in ("a.csv", "truth.csv"):
        (tmp_path / name).write_text("id,name\n1,Warga\n2,Warga\n", encoding="utf-8")
    if spec is not None:
        (tmp_path / "spec.json").write_text(spec, encoding="utf-8")
    task = files.Task(
        tables=[tmp_path / "a.csv"], columns=tmp_path / "spec.json", truth=tmp_path / "truth.csv"
    )
    with pytest.raises(files.TaskInvalid, match=told):
        files.measured(task)
