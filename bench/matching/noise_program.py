"""Runs in the peers' environment: names of faker's id_ID locale, misspellings by pseudopeople.

Reads one JSON document on standard input: {"names": true} or {"seed": s, "words": [...]}; answers
with one. Every word comes back with its distinct variants by kind: typo, scan (as a scanner
misreads), sound (as it is misheard).
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

import pandas as pd
from faker.providers.person.id_ID import Provider
from pseudopeople import noise_functions

KINDS = {
    "typo": (noise_functions.make_typos, 0.12),
    "scan": (noise_functions.make_ocr_errors, 0.2),
    "sound": (noise_functions.make_phonetic_errors, 0.15),
}
TRIES = 4


def names() -> dict[str, list[str]]:
    """Return the given and family names of the locale, each once, in the order it gives them."""
    lists = {
        "men": Provider.first_names_male,
        "women": Provider.first_names_female,
        "last_of_men": Provider.last_names_male,
        "last_of_women": Provider.last_names_female,
    }
    return {kind: list(dict.fromkeys(found)) for kind, found in lists.items()}


def misspelt(words: list[str], seed: object) -> dict[str, dict[str, list[str]]]:
    """Return by kind and word what the word may become; a word that never changed has none."""
    frame = pd.DataFrame({"word": words})
    found: dict[str, dict[str, list[str]]] = {}
    for kind, (function, chance) in KINDS.items():
        variants: dict[str, dict[str, None]] = {word: {} for word in words}
        for attempt in range(TRIES):
            stream = SimpleNamespace(seed=f"{seed}-{attempt}")
            noised = function(frame, {"token_probability": chance}, stream, "bench", "word")
            for word, variant in zip(words, noised, strict=True):
                if variant not in ("", word):
                    variants[word][variant] = None
        found[kind] = {word: list(forms) for word, forms in variants.items()}
    return found


def main() -> None:
    """Answer one request."""
    asked: dict[str, Any] = json.load(sys.stdin)
    json.dump(names() if "names" in asked else misspelt(asked["words"], asked["seed"]), sys.stdout)


if __name__ == "__main__":
    main()
