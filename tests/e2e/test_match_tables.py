"""Two tables linked by `bench/match.py`, as anybody would start it."""

import json
import subprocess
import sys
from pathlib import Path

from bench.matching.noise import Source
from bench.matching.world import world

MATCH = Path(__file__).parents[2] / "bench" / "match.py"


def test_two_tables_are_linked_from_the_command_line(tmp_path: Path) -> None:
    """One JSON line with precision, recall, f1 and seconds; the truth may name ids either way."""
    people = world(3, Source.own(), 400, 200)
    columns = {"name": "name", "birth_date": "date", "village": "code", "mother_name": "name"}
    spec = written(tmp_path, "spec.json", json.dumps({"id": "id", "columns": columns}))
    truth = [(f"b{at}", f"a{each.truth}") for at, each in enumerate(people.arrivals)]
    known = [pair for pair in truth if pair[1] != "aNone"]
    lines = "".join(f"{a},{b}\n" for a, b in known)
    tables = [
        written(tmp_path, f"{letter}.csv", table(letter, rows, list(columns)))
        for letter, rows in (
            ("a", people.register),
            ("b", [each.values for each in people.arrivals]),
        )
    ]
    true = written(tmp_path, "truth.csv", "a,b\n" + lines)
    files: list[str | Path] = ["--csv", tables[0], "--csv", tables[1]]
    done = subprocess.run(
        [sys.executable, MATCH, *files, "--columns", spec, "--truth", true],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    said = json.loads(done.stdout)
    assert set(said) == {"precision", "recall", "f1", "seconds"}
    assert said["f1"] > 0.85


def written(folder: Path, name: str, text: str) -> Path:
    """Write a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def table(letter: str, rows: list[dict[str, object]], columns: list[str]) -> str:
    """Write rows as CSV, each with an id."""
    lines = [",".join(["id", *columns])]
    for at, row in enumerate(rows):
        lines.append(",".join([f"{letter}{at}", *(str(row.get(each, "")) for each in columns)]))
    return "\n".join(lines) + "\n"
