"""Blocking: the keys under which an arriving person's candidates are found.

Only people who share a key are ever compared. Each error spoils some keys and leaves others:
a mistyped name leaves the birth date with the village, a swapped day and month leaves the
order-free birth date, a move leaves the name with the birth date. A key that more than
`KEY_LIMIT` people share is a common name or a placeholder; whoever stores keys skips it.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations

from shared_schema.matching.people import Comparable

KEY_LIMIT = 250
_MOST_WORDS = 4
_SKELETON = 4
_VOWELS = str.maketrans("", "", "aeiouwh")
_ALIKE = str.maketrans("bdgvz", "ptkfs")


def blocking_keys(person: Comparable) -> tuple[int, ...]:
    """Return the keys of a person in a fixed order, each a signed 64-bit number, none twice."""
    return tuple(dict.fromkeys([_number(key) for key in _texts(person)]))


@lru_cache(maxsize=16384)  # names are made of few words
def skeleton(word: str) -> str:
    """Return what is left of a word after most typing errors: four consonants at most."""
    return (word[:1] + word[1:].translate(_VOWELS))[:_SKELETON].translate(_ALIKE)


def _texts(person: Comparable) -> Iterator[str]:
    bones = _bones(person.name)
    yield from _of_numbers(person, bones)
    yield from _of_birth(person, bones)
    for pair in [f"{a} {b}" for a, b in combinations(bones, 2)] or bones:
        if person.village:
            yield f"v{pair}{person.village}"
        if person.birth:
            yield f"y{pair}{person.birth[:4]}"
    if person.village and person.birth:
        for bone in bones:
            yield f"s{bone}{person.village}{person.birth[:4]}"


def _bones(words: tuple[str, ...]) -> list[str]:
    return sorted({skeleton(word) for word in words[:_MOST_WORDS]} - {""})


def _of_numbers(person: Comparable, bones: list[str]) -> Iterator[str]:
    if person.nik:
        yield f"n{person.nik}"
        yield f"h{person.nik[:12]}"
        yield f"t{person.nik[6:]}"
    if person.card:
        for bone in bones:
            yield f"k{bone} {person.card}"


def _of_birth(person: Comparable, bones: list[str]) -> Iterator[str]:
    if person.precision != "d":
        return
    year, month, day = person.birth[:4], person.birth[4:6], person.birth[6:]
    born = year + "".join(sorted((month, day)))
    for bone in bones:
        yield f"b{bone} {born}"
    if person.village:
        yield f"w{born}{person.village}"


def _number(key: str) -> int:
    digest = blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
