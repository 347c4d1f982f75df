"""Texts in Indonesian (first) and English.

English is written in the source and serves as the message id; the Indonesian text is in
`PACKAGE/locale/id.po`. Labels of record types carry both languages themselves, because
the two are decided together. A text without a translation is shown in English.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from types import MappingProxyType

from babel.messages.pofile import read_po

from shared_schema.resources import read_package_text

LANGUAGES = ("id", "en")
DEFAULT_LANGUAGE = "id"
_PLACE = re.compile(r"\{(\w+)[^}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One text in both languages."""

    id: str
    en: str

    def text(self, lang: str) -> str:
        """Return the English text for `en`, the Indonesian one for anything else."""
        return self.en if lang == "en" else self.id


@cache
def catalogue(package: str) -> Mapping[str, str]:
    """Return the Indonesian texts of `package` by their English source, finished ones only.

    A package without a catalogue has no texts of its own: the mapping is empty.
    """
    try:
        source = read_package_text(package, "locale", "id.po")
    except FileNotFoundError:
        return MappingProxyType({})
    messages = read_po(StringIO(source), locale="id")
    return MappingProxyType(
        {
            str(message.id): str(message.string)
            for message in messages
            if message.id and message.string and not message.fuzzy
        }
    )


def translator(package: str, lang: str) -> Callable[[str], str]:
    """Return a function from an English source text of `package` to its text in `lang`."""
    texts = catalogue(package) if lang != "en" else {}
    return lambda text: texts.get(text, text)


def untranslated(package: str, texts: Iterable[str]) -> list[str]:
    """Return those of `texts` whose translation is missing or has other {places}, sorted."""
    translated = catalogue(package)
    return sorted(
        text
        for text in set(texts)
        if _places(translated.get(text, "")) != _places(text) or text not in translated
    )


def _places(text: str) -> set[str]:
    return set(_PLACE.findall(text))
