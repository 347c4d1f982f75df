"""Which rows are compared at all: those that share a key, the rarest kinds of key first.

Every column gives signatures that survive common errors; a kind of key is one signature or
two together. Kinds are taken from the most selective on, until the pairs would be too many, so
that tables of any shape get keys of their own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from shared_schema.matching.tables.values import Kind, Row

Pair = tuple[int, int]
Blocks = dict[object, list[int]]

_PAIRS_A_ROW = 40
_MOST_OF_A_KIND = 8
_LARGEST_BLOCK = 60
_VOWELS = str.maketrans("", "", "aeiouhwy ")

Signature = tuple[int, Callable[[str], str | None]]


def candidate_pairs(rows: Sequence[Row], kinds: Sequence[Kind], boundary: int | None) -> set[Pair]:
    """Return the places (smaller first) of rows that share a key.

    With a `boundary` only pairs across it: rows before it are one table, the rest another.
    """
    offered = sorted(
        (_count(blocks, boundary), at, blocks) for at, blocks in enumerate(_all_blocks(rows, kinds))
    )
    found: set[Pair] = set()
    room = _PAIRS_A_ROW * len(rows)
    for count, _, blocks in offered:
        if not count or count > min(room - len(found), _MOST_OF_A_KIND * len(rows)):
            continue
        for block in blocks.values():
            found.update(_pairs(block, boundary))
    return found


def _all_blocks(rows: Sequence[Row], kinds: Sequence[Kind]) -> Iterator[Blocks]:
    signed = [
        (column, [_sign(sign, row[column]) for row in rows]) for column, sign in _signatures(kinds)
    ]
    for _, values in signed:
        yield _blocks(values)
    for (one, values), (other, others) in combinations(signed, 2):
        if one != other:
            yield _blocks(_both(values, others))


def _both(ones: Iterable[str | None], others: Iterable[str | None]) -> Iterator[object]:
    return ((a, b) if a and b else None for a, b in zip(ones, others, strict=True))


def _sign(sign: Callable[[str], str | None], value: str | None) -> str | None:
    return sign(value) if value else None


def _blocks(values: Iterable[object]) -> Blocks:
    found: Blocks = defaultdict(list)
    for place, value in enumerate(values):
        if value:
            found[value].append(place)
    return {value: places for value, places in found.items() if 1 < len(places) <= _LARGEST_BLOCK}


def _count(blocks: Blocks, boundary: int | None) -> int:
    return sum(_size(block, boundary) for block in blocks.values())


def _size(block: list[int], boundary: int | None) -> int:
    if boundary is None:
        return len(block) * (len(block) - 1) // 2
    left = sum(place < boundary for place in block)
    return left * (len(block) - left)


def _pairs(block: list[int], boundary: int | None) -> Iterable[Pair]:
    if boundary is None:
        return combinations(block, 2)
    left = [place for place in block if place < boundary]
    return ((a, b) for a in left for b in block[len(left) :])


def _signatures(kinds: Sequence[Kind]) -> Iterator[Signature]:
    for column, kind in enumerate(kinds):
        for sign in _SIGNATURES[kind]:
            yield column, sign


def _skeleton(value: str) -> str | None:
    bones = value[:1] + value[1:].translate(_VOWELS)
    return bones[:4]


def _first_word(value: str) -> str | None:
    return value.replace(" ", "")[:5]


def _longest_word(value: str) -> str | None:
    return max(value.split(), key=len)


def _last_letters(value: str) -> str | None:
    return value.replace(" ", "")[-4:]


def _order_free(value: str) -> str | None:
    return value[:4] + "".join(sorted((value[4:6], value[6:])))


def _whole(value: str) -> str | None:
    return value


def _first_half(value: str) -> str | None:
    return value[: (len(value) + 1) // 2]


def _second_half(value: str) -> str | None:
    return value[len(value) // 2 :]


def _sorted_letters(value: str) -> str | None:
    return "".join(sorted(value))


_SIGNATURES: dict[Kind, tuple[Callable[[str], str | None], ...]] = {
    Kind.NAME: (_skeleton, _last_letters),
    Kind.TEXT: (_first_word, _longest_word),
    Kind.DATE: (_order_free, _second_half),
    Kind.CODE: (_whole, _sorted_letters),
    Kind.IDENTIFIER: (_whole, _first_half, _second_half),
}
