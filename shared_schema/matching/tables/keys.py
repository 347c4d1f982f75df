"""Which rows are compared at all: those that share a key, the rarest kinds of key first.

Every column gives signatures that survive common errors; a kind of key is one signature or
two together. Kinds are taken from the most selective on, until the pairs would be too many, so
that tables of any shape get keys of their own.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from shared_schema.matching.tables.columns import Column
from shared_schema.matching.tables.near import near_values
from shared_schema.matching.tables.values import Kind

Pairs = set[int]
"""Pairs of places, the smaller times the number of rows, plus the larger."""
Blocks = list[list[int]]
Signed = list[int]
"""For each row a number that stands for its signature, 0 for none."""

_CELLS_A_ROW, _FEWEST_A_ROW, _KINDS = 120, 12, 4
_FEW_OF_A_KIND = 1
_LARGEST_BLOCK = 60
_FEW_COLUMNS = 2
_SPELLED = frozenset({Kind.NAME, Kind.TEXT})
_VOWELS = str.maketrans("", "", "aeiouhwy ")


def candidate_pairs(columns: Sequence[Column], boundary: int | None) -> Pairs:
    """Return the rows that share a key.

    With a `boundary` only pairs across it: rows before it are one table, the rest another.
    """
    size = len(columns[0].cells)
    room = size * max(_FEWEST_A_ROW, _CELLS_A_ROW // len(columns))
    found: Pairs = set()
    signed = list(_alone(columns, boundary))
    offered: list[tuple[int, int, Blocks]] = []
    for _, signs in signed:
        blocks = _blocks(signs)
        count = _count(blocks, boundary)
        if count <= _FEW_OF_A_KIND * size:
            found |= _pairs(blocks, boundary, size)
            _forget(blocks, signs)
        else:
            offered.append((count, len(offered), blocks))
    for blocks in _together(signed):
        offered.append((_count(blocks, boundary), len(offered), blocks))
    for count, _, blocks in sorted(offered):
        if count <= min(room - len(found), room // _KINDS):
            found |= _pairs(blocks, boundary, size)
    for column in columns if len(columns) <= _FEW_COLUMNS else ():
        found |= _nearly_the_same(column, boundary, room // _KINDS)
    return found


def _nearly_the_same(column: Column, boundary: int | None, room: int) -> Pairs:
    """Return rows whose values differ by a slip or two, the rarest values first.

    Where few columns are compared, hardly anything else is left of a row that was mistyped.
    """
    if column.kind not in _SPELLED:
        return set()
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for place, cell in enumerate(column.cells):
        rows[cell].append(place)
    near = near_values(column.values[1:])
    blocks = sorted(([*rows[a + 1], *rows[b + 1]] for a, b in near), key=len)
    found: Pairs = set()
    size = len(column.cells)
    for block in blocks:
        found |= _pairs([sorted(block)], boundary, size)
        if len(found) > room:
            break
    return found


def _alone(columns: Sequence[Column], boundary: int | None) -> Iterator[tuple[int, Signed]]:
    for at, column in enumerate(columns):
        for sign in _SIGNATURES[column.kind]:
            yield at, _shared(_signed(column, sign), boundary)


def _together(signed: Sequence[tuple[int, Signed]]) -> Iterator[Blocks]:
    for (one, ones), (other, others) in combinations(signed, 2):
        if one != other:
            yield _blocks(_both(ones, others))


def _forget(blocks: Blocks, signed: Signed) -> None:
    """Leave out what a second signature would only bring again."""
    for block in blocks:
        for place in block:
            signed[place] = 0


def _signed(column: Column, sign: Callable[[str], str]) -> Signed:
    numbers = {"": 0}
    by_value = [0, *(numbers.setdefault(sign(v), len(numbers)) for v in column.values[1:])]
    return [by_value[cell] for cell in column.cells]


def _shared(signed: Signed, boundary: int | None) -> Signed:
    """Return the signatures without those that no pair has in common."""
    if boundary is None:
        counts = Counter(signed)
        return [one if counts[one] > 1 else 0 for one in signed]
    both = set(signed[:boundary]) & set(signed[boundary:])
    return [one if one in both else 0 for one in signed]


def _both(ones: Signed, others: Signed) -> Signed:
    size = max(others, default=0) + 1
    return [a * size + b if a and b else 0 for a, b in zip(ones, others, strict=True)]


def _blocks(signed: Signed) -> Blocks:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(signed):
        if one:
            found[one].append(place)
    return [places for places in found.values() if 1 < len(places) <= _LARGEST_BLOCK]


def _count(blocks: Blocks, boundary: int | None) -> int:
    if boundary is None:
        return sum(len(block) * (len(block) - 1) // 2 for block in blocks)
    count = 0
    for block in blocks:
        left = bisect_left(block, boundary)
        count += left * (len(block) - left)
    return count


def _pairs(blocks: Blocks, boundary: int | None, size: int) -> Pairs:
    if boundary is None:
        return {a * size + b for block in blocks for a, b in combinations(block, 2)}
    return {
        a * size + b
        for block in blocks
        for at in (bisect_left(block, boundary),)
        for a in block[:at]
        for b in block[at:]
    }


def _skeleton(value: str) -> str:
    return (value[:1] + value[1:].translate(_VOWELS))[:4]


def _first_word(value: str) -> str:
    return value.replace(" ", "")[:5]


def _longest_word(value: str) -> str:
    return max(value.split(), key=len)


def _last_letters(value: str) -> str:
    return value.replace(" ", "")[-4:]


def _order_free(value: str) -> str:
    return value[:4] + "".join(sorted((value[4:6], value[6:])))


def _whole(value: str) -> str:
    return value


def _first_half(value: str) -> str:
    return value[: (len(value) + 1) // 2]


def _second_half(value: str) -> str:
    return value[len(value) // 2 :]


def _sorted_letters(value: str) -> str:
    return "".join(sorted(value))


_SIGNATURES: dict[Kind, tuple[Callable[[str], str], ...]] = {
    Kind.NAME: (_skeleton, _last_letters),
    Kind.TEXT: (_first_word, _longest_word),
    Kind.DATE: (_order_free, _second_half),
    Kind.CODE: (_whole, _sorted_letters),
    Kind.IDENTIFIER: (_whole, _first_half, _second_half),
}
