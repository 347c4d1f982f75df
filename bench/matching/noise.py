"""Names and misspellings for the synthetic people: from the peers' environment, or our own few.

`Source.peers()` asks faker and pseudopeople; `Source.own()` needs nothing installed, and is for the
short form that tests run. Both give the same for the same seed.
"""

import json
import random
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers import splink
from tests.support.name_lists import ELSEWHERE, FLORES

PROGRAM = Path(__file__).parent / "noise_program.py"
KINDS = ("typo", "scan", "sound")
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Variants = Mapping[str, Sequence[str]]
Misspellings = Mapping[str, Variants]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Given names in order of how common they are here, and family names from elsewhere."""

    men: tuple[str, ...]
    women: tuple[str, ...]
    last_of_men: tuple[str, ...]
    last_of_women: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where names and misspellings come from; `label` says so in the figures."""

    label: str
    names: Names
    misspell: Callable[[Sequence[str], int], Misspellings]

    @classmethod
    def peers(cls) -> "Source":
        """Take names from faker and misspellings from pseudopeople. Raises Absent."""
        found = _asked({"names": True})
        return cls(label="faker id_ID, pseudopeople", names=_names(found), misspell=_by_peer)

    @classmethod
    def own(cls) -> "Source":
        """Take both from this repository."""
        no_last: dict[str, list[str]] = {"last_of_men": [], "last_of_women": []}
        return cls(
            label="own lists, own typing errors",
            names=_names({"men": ELSEWHERE.men, "women": ELSEWHERE.women, **no_last}),
            misspell=_by_chance,
        )


def _names(found: Mapping[str, Sequence[str]]) -> Names:
    return Names(
        men=(*FLORES.men, *found["men"]),
        women=(*FLORES.women, *found["women"]),
        last_of_men=tuple(found["last_of_men"]),
        last_of_women=tuple(found["last_of_women"]),
    )


def _by_peer(words: Sequence[str], seed: int) -> Misspellings:
    found: Misspellings = _asked({"words": list(words), "seed": seed})
    return found


def _asked(question: dict[str, Any]) -> Any:
    done = subprocess.run(
        [str(splink.programs() / "python"), str(PROGRAM)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _by_chance(words: Sequence[str], seed: int) -> Misspellings:
    chance = random.Random(seed)
    return {kind: {word: [_slip(word, chance)] for word in words} for kind in KINDS}


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    letter = chance.choice(LETTERS)
    done = chance.randrange(4)
    if done == 0:
        return word[:at] + letter + word[at:]
    if done == 1 and len(word) > 2:
        return word[:at] + word[at + 1 :]
    if done == 2 and at:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    return word[:at] + letter + word[at + 1 :]
