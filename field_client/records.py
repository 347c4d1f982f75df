"""Reading the vault's records: one, many, counted, found by id or by text, with their history."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any
from uuid import UUID

from tinydb import where

from field_client.briefs import Brief, read_brief
from field_client.entries import (
    COUNTED,
    Draft,
    Entry,
    HistoryLine,
    Standing,
    Verdict,
    is_unsent,
    own_standing,
    remarks_from_json,
    shown,
    standing,
    state_of_document,
)
from field_client.errors import RecordAmbiguous, RecordUnknown
from field_client.reduction import Logged, Withheld, answered, logged, withheld
from field_client.returned import comments
from field_client.tables import Tables, id_of
from field_client.vault.table import VaultTable
from field_client.writings import own_line, pulled_lines
from shared_schema.changes import SYSTEM_FIELDS, VOID, Change
from shared_schema.fold import RecordState, state_from_json
from shared_schema.ids import IdInvalid, parse_id
from shared_schema.reviews import review_id

PREFIX_LETTERS = 8

HELD = "held"
PHOTO = "attachment"
REVIEW = "review"
_WAITS_FOR = {"visit": "person", PHOTO: "record", "outage_statement": "outage"}


class Records:
    """The reading half of the journal."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._briefs: Mapping[str, Brief] = {}

    def state(self, record: UUID) -> RecordState | None:
        """Return all that is known of a record; None where nothing final is."""
        document = self.tables.records.get(doc_id=str(record))
        return None if document is None else state_of_document(document)

    def withheld(self, record: UUID) -> Withheld:
        """Return the fields of a record whose values are no longer here, with their stamps."""
        document = self.tables.records.get(doc_id=str(record))
        return withheld(document, state_of_document(document)) if document else {}

    def version(self, record: UUID) -> int | None:
        """Return the version of its type at which a record was last written here."""
        document = self.tables.records.get(doc_id=str(record))
        return None if document is None else int(document["version"])

    def entry(self, record: UUID) -> Entry | None:
        """Return what is shown of a record or draft, None for an unknown one."""
        return next(iter(self.entries_of([str(record)])), None)

    def entries_of(
        self, records: Iterable[str], read: Mapping[str, Mapping[str, Any]] | None = None
    ) -> list[Entry]:
        """Return what is shown of these records and drafts, in turn; unknown ones are left out.

        ``read``: documents of records among them that were read just now.
        """
        wanted = list(dict.fromkeys(records))
        known = dict(read or {})
        unread = [one for one in wanted if one not in known]
        known.update(_by_id(self.tables.records, unread) if unread else {})
        drafts = _by_id(self.tables.drafts, wanted)
        remarks = _by_id(self.tables.remarks, wanted)
        reviews = _by_id(self.tables.records, [str(review_id(UUID(one))) for one in known])
        returned = comments(reviews.values(), known.get)
        received = self.received()
        return [
            _entry(
                UUID(one),
                known.get(one),
                draft_of(one, drafts[one]) if one in drafts else None,
                remarks.get(one),
                returned.get(one),
                received,
            )
            for one in wanted
            if one in known or one in drafts
        ]

    def entries(
        self,
        type: str | None = None,  # noqa: A002 - the field's word
        state: str | None = None,
        *,
        own: bool = False,
    ) -> Iterator[Entry]:
        """Yield own records and drafts, and with ``state="roster"`` (or none) pulled ones too.

        Records come in the order in which they came here, then drafts of new records. ``own``:
        leave out pulled ones, without reading a whole roster to find the others.
        """
        drafts = {draft.record: draft for draft in self.drafts()}
        remarks, returned = self._remarks(), self.returned()
        received = self.received()
        roster = not own and state in (None, Standing.ROSTER)
        for document in self._documents(type, list(drafts), roster=roster):
            record = UUID(id_of(document))
            draft = drafts.pop(record, None)
            noted, back = remarks.get(id_of(document)), returned.get(id_of(document))
            remarked = back is not None or _is_open(noted, document, received)
            now = standing(document, received, drafted=draft is not None, remarked=remarked)
            if state in (None, now):
                yield _entry(record, document, draft, noted, back, received)
        for record, draft in drafts.items():
            if (
                type in (None, draft.type)
                and state in (None, Standing.DRAFT)
                and not self.tables.records.contains(doc_id=str(record))
            ):
                yield _entry(record, None, draft, None, None, received)

    def standings(self) -> Iterator[tuple[str, Standing, Mapping[str, int]]]:
        """Yield each own record and draft: its id, its standing, and its last changes by stream."""
        drafted = {id_of(document): None for document in self.tables.drafts}
        for one, now in self.briefs(drafted):
            yield one.record, now, one.last
            drafted.pop(one.record, None)
        yield from ((one, Standing.DRAFT, {}) for one in drafted)

    def briefs(self, drafted: Container[str]) -> Iterator[tuple[Brief, Standing]]:
        """Yield what is counted of each own record, and its standing; no record is opened.

        ``drafted``: of which records there is a draft.
        """
        remarks, returned, received = self._remarks(), self.returned(), self.received()
        for one in self.own_briefs():
            noted = remarks.get(one.record)
            remarked = noted is not None and not answered(noted["notes"], one.last, received)
            trouble = one.conflicts or remarked or one.record in returned
            drafts = one.record in drafted
            yield one, own_standing(one.last, received, trouble=trouble, drafted=drafts)

    def own_briefs(self) -> Iterable[Brief]:
        """Return what is counted of each own record; what was read before is not read again."""
        before, lines = self._briefs, self.tables.records.values("brief")
        self._briefs = {line: before.get(line) or read_brief(line) for line in lines}
        return self._briefs.values()

    def unsent_types(self) -> Iterator[str]:
        """Yield the type of each record with changes that no receipt covers, however it stands."""
        received = self.received()
        return (one.type for one in self.own_briefs() if is_unsent(one.last, received))

    def counts(self) -> dict[str, int]:
        """Return how many own records stand where: draft, waiting, received, attention."""
        counted = Counter(now for _, now, _ in self.standings())
        return {str(state): counted[state] for state in COUNTED}

    def held(self) -> set[UUID]:
        """Return the own records that wait, of which a relay holds all that waits."""
        received = self.received()
        passed = {
            stream: last
            for stream, last in self.tables.read_meta(HELD).items()
            if last > received.get(stream, 0)
        }
        through = {stream: max(passed.get(stream, 0), last) for stream, last in received.items()}
        through = passed | through
        return {
            UUID(one)
            for one, now, last in (self.standings() if passed else ())
            if now is Standing.WAITING and all(at <= through.get(s, 0) for s, at in last.items())
        }

    def conflicts(self) -> Iterator[Entry]:
        """Yield the records in which two values stand against each other."""
        found = self.tables.records.search(where("contested") == True)  # noqa: E712 - a query
        return iter(self.entries_of(map(id_of, found)))

    def verdicts(self, record: UUID) -> list[Verdict]:
        """Return what supervisors decided about this record and others, by the others' ids."""
        found = []
        for document in self.tables.records.search(where("type") == "link"):
            state = state_of_document(document)
            values = state.values()
            ends = {values.get("a"), values.get("b")}
            if state.void is None and str(record) in ends and "verdict" in values:
                other = next(iter(ends - {str(record)}), str(record))
                found.append(
                    Verdict(
                        other=UUID(other),
                        verdict=values["verdict"],
                        reason=values.get("reason"),
                    )
                )
        return sorted(found, key=lambda verdict: verdict.other)

    def resolve(self, text: str) -> UUID:
        """Return the record that an id, or 8 or more letters of its start or end, names.

        An id that a record had before a fork was healed leads to its new one, unless another
        device has a record of the old id. Raises RecordUnknown, RecordAmbiguous.
        """
        wanted = text.strip().lower()
        try:
            whole = parse_id(wanted)
        except IdInvalid:
            return self._by_part(wanted)
        if self._holds(str(whole)):
            return whole
        alias = self.tables.aliases.get(doc_id=str(whole))
        if alias is None:
            raise RecordUnknown(text=text)
        return UUID(alias["record"])

    def history(self, record: UUID) -> list[HistoryLine]:
        """Return the writings of a record that are known here, the oldest first."""
        received, document = self.received(), self.tables.records.get(doc_id=str(record))
        state = state_of_document(document) if document else None
        own = [own_line(change, received, state) for change in self.log_of(record)]
        mine = {(line.hlc, line.stream) for line in own}
        base = document and document["base"]
        pulled = pulled_lines(state_from_json(base)) if base else []
        lines = own + [line for line in pulled if (line.hlc, line.stream) not in mine]
        return sorted(lines, key=lambda line: (line.hlc, line.stream))

    def own_history(self) -> Iterator[tuple[UUID, str, HistoryLine]]:
        """Yield record, type and writing of every change made here, in the order of the log."""
        received = self.received()
        for document in self.tables.changes:
            found = logged(document)
            yield found.change.record, found.change.type, own_line(found, received, None)

    def log_of(self, record: UUID) -> list[Logged]:
        """Return the store's own changes of a record, in the order they were made."""
        return list(map(logged, self.tables.changes.search(where("record") == str(record))))

    def changes_of(self, record: UUID) -> list[Change]:
        """Return those of the store's own changes of a record that are whole, in their order."""
        return [found.change for found in self.log_of(record) if not found.reduced]

    def draft(self, record: UUID) -> Draft | None:
        """Return the draft of a record, None where there is none."""
        document = self.tables.drafts.get(doc_id=str(record))
        return None if document is None else draft_of(id_of(document), document)

    def drafts(self) -> Iterator[Draft]:
        """Yield all drafts, in the order they were begun."""
        return (draft_of(id_of(document), document) for document in self.tables.drafts)

    def waiting_parts(self, record: UUID) -> list[Draft]:
        """Return visits, photos and words that are drafts only because their record is one."""
        return [
            draft
            for draft in self.drafts()
            if not draft.problems
            and draft.values.get(_WAITS_FOR.get(draft.type, "")) == str(record)
        ]

    def photos(self, record: UUID) -> list[Entry]:
        """Return the photos attached to a record, drafts and void ones too, the oldest first."""
        found = self.tables.records.search(where("parent") == str(record))
        ids = [UUID(id_of(document)) for document in found if document["type"] == PHOTO]
        ids += [part.record for part in self.drafts() if part.values.get("record") == str(record)]
        entries = map(self.entry, dict.fromkeys(ids))
        return [entry for entry in entries if entry is not None and entry.type == PHOTO]

    def received(self) -> dict[str, int]:
        """Return by stream (hexadecimal) the last sequence that a receipt covers."""
        return dict(self.tables.read_meta("received"))

    def _remarks(self) -> dict[str, Any]:
        return {id_of(document): document for document in self.tables.remarks}

    def returned(self) -> dict[str, str]:
        """Return the comments on records that a supervisor returned and nobody saved since."""
        records = self.tables.records
        reviews = records.search(where("type") == REVIEW)
        return comments(reviews, lambda record: records.get(doc_id=record))

    def _documents(
        self, type_name: str | None, drafts: Iterable[UUID], *, roster: bool
    ) -> Iterator[Any]:
        """Yield own and drafted documents, or with ``roster`` all; of one type."""
        records = self.tables.records
        if not roster:
            drafted = records.get(doc_ids=map(str, drafts))
            own = records.search(where("own") == True)  # noqa: E712 - a query
            found = [*own, *(one for one in drafted if not one["own"])]
        elif type_name is not None:
            found = records.search(where("type") == type_name)
        else:
            return iter(records)
        return (one for one in found if type_name in (None, one["type"]))

    def _holds(self, doc_id: str) -> bool:
        return any(
            table.contains(doc_id=doc_id) for table in (self.tables.records, self.tables.drafts)
        )

    def _by_part(self, part: str) -> UUID:
        tables = (self.tables.records, self.tables.drafts)
        named = (table.named(part.replace("-", "")) for table in tables)
        found = named_by(part, dict.fromkeys(chain.from_iterable(named)))
        if len(found) > 1:
            raise RecordAmbiguous(text=part)
        if not found:
            raise RecordUnknown(text=part)
        return UUID(found[0])


