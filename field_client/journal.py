"""The device's own change log and the records that follow from it, in the vault.

What `write` has returned is on the disk: the change with its number, the clock's reading and the
record's new state are one commit. Nothing here talks to a network; `outbox` seals what is final,
`receiving` notes what the server answered.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

from field_client.branches import Branches
from field_client.briefs import saved_text
from field_client.entries import Edit, record_document, search_key, state_of_document
from field_client.records import Records
from field_client.reduction import Logged, logged, withheld, writes_over
from field_client.tables import Tables, add, change_key, put
from shared_schema.canonical import Json
from shared_schema.changes import Change, change_digest, change_from_json, change_to_json
from shared_schema.clock import Evidence
from shared_schema.fold import RecordState, join, state_from_json, state_of, state_to_json
from shared_schema.ids import Stream, record_stream
from shared_schema.regions import RegionTable


class Journal(Records):
    """The log and the records of one open vault, written in the name of one operator.

    ``evidence`` reads the clocks: wall and monotonic time.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        branches: Branches,
        operator: str,
        evidence: Callable[[], Evidence],
    ) -> None:
        super().__init__(tables)
        self.branches = branches
        self.operator = operator
        self._evidence = evidence

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all writes of the block or none; durable when the outermost block has returned."""
        return self.tables.db.transaction()

    # Writing

    def new_record(self) -> UUID:
        """Return the id of a record to be begun; the number is durable and never given again."""
        with self.transaction():
            return self.branches.next_record()

    def renewed(self, record: UUID) -> UUID:
        """Return the id of a record that was begun on a branch which we may have left since.

        From then on the id that it was begun under leads there.
        """
        with self.transaction():
            while (alias := self.tables.aliases.get(doc_id=str(record))) is not None:
                record = UUID(alias["record"])
            stream = record_stream(record)
            if stream == self.branches.current() or stream not in self.branches.all():
                return record
            fresh = self.branches.next_record()
            put(self.tables.aliases, str(record), {"record": str(fresh)})
            return fresh

    def write(self, edits: Sequence[Edit]) -> list[Change]:
        """Make each edit one change, all in one durable transaction; drafts of them are done.

        An edit names every value it replaces, so it settles a conflict in the fields it touches.
        """
        with self.transaction():
            return [self._write(edit) for edit in edits]

    def write_apart(self, edits: Sequence[Edit]) -> list[Change]:
        """Make each edit of one record one change, none of which names what another writes.

        Different values in one field stand against each other then. One durable transaction.
        """
        with self.transaction():
            document = self.tables.records.get(doc_id=str(edits[0].record)) if edits else None
            over = state_of_document(document) if document else None
            return [self._write(edit, over) for edit in edits]

    def _write(self, edit: Edit, over: RecordState | None = None) -> Change:
        document = self.tables.records.get(doc_id=str(edit.record))
        known = state_of_document(document) if document else _nothing(edit)
        stream, sequence = self.branches.next_sequence()
        evidence = self.evidence()
        clock = self.branches.clock().tick(evidence.wall_ms)
        self.branches.set_clock(clock)
        change = Change(
            stream=stream,
            sequence=sequence,
            record=edit.record,
            type=edit.type,
            version=edit.version,
            hlc=clock.reading,
            operator=self.operator,
            writes=writes_over(over or known, withheld(document, known), edit.values),
            evidence=evidence,
        )
        self.log(change)
        self._lay(change, document, known)
        self.tables.drafts.remove(doc_ids=[str(edit.record)])
        return change

    def evidence(self) -> Evidence:
        """Return what is known of time now, with the server's time as last heard."""
        return replace(self._evidence(), server_ms=self.server_ms())

    def log(self, change: Change) -> None:
        """Append a change to the log."""
        put(
            self.tables.changes,
            change_key(change.stream, change.sequence),
            {
                "record": str(change.record),
                "change": change_to_json(change),
                "digest": change_digest(change).hex(),
                "saved": saved_text(change),
            },
        )

    def _lay(self, change: Change, document: Mapping[str, Any] | None, known: RecordState) -> None:
        """Lay a change over its record."""
        written = state_of(change)
        mine = document["mine"] if document else None
        own = join(state_from_json(mine), written) if mine else written
        last = {**(document["last"] if document else {}), change.stream.hex(): change.sequence}
        save = put if document else add
        save(
            self.tables.records,
            str(change.record),
            record_document(
                document["base"] if document else None,
                state_to_json(own),
                join(known, written),
                change.version,
                last,
            ),
        )

    # Drafts

    def save_draft(
        self,
        record: UUID,
        type: str,  # noqa: A002 - the field's word
        version: int,
        values: Mapping[str, Json],
        problems: Sequence[Mapping[str, Json]] = (),
    ) -> None:
        """Keep what was typed so far, durably. ``problems``: why it cannot be final yet."""
        draft, tables = str(record), self.tables
        content: dict[str, Json] = {
            "type": type,
            "version": version,
            "values": dict(values),
            "problems": [dict(problem) for problem in problems],
            "search_key": search_key(type, values),
        }
        with self.transaction():
            if not tables.drafts.contains(doc_id=draft):
                content["corrects"] = tables.records.contains(doc_id=draft)
            put(tables.drafts, draft, content)

    def drop_draft(self, record: UUID) -> None:
        """Remove a draft that was finished; an absent one is no error. See `trash.discard`."""
        self.tables.drafts.remove(doc_ids=[str(record)])

    # Lines taken in from files

    def remember(self, key: str, record: UUID) -> None:
        """Note that ``key`` (a line's own key) made ``record``, so that it is not taken twice."""
        with self.transaction():
            put(self.tables.imports, key, {"record": str(record)})

    def remembered(self, key: str) -> UUID | None:
        """Return the record that ``key`` made, None for a key never seen."""
        document = self.tables.imports.get(doc_id=key)
        return None if document is None else UUID(document["record"])

    # What belongs to the whole store

    def own_changes(self, stream: Stream, after: int = 0) -> Iterator[Change]:
        """Yield the changes of one of our streams beyond ``after``, by rising sequence.

        Raises ChangeInvalid at one that is reduced: what is asked for here is to be sent.
        """
        return (change_from_json(found["change"]) for found in self._of_log(stream, after))

    def own_log(self, stream: Stream) -> Iterator[Logged]:
        """Yield all of one of our streams, reduced changes too, by rising sequence."""
        return map(logged, self._of_log(stream, 0))

    def _of_log(self, stream: Stream, after: int) -> Iterator[Any]:
        for sequence in range(after + 1, self.branches.last_sequence(stream) + 1):
            document = self.tables.changes.get(doc_id=change_key(stream, sequence))
            if document is not None:
                yield document

    def server_ms(self) -> int | None:
        """Return the server's time as last heard, Unix milliseconds."""
        heard = self.tables.read_meta("server").get("server_ms")
        return None if heard is None else int(heard)

    def regions(self) -> RegionTable | None:
        """Return the regency's regions, None before the first sync."""
        rows = self.tables.read_meta("regions").get("rows")
        return RegionTable.from_rows((code, name) for code, name in rows) if rows else None

    def last_receipt(self) -> dict[str, Any] | None:
        """Return ``stream``, ``sequence`` and ``server_ms`` of the last receipt, None for none."""
        return self.tables.read_meta("last_receipt") or None


def _nothing(edit: Edit) -> RecordState:
    return RecordState(record=edit.record, type=edit.type, fields={})
