"""`add TYPE --from FILE`: judging all lines, saving them in one commit, and telling about it."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import click

from field_client import saving
from field_client.capture import Assessment
from field_client.commands import documents
from field_client.commands.errors import (
    LeftAsDraft,
    LineInvalid,
    LinesInvalid,
    More,
    PossibleDuplicate,
    TakenBefore,
)
from field_client.commands.unlocking import PACKAGE, check_context
from field_client.intake import Intake, Item, read
from field_client.opened import App
from field_client.saving import Saved
from field_client.twins import Twin
from shared_schema.console import emit, language, report, text
from shared_schema.errors import FileEmpty, JemputError
from shared_schema.records import RecordType

SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a file is taken. ``name``: what the user called it."""

    name: str
    accept: str | None
    skip_invalid: bool
    again: bool


def take(app: App, rtype: RecordType, content: bytes, options: Options) -> None:
    """Judge every line, then save all that can be. Raises FileEmpty, LinesInvalid."""
    intake = read(rtype, content, check_context(app), options.accept)
    if not intake.lines:
        raise FileEmpty(path=options.name)
    refused = bool(intake.invalid) and not options.skip_invalid
    items = () if refused else intake.items
    saved = saving.save_items(app.journal, items, again=options.again)
    document = _document(intake, saved, skipped=intake.invalid_lines if not refused else 0)
    _point_out(_invalid(intake))
    _point_out(_drafts(items, saved))
    _point_out(_twins(saved))
    already = document["already"]
    if already:
        report(TakenBefore(count=already), PACKAGE, level="warning")
    emit(document, lambda: _summary(document))
    if refused:
        raise LinesInvalid(count=intake.invalid_lines)


def report_one(saved: Saved, judged: Assessment, told: Container[UUID] = ()) -> None:
    """Tell about one record that was asked for, in the same form; of ``told`` nothing again."""
    item = Item(line=saved.line, key="", record=judged)
    intake = Intake(lines=1, items=(item,), invalid=())
    _point_out(_drafts([item], [saved]))
    fresh = tuple(twin for twin in saved.twins if twin.id not in told)
    _point_out(_twins([replace(saved, twins=fresh)]))
    document = _document(intake, [saved], skipped=0)
    emit(document, lambda: f"{_summary(document)}\n{saved.id}")


def _document(intake: Intake, saved: Sequence[Saved], *, skipped: int) -> dict[str, Any]:
    lang = language()
    fresh = [each for each in saved if not each.already]
    return {
        "saved": sum(each.state != "draft" for each in fresh),
        "drafts": sum(each.state == "draft" for each in fresh),
        "already": len(saved) - len(fresh),
        "skipped": skipped,
        "invalid": [documents.finding_document(each, lang) for each in intake.invalid],
        "warnings": [documents.finding_document(each, lang) for each in intake.warnings],
        "notices": [
            documents.notice_document(each.line, twin, _duplicate(each, twin).message(_texts()))
            for each in saved
            for twin in each.twins
        ],
        "records": [documents.saved_document(each) for each in saved],
    }


def _summary(document: dict[str, Any]) -> str:
    counted = (
        ("Saved on this device", "saved"),
        ("Kept as drafts", "drafts"),
        ("Saved before", "already"),
        ("Left out", "skipped"),
    )
    texts = _texts()
    return ". ".join(
        f"{texts(words)}: {document[key]}"
        for words, key in counted
        if document[key] or key == "saved"
    )


def _invalid(intake: Intake) -> list[JemputError]:
    return [
        LineInvalid(
            place=_place(found.line), problem=documents.sentences([found.problem], language())
        )
        for found in intake.invalid
    ]


def _drafts(items: Iterable[Item], saved: Iterable[Saved]) -> list[JemputError]:
    drafted = {each.line for each in saved if each.state == "draft"}
    return [
        LeftAsDraft(
            place=_place(item.line),
            problems=documents.sentences(
                [found for part in item.parts for found in part.problems], language()
            ),
        )
        for item in items
        if item.line in drafted
    ]


def _twins(saved: Iterable[Saved]) -> list[JemputError]:
    return [_duplicate(each, twin) for each in saved for twin in each.twins]


def _duplicate(saved: Saved, twin: Twin) -> PossibleDuplicate:
    return duplicate(_place(saved.line), twin)


def duplicate(place: str, twin: Twin) -> PossibleDuplicate:
    """Return the word to the officer: who it may be, and why."""
    why = documents.agreement(twin.parts, language())
    return PossibleDuplicate(place=place, name=twin.name, id=twin.id, why=why)


def _place(line: int) -> str:
    return _texts()("Line {line}").format(line=line)


def _point_out(warnings: Sequence[JemputError]) -> None:
    """Print warnings, the first ten of a kind."""
    for warning in warnings[:SHOWN]:
        report(warning, PACKAGE, level="warning")
    if len(warnings) > SHOWN:
        click.echo(f"  {More(count=len(warnings) - SHOWN).message(_texts())}", err=True)


def _texts() -> Callable[[str], str]:
    return text(PACKAGE)
