"""People this laptop knows who may be the person being registered: told, never in the way.

The office's own comparison (`shared_schema.matching`) over those who share a NIK, a family card,
a day of birth, or a name with the village or the year: about whom the office compares, found by
the indexes that a laptop has. It goes by the shipped counts of words. Whether two records are one
person is decided at the regency; here it is a word at the right moment, before somebody is
registered twice.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any
from uuid import UUID

from field_client.capture import Assessment
from field_client.entries import born, shown
from field_client.intake import Item
from field_client.journal import Journal
from field_client.tables import id_of
from field_client.vault.bodies import text_of
from field_client.vault.table import document_of
from shared_schema.changes import VOID
from shared_schema.matching.bands import Band, judge
from shared_schema.matching.keys import blocking_keys
from shared_schema.matching.levels import SAME
from shared_schema.matching.parameters import shipped
from shared_schema.matching.people import Comparable, comparable
from shared_schema.matching.score import Part, Score, score

SHOWN = 3
_NAMESAKES, _ALIKE = 1_000, 300  # looked at: of the very name, of one like it
_READ, _OTHERS = 100, 50
_MOST_WORDS, _HALVED = 4, 6
_PERSON = "person"
_LOOKED_UP = {"nik": 20, "kk_number": 50, "born": 100}
_SHARED = {"nik": "nik", "family_card": "kk_number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A record that may be the same person; ``field``: what above all they share.

    ``band``: how sure that is, ``parts``: how each of what was compared agrees.
    """

    id: UUID
    name: str
    field: str
    band: Band
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """Somebody who is known here, as compared."""

    name: str
    person: Comparable


class KnownPeople:
    """The people in own records, drafts and the roster, found by what they share."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._drafts: dict[int, dict[UUID, _Known]] = defaultdict(dict)
        for draft in journal.drafts():
            if draft.type == _PERSON:
                self._note(draft.record, draft.values)

    def twins(self, judged: Assessment, record: UUID) -> tuple[Twin, ...]:
        """Return the other people that ``record`` may be, the likeliest first."""
        return self.like(judged.values, record) if judged.type.name == _PERSON else ()

    def like(self, values: Mapping[str, Any], record: UUID | None) -> tuple[Twin, ...]:
        """Return the people whom these values may describe, the likeliest first; at most three."""
        person = comparable(values)
        sharing = self._sharing(values, person)
        known = {each: those for each, those in sharing if each != record}
        compared = [(each, score(person, those.person, shipped())) for each, those in known.items()]
        scores, found = dict(compared), judge(record, compared, shipped())
        likely = (found.best,) if found.band is Band.CERTAIN else found.reviewed
        wanted = [*likely, *(each for each in known if _same_number(scores[each]))]
        return tuple(
            _twin(each, known[each].name, found.band if each in likely else Band.REVIEW, scores)
            for each in list(dict.fromkeys(filter(None, wanted)))[:SHOWN]
        )

    def add_draft(self, record: UUID, item: Item) -> None:
        """Know of a draft that was saved since."""
        if item.record.type.name == _PERSON:
            self._note(record, item.record.values)

    def _note(self, record: UUID, values: Mapping[str, Any]) -> None:
        known = _known(values)
        for key in blocking_keys(known.person):
            self._drafts[key][record] = known

    def _sharing(
        self, values: Mapping[str, Any], person: Comparable
    ) -> Iterator[tuple[UUID, _Known]]:
        """Yield everybody worth comparing; a record that is drafted anew as it is in the draft."""
        found = {
            id_of(each): each for each in self._documents(values, person) if each["type"] == _PERSON
        }
        for record, document in found.items():
            theirs = shown(document)
            if theirs.get(VOID) is None:
                yield UUID(record), _known(theirs)
        for key in blocking_keys(person):
            yield from self._drafts.get(key, {}).items()

    def _documents(self, values: Mapping[str, Any], person: Comparable) -> Iterator[Any]:
        """Read from the store's indexes; the same document may come more than once."""
        records = self._journal.tables.records
        for field, most in _LOOKED_UP.items():
            value = born(values) if field == "born" else values.get(field)
            if isinstance(value, str) and value:
                yield from records.beginning(field, value, most)
        yield from self._namesakes(person)

    def _namesakes(self, person: Comparable) -> Iterator[Any]:
        """Read those of a like name who also share the village or the year of birth.

        All words as they are, with a slip in each, or but for one; of one word alone both.
        """
        words = [(word,) for word in person.name[:_MOST_WORDS]]
        if not words:
            return
        halves = [_halves(word) for (word,) in words]
        for each in (words, halves) if words != halves else (words,):
            yield from self._named(each, person, at_least=1)
        if len(words) > 1:
            for part in combinations(words, len(words) - 1):
                yield from self._named(part, person, at_least=2 if len(part) == 1 else 1)

    def _named(
        self, wanted: Sequence[tuple[str, ...]], person: Comparable, at_least: int
    ) -> Iterator[Any]:
        """Look through the many of a name, and read the few who share so much more.

        Of the very name also some of whom perhaps nothing else is known.
        """
        shared = [person.village, f'"{person.birth[:4]}-' if person.birth else ""]
        marks = [mark.encode() for mark in shared if mark]
        is_whole = wanted == [(word,) for word in person.name]
        most = _NAMESAKES if is_whole else _ALIKE
        found = self._journal.tables.records.match_bodies(wanted, most)
        texts = [(name, text_of(body)) for name, body in found]
        likely = [one for one in texts if sum(mark in one[1] for mark in marks) >= at_least]
        others = (one for one in texts if one not in likely) if is_whole else ()
        for name, text in (*likely[:_READ], *islice(others, _OTHERS)):
            yield document_of(json.loads(text), name)


def _halves(word: str) -> tuple[str, ...]:
    """Return both halves of a longer word: a slip spoils one of them."""
    half = len(word) // 2
    return (word[:half], word[half:]) if len(word) >= _HALVED else (word,)


def _known(values: Mapping[str, Any]) -> _Known:
    return _Known(str(values.get("name", "")), comparable(values))


def _same_number(found: Score) -> bool:
    return any(part.comparison.startswith("nik") and part.level == SAME for part in found.parts)


def _twin(record: UUID, name: str, band: Band, scores: Mapping[UUID, Score]) -> Twin:
    parts = scores[record].parts
    shared = (_SHARED.get(p.comparison) for p in parts if p.level == SAME)
    field = next(filter(None, shared), "name")
    return Twin(id=record, name=name, field=field, band=band, parts=parts)
