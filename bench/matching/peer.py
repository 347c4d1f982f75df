"""Splink on the same people: given our normalised names, asked for the best candidate of each."""

import csv
import json
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.matching.score import Answer
from bench.peers import splink
from shared_schema.matching.people import comparable
from tests.support.synthetic import Person

PROGRAM = Path(__file__).parent / "splink_program.py"
LIMIT_S = 600
HEADER = ("place name words sex birth precision village nik card mother father birth_place").split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Splink's answers in the order of arrivals; how long it took; single arrivals, timed."""

    answers: list[Answer]
    seconds: float
    one_ms: list[float]


def linked(register: Iterable[Person], arrivals: Iterable[Person]) -> Linked:
    """Let Splink link. Raises Absent where it cannot be installed."""
    program = [str(splink.programs() / "python"), str(PROGRAM)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "register.csv", register, "r")
        count = _write(folder / "arrivals.csv", arrivals, "a")
        done = subprocess.run(
            [*program, name], capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
    assert done.returncode == 0, done.stderr[-2_000:]
    said = json.loads(done.stdout)
    answers = [_answer(said["best"].get(str(place))) for place in range(count)]
    return Linked(answers=answers, seconds=said["seconds"], one_ms=said["one_ms"])


def _answer(best: tuple[int, float] | None) -> Answer:
    if best is None:
        return Answer(best=None, probability=0.0)
    return Answer(best=best[0], probability=best[1])


def _write(path: Path, people: Iterable[Person], letter: str) -> int:
    """Write the comparable forms; a place is a letter and a number. Returns how many."""
    place = -1
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for place, values in enumerate(people):
            own = comparable(values)
            words = " ".join(own.name), " ".join(sorted(own.name))
            numbers = own.birth, own.precision, own.village, own.nik, own.card
            names = (" ".join(words) for words in (own.mother, own.father, own.birth_place))
            writer.writerow([f"{letter}{place}", *words, own.sex, *numbers, *names])
    return place + 1
