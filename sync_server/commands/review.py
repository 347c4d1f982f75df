"""``review``: records that a supervisor returns to their officer, or accepts."""

from typing import Any

import click
from sqlalchemy import Connection

from shared_schema.console import emit, output_options, text
from sync_server import reviewing
from sync_server.commands.opening import PACKAGE, deciding, reading
from sync_server.commands.people import regions_of, title_of
from sync_server.reviewing import Review
from sync_server.store.queries import records


@click.group()
def review() -> None:
    """Return records to their officer with a comment, or accept them."""


@review.command("return")
@click.argument("record", metavar="ID")
@click.option("--comment", required=True, help="What the officer is to correct.")
@output_options
def give_back(record: str, comment: str) -> None:
    """Return a record: after the next sync it is in its officer's list with the comment.

    The officer's next save of the record answers it.
    """
    with deciding() as desk:
        by = desk.actor.operator
        document = reviewing.give_back(desk.connection, record, comment, by).as_dict()
        desk.note("return", document["record"], {"review": document["id"]})
    emit(document, lambda: text(PACKAGE)("Returned: {record}").format(**document))


@review.command()
@click.argument("record", metavar="ID")
@click.option("--comment", help="What is to be remembered of it.")
@output_options
def accept(record: str, comment: str | None) -> None:
    """Accept a record as it is; a return that was not answered yet is taken back."""
    with deciding() as desk:
        document = reviewing.accept(desk.connection, record, comment, desk.actor.operator).as_dict()
        desk.note("accept", document["record"], {"review": document["id"]})
    emit(document, lambda: text(PACKAGE)("Accepted: {record}").format(**document))


@review.command("list")
@click.option("--all", "everything", is_flag=True, help="Answered and accepted ones as well.")
@output_options
def list_reviews(*, everything: bool) -> None:
    """List the records that wait for their officer."""
    with reading() as connection:
        found = [
            _document(connection, one)
            for one in reviewing.reviews(connection, only_awaiting=not everything)
        ]
    emit({"count": len(found), "reviews": found}, lambda: _text(found))


def _document(connection: Connection, one: Review) -> dict[str, Any]:
    record = one.record.record
    current = records.get(connection, record)
    return {**one.as_dict(), "title": title_of(current, record, regions_of(connection))}


def _text(found: list[dict[str, Any]]) -> str:
    lines = [f"{one['record']}  {one['title']}\n    {one['comment'] or '-'}" for one in found]
    return "\n".join(lines) or text(PACKAGE)("No record waits for its officer.")


COMMANDS = (review,)