def _by_id(table: VaultTable, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    return {id_of(document): document for document in table.get(doc_ids=ids)}


def named_by(text: str, ids: Iterable[str]) -> list[str]:
    """Return those of ``ids`` that ``text`` names: whole, or by 8 letters of start or end."""
    letters = text.strip().lower().replace("-", "")
    if len(letters) < PREFIX_LETTERS:
        return []
    bare = {one: one.replace("-", "") for one in ids}
    return [one for one in bare if bare[one].startswith(letters) or bare[one].endswith(letters)]


def _is_open(
    remarks: Mapping[str, Any] | None,
    document: Mapping[str, Any] | None,
    received: Mapping[str, int],
) -> bool:
    """Return whether the office remarked something and nobody has saved the record since."""
    if remarks is None or document is None:
        return False
    return not answered(remarks["notes"], document["last"], received)


def _entry(
    record: UUID,
    document: Mapping[str, Any] | None,
    draft: Draft | None,
    remarks: Mapping[str, Any] | None,
    returned: str | None,
    received: Mapping[str, int],
) -> Entry:
    remarked = returned is not None or _is_open(remarks, document, received)
    now = standing(document, received, drafted=draft is not None, remarked=remarked)
    known = shown(document) if document else {}
    own = {name: value for name, value in known.items() if name not in SYSTEM_FIELDS}
    values = {**own, **(draft.values if draft else {})}
    reduced = document and document.get("reduced")
    hidden = withheld(document, state_of_document(document)) if document and reduced else ()
    void = known.get(VOID)
    return Entry(
        id=record,
        type=document["type"] if document else draft.type if draft else "",
        values={name: values[name] for name in sorted(values) if values[name] is not None},
        state=now,
        own=draft is not None or bool(document and document["own"]),
        conflicts=tuple(document["conflicts"]) if document else (),
        remarks=remarks_from_json(remarks["notes"]) if remarks else (),
        void=void if isinstance(void, Mapping) else None,
        problems=draft.problems if draft else (),
        withheld=tuple(sorted(hidden)),
        reduced_ms=reduced["at_ms"] if reduced and hidden else None,
        returned=returned,
    )


def draft_of(doc_id: str, document: Mapping[str, Any]) -> Draft:
    """Return the draft that a document holds."""
    return Draft(
        record=UUID(doc_id),
        type=document["type"],
        version=document["version"],
        values=document["values"],
        problems=tuple(document["problems"]),
    )
