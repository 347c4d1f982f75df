"""`add TYPE` without a file: the conversation at the terminal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click

from field_client import saving
from field_client.capture import assess
from field_client.commands import taking
from field_client.commands.errors import AskingInterrupted, NothingTyped
from field_client.commands.terminal import ask_line
from field_client.commands.unlocking import PACKAGE, check_context
from field_client.errors import RecordAmbiguous, RecordUnknown
from field_client.fields import Find
from field_client.opened import App
from field_client.prompts import Conversation, fill
from field_client.saving import Saved
from field_client.twins import KnownPeople
from shared_schema.changes import REASONS
from shared_schema.console import language, report, text
from shared_schema.records import FieldKind, RecordType


def ask(app: App, rtype: RecordType, accept: str | None) -> None:
    """Ask for one record and save it. Raises AskingInterrupted, NothingTyped."""
    context, kept = check_context(app), _Kept(app, rtype)
    talk = Conversation(lang=language(), ask=ask_line, say=_say, keep=kept.keep, find=finder(app))
    _say(text(PACKAGE)("* must be answered; an empty line skips the rest; Ctrl-C keeps a draft."))
    try:
        judged = fill(rtype, context, talk)
    except (EOFError, KeyboardInterrupt) as broken:
        click.echo(err=True)
        if kept.record is None:
            raise NothingTyped from broken
        interrupted = assess(rtype, kept.values, context)
        saving.keep_draft(app.journal, kept.record, interrupted)
        raise AskingInterrupted(id=kept.record) from broken
    if not {name for name in judged.values if name != REASONS} or kept.record is None:
        raise NothingTyped
    if accept:
        judged = assess(rtype, judged.values, context, accept)
    twins = kept.people.twins(judged, kept.record)
    record = saving.save_answers(app.journal, kept.record, judged)
    state = "waiting" if judged.final else "draft"
    saved = Saved(line=1, id=record, state=state, twins=twins)
    taking.report_one(saved, judged, kept.told)


def finder(app: App) -> Find:
    """Return what turns a part of an id into the whole, and a village's name into its code.

    What names no record, and not exactly one village, stays as typed.
    """

    def find(kind: FieldKind, typed: str) -> str:
        if kind is FieldKind.REGION:
            regions = app.journal.regions()
            return regions.village_called(typed) or typed if regions else typed
        try:
            return str(app.journal.resolve(typed))
        except (RecordUnknown, RecordAmbiguous):
            return typed

    return find


class _Kept:
    """The draft of the record that is being asked for; it begins with the first answer."""

    def __init__(self, app: App, rtype: RecordType) -> None:
        self._app = app
        self._rtype = rtype
        self.record: UUID | None = None
        self.values: dict[str, Any] = {}
        self.people = KnownPeople(app.journal)
        self.told: set[UUID] = set()

    def keep(self, values: Mapping[str, Any]) -> None:
        """Store the answers so far, durably."""
        self.values = dict(values)
        journal, rtype = self._app.journal, self._rtype
        with journal.transaction():
            if self.record is None:
                self.record = journal.new_record()
            journal.save_draft(self.record, rtype.name, rtype.version, self.values)
        if rtype.name == "person" and values.get("name"):
            self._point_out()

    def _point_out(self) -> None:
        """Say who of those known here this may be, as soon as the answers tell; each once."""
        for twin in self.people.like(self.values, self.record):
            if twin.id not in self.told:
                self.told.add(twin.id)
                said = taking.duplicate(text(PACKAGE)("This person"), twin)
                report(said, PACKAGE, level="warning")


def _say(line: str) -> None:
    click.echo(line, err=True)
