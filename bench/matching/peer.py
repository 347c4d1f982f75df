"""Splink on the same people: given our normalised names, asked for the best candidate of each.

What it said may be kept in a folder, by everything it was given: it need not be asked twice.
"""

import csv
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.matching.score import Answer
from bench.peers import splink
from shared_schema.matching.people import Comparable

PROGRAM = Path(__file__).parent / "splink_program.py"
LIMIT_S = 3_600
HEADER = ("place name words sex birth precision village nik card mother father birth_place").split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Splink's answers in the order of arrivals; how long it took; single arrivals, timed."""

    answers: list[Answer]
    seconds: float
    one_ms: list[float]


def linked(
    register: Iterable[Comparable], arrivals: Iterable[Comparable], kept: Path | None = None
) -> Linked:
    """Let Splink link, or read from `kept` what it said. Raises Absent where it is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "register.csv", register, "r")
        count = _write(folder / "arrivals.csv", arrivals, "a")
        answer = kept and kept / f"splink-{_digest(folder)}.json"
        if answer and answer.exists():
            text = answer.read_text(encoding="utf-8")
        else:
            text = _run(folder)
            if answer:
                answer.write_text(text, encoding="utf-8")
    said = json.loads(text)
    answers = [_answer(said["best"].get(str(place))) for place in range(count)]
    return Linked(answers=answers, seconds=said["seconds"], one_ms=said["one_ms"])


def _run(folder: Path) -> str:
    done = subprocess.run(
        [str(splink.programs() / "python"), str(PROGRAM), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def _digest(folder: Path) -> str:
    """Return what stands for all that Splink is given: people, program, versions."""
    parts = [PROGRAM, splink.LOCK, *sorted(folder.iterdir())]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _answer(best: tuple[int, float] | None) -> Answer:
    if best is None:
        return Answer(best=None, probability=0.0)
    return Answer(best=best[0], probability=best[1])


def _write(path: Path, people: Iterable[Comparable], letter: str) -> int:
    """Write the comparable forms; a place is a letter and a number. Returns how many."""
    place = -1
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for place, own in enumerate(people):
            words = " ".join(own.name), " ".join(sorted(own.name))
            numbers = own.birth, own.precision, own.village, own.nik, own.card
            names = (" ".join(words) for words in (own.mother, own.father, own.birth_place))
            writer.writerow([f"{letter}{place}", *words, own.sex, *numbers, *names])
    return place + 1
