"""Links two CSV files, or finds duplicates in one, with nothing but the data given.

The truth is read after the pairs are found, to score them only. Files are as people have them:
UTF-8 or Windows-1252, commas or semicolons, spaces after them.
"""

import csv
import io
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.matching.score import Figures, pairwise
from shared_schema.matching.tables.link import link_tables
from shared_schema.matching.tables.values import Spec, spec_from

Row = dict[str, str]
Pair = tuple[str, str]


class TaskInvalid(Exception):
    """A file cannot be read, or names what is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file or two, which columns to compare as what, and the true pairs."""

    tables: Sequence[Path]
    columns: Path
    truth: Path


def measured(task: Task) -> Figures:
    """Link, time it (reading included), score pair by pair. Raises TaskInvalid."""
    started_s = time.perf_counter()
    spec = _spec(task.columns)
    left, *others = [rows(path) for path in task.tables]
    right = others[0] if others else None
    _check_columns(spec, left, *others)
    found = {(pair.a, pair.b) for pair in link_tables(left, right, spec)}
    seconds = time.perf_counter() - started_s
    own = {row[spec.id_column] for row in left}
    true = {_turned(pair, own) for pair in pairs(task.truth)}
    if right is None:
        found, true = (
            {_sorted(pair) for pair in each if len(set(pair)) == 2} for each in (found, true)
        )
    return {**pairwise(found, true), "seconds": round(seconds, 2)}


def _spec(path: Path) -> Spec:
    try:
        return spec_from(json.loads(_text(path)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"{path.name} does not say which columns to compare as what: {error!r}"
        raise TaskInvalid(reason) from error


def _check_columns(spec: Spec, *tables: Sequence[Row]) -> None:
    """Refuse ids that a table lacks, and columns that no table has. Raises TaskInvalid."""
    headers = [set(table[0]) for table in tables if table]
    lacking = sorted(set(spec.columns) - set().union(*headers)) if headers else []
    lacking += [spec.id_column for header in headers if spec.id_column not in header]
    if lacking:
        reason = f"no such column: {', '.join(lacking)}"
        raise TaskInvalid(reason)


def rows(path: Path) -> list[Row]:
    """Read a table: each row by column name, spaces around names and values removed."""
    reader = _lines(path)
    header = [name.strip() for name in next(reader, [])]
    return [
        dict(zip(header, [*map(str.strip, cells), *[""] * len(header)], strict=False))
        for cells in reader
        if any(cells)
    ]


def pairs(path: Path) -> list[Pair]:
    """Read the first two columns of each line below the header."""
    lines = [cells for cells in _lines(path) if len(cells) > 1]
    return [(cells[0].strip(), cells[1].strip()) for cells in lines[1:]]


def _lines(path: Path) -> Iterator[list[str]]:
    text = _text(path)
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)


def _text(path: Path) -> str:
    try:
        read = path.read_bytes()
    except OSError as error:
        reason = f"{path.name} cannot be read: {error.strerror}"
        raise TaskInvalid(reason) from error
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError:
        return read.decode("cp1252", errors="replace")


def _turned(pair: Pair, own: set[str]) -> Pair:
    """Turn a true pair whose first id is of the second file."""
    return (pair[1], pair[0]) if pair[0] not in own and pair[1] in own else pair


def _sorted(pair: Pair) -> Pair:
    return (pair[0], pair[1]) if pair[0] <= pair[1] else (pair[1], pair[0])
