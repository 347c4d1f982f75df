"""Which letters of texts differ, so that a page can mark them."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby

_ALIKE = 0.6
Marked = tuple[tuple[str, bool], ...]


def marked(texts: Sequence[str], shown: Sequence[str] | None = None) -> list[Marked]:
    """Return each text in pieces: a piece, and whether it differs from the others.

    The first is compared with every other one, each other with the first; upper and lower case
    count as the same, and texts that hardly agree are marked whole. ``shown``: what stands in
    place of each text, letter for letter.
    """
    faces = texts if shown is None else shown
    differs = [[False] * len(one) for one in texts]
    for at, other in enumerate(texts[1:], 1):
        for a, b in _unequal(texts[0], other):
            differs[0][a] = [True] * len(differs[0][a])
            differs[at][b] = [True] * len(differs[at][b])
    return [_pieces(face, flags) for face, flags in zip(faces, differs, strict=True)]


def _unequal(one: str, other: str) -> list[tuple[slice, slice]]:
    matcher = SequenceMatcher(None, one.lower(), other.lower(), autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [(slice(None), slice(None))]
    return [
        (slice(a, b), slice(c, d)) for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"
    ]


def _pieces(face: str, flags: Sequence[bool]) -> Marked:
    if len(face) != len(flags):
        return ((face, any(flags)),) if face else ()
    runs = groupby(zip(face, flags, strict=True), key=lambda pair: pair[1])
    return tuple(("".join(letter for letter, _ in run), flag) for flag, run in runs)
