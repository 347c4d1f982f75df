"""Recovery shares as officers handle them: read off the screen, typed back a line each."""

import re

_SHEET = re.compile(
    r"^(?:Bagian|Share) \d+ (?:dari|of) \d+.*\n.*\n((?:\s*\d+ [a-z]+.*\n?)+)", re.MULTILINE
)
_CLEARING = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r")
_WORD = re.compile(r"(\d+) ([a-z]+)")


def copied(screen: str) -> list[str]:
    """Copy every share that `recovery create` showed, its words in their order."""
    sheets = (_WORD.findall(sheet) for sheet in _SHEET.findall(_CLEARING.sub("", screen)))
    return [" ".join(word for _, word in sorted((int(at), word) for at, word in s)) for s in sheets]


def lines(*shares: str) -> str:
    """Give what is typed on standard input."""
    return "".join(f"{share}\n" for share in shares)
