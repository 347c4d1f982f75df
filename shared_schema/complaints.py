"""What the parser of the command line says of a value, told in the user's language.

Pure. The parser's own sentences are English only; they are told apart by their form here, and a
sentence of another form stays as it is.
"""

import re
from collections.abc import Callable

_SENTENCES = (
    (re.compile(r"\w+ '(.*)' does not exist\."), "There is no file {value}."),
    (re.compile(r"\w+ '(.*)' is a directory\."), "{value} is a folder, not a file."),
    (re.compile(r"\w+ '(.*)' is not (?:readable|writable)\."), "{value} may not be opened."),
    (re.compile(r"'(.*)' is not one of .*\."), "{value} is not among the choices: {choices}."),
    (re.compile(r"(.*) is not in the range .*\."), "{value} is not within {choices}."),
    (re.compile(r"'(.*)' is not a valid integer.*\."), "{value} is not a whole number."),
    (re.compile(r"'(.*)' does not match the format.*\."), "{value} is not year-month-day."),
    (re.compile(r"Got unexpected extra arguments? \((.*)\)"), "{value} is more than it takes."),
    (re.compile(r"Option '(.*)' requires an argument\."), "{value} needs a value behind it."),
    (re.compile(r"Option '(.*)' does not take a value\."), "{value} takes no value."),
)


def retold(message: str, choices: str, words: Callable[[str], str]) -> str | None:
    """Return the parser's sentence by way of ``words``; None for one of an unknown form.

    ``choices``: what is possible in place of the value, "" where the parser knows nothing.
    """
    for form, said in _SENTENCES:
        if found := form.fullmatch(message):
            return words(said).format(value=found[1], choices=choices)
    return None
