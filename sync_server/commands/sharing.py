"""Shares on the screen and from the keyboard: shown once, each for its holder, and typed back.

At a terminal one share is seen at a time and the screen is cleared behind it. Elsewhere shares are
printed one after the other, and read one a line from standard input.
"""

import sys
from typing import Any

import click

from shared_schema.console import emit, report, text, wants_json
from shared_schema.display import iso_time
from shared_schema.errors import InputError
from shared_schema.recovery import key_name
from sync_server import recovery as keys
from sync_server.commands.opening import PACKAGE
from sync_server.office import Office
from sync_server.recovery import Drawn
from sync_server.shares import WORDS, ShareRepeated, Typed
from sync_server.store.queries.recovery import RecoveryKey

_COLUMNS = 3
_CELL = 16


def show(drawn: Drawn) -> None:
    """Print the shares: on a terminal one after the other, each for the eyes of its holder."""
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if wants_json() or not at_terminal:
        sheets = [_sheet(drawn, number) for number in range(1, len(drawn.shares) + 1)]
        emit(_drawn(drawn), lambda: "\n\n".join(sheets))
        return
    words = text(PACKAGE)
    for number in range(1, len(drawn.shares) + 1):
        click.clear()
        click.echo(_sheet(drawn, number))
        asked = words("Copy all {words} words by hand, compare them, then press Enter")
        click.prompt(asked.format(words=WORDS), default="", show_default=False, err=True)
    click.clear()


def _drawn(drawn: Drawn) -> dict[str, Any]:
    key = drawn.key
    return {
        "key": key_name(key.public),
        "created": iso_time(key.made_ms),
        "threshold": key.threshold,
        "shares": [
            {"share": number, "holder": holder, "words": words}
            for number, (holder, words) in enumerate(
                zip(key.holders, drawn.shares, strict=True), start=1
            )
        ],
    }


def _sheet(drawn: Drawn, number: int) -> str:
    """Return what the holder of a share copies: which it is, and its words with their places."""
    words, key = drawn.shares[number - 1].split(), drawn.key
    title = text(PACKAGE)("Share {number} of {count}").format(
        number=number, count=len(drawn.shares)
    )
    note = text(PACKAGE)("Recovery key {key}; {threshold} shares open a laptop").format(
        key=key_name(key.public), threshold=key.threshold
    )
    holder = key.holders[number - 1]
    cells = [f"{at:>2} {word}".ljust(_CELL) for at, word in enumerate(words, start=1)]
    rows = ["".join(cells[at : at + _COLUMNS]).rstrip() for at in range(0, len(cells), _COLUMNS)]
    return "\n".join([f"{title}: {holder}" if holder else title, note, *rows])


def typed_shares(office: Office, key: RecoveryKey, *, everyone: bool = False) -> list[Typed]:
    """Return the shares typed at the terminal, or one a line on standard input.

    ``everyone``: more than are needed may be typed. Raises what `check_share` raises; at the
    terminal a share that is wrong is told and asked for again.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        lines = [line for line in sys.stdin.read().splitlines() if line.strip()]
        return [keys.check_share(office, key, line, at) for at, line in enumerate(lines, start=1)]
    typed: list[Typed] = []
    while len(typed) < (len(key.holders) if everyone else key.threshold):
        enough = len(typed) >= key.threshold
        words = _ask_share(len(typed) + 1, enough=enough)
        if not words and enough:
            break
        try:
            typed.append(_new_share(office, key, words, typed))
        except InputError as error:
            report(error, PACKAGE)
        else:
            click.clear()
    return typed


def _new_share(office: Office, key: RecoveryKey, words: str, typed: list[Typed]) -> Typed:
    share = keys.check_share(office, key, words, len(typed) + 1)
    for earlier, other in enumerate(typed, start=1):
        if other.number == share.number:
            raise ShareRepeated(share=len(typed) + 1, earlier=earlier)
    return share


def _ask_share(place: int, *, enough: bool) -> str:
    """Return the words of one share, typed on one line or several; an empty line ends it."""
    words = text(PACKAGE)
    asked = words("Share {place}: its {words} words, on one line or several")
    if enough:
        asked = words("Share {place}, or an empty line if there is none")
    question = asked.format(place=place, words=WORDS)
    typed: list[str] = []
    while len(typed) < WORDS:
        line = str(click.prompt(question, default="", show_default=False, err=True))
        if not line.strip():
            break
        typed += line.split()
        question = words("{count} of {words} words").format(count=len(typed), words=WORDS)
    return " ".join(typed)
