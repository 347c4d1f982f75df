"""``suket``: interim letters from the console, and telling a forged one without a network."""

from datetime import date
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared_schema.console import emit, language, output_options, text
from shared_schema.errors import InputError
from shared_schema.suket_code import fingerprint, verified
from sync_server import suket as letters
from sync_server.commands.opening import PACKAGE, deciding, opened
from sync_server.commands.output import write_bytes
from sync_server.lookup import resolve
from sync_server.papers import pdf
from sync_server.places import known_regions
from sync_server.registry import context_of
from sync_server.reports.suket_letter import letter
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.suket import Entry

_PDF = click.Path(dir_okay=False, path_type=Path)


class KeyInvalid(InputError):
    """The key is not 64 hexadecimal digits. Copy it whole, as `suket key` prints it."""

    code = "KEY_INVALID"


@click.group()
def suket() -> None:
    """Issue interim letters (Suket), revoke them, and tell forged ones."""


@suket.command("key")
@output_options
def show_key() -> None:
    """Print the office's key, to be published: with it anybody can check a letter."""
    public = opened().keys.signing.public_key()
    key = public.public_bytes_raw().hex()
    emit({"key": key, "short": fingerprint(public)}, lambda: key)


@suket.command("verify")
@click.argument("code")
@click.option("--key", "keys", multiple=True, help="A published key; this office's own otherwise.")
@output_options
def verify_code(code: str, keys: tuple[str, ...]) -> None:
    """Check the text of a letter's QR code; with --key nothing else is needed, no network either.

    Whether a letter was revoked only the office knows.
    """
    published = [_key(one) for one in keys]
    if not published:
        published = [opened().keys.signing.public_key()]
    found = verified(code, published)
    document = {name: getattr(found, name) for name in found.__slots__}
    said = text(PACKAGE)("Genuine: letter {number} for {name}, NIK {nik}, born {birth_date}.")
    emit(document, lambda: said.format(**document))


def _key(digits: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(digits.strip()))
    except ValueError as error:
        raise KeyInvalid from error


@suket.command("issue")
@click.argument("person")
@click.option("--output", type=_PDF, help="Write the letter to this file, as PDF.")
@output_options
def issue_letter(person: str, output: Path | None) -> None:
    """Issue a letter to a resident who is recorded and has no card."""
    with deciding() as desk:
        found = resolve(desk.connection, person)
        operator = desk.actor.operator
        made = letters.issue(desk.office, desk.connection, found.record, operator)
        desk.note("suket-issue", made.record, {})
        code = letters.code(desk.office, desk.connection, made)
        rule, name = letters.policy(desk.connection), facts.need(desk.connection, Fact.NAME)
        regions = known_regions(desk.connection)
        if output:
            said = letter(desk.office, name, made, rule, code, regions, language())
            write_bytes(output, pdf("suket", said))
    emit({**_document(made), "code": code}, lambda: made.number)


@suket.command("list")
@output_options
def list_letters() -> None:
    """List the register of letters, the newest first."""
    office = opened()
    with office.store.read() as connection:
        today: date = context_of(office, connection).today
        found = [_document(one) for one in letters.register(connection, today)]
    lines = [f"{one['number']}  {one['state']}  {one['person']}" for one in found]
    emit({"count": len(found), "letters": found}, lambda: "\n".join(lines))


@suket.command("revoke")
@click.argument("number")
@click.option("--reason", required=True, help="Why it is revoked.")
@output_options
def revoke_letter(number: str, reason: str) -> None:
    """Revoke a letter; its number is never given again."""
    with deciding() as desk:
        operator = desk.actor.operator
        gone = letters.revoke(desk.office, desk.connection, number, reason, operator)
        desk.note("suket-revoke", gone.record, {"reason": reason})
    emit(_document(gone), lambda: gone.number)


def _document(one: Entry) -> dict[str, Any]:
    return {
        "record": one.record,
        "number": one.number,
        "person": one.person,
        "issued_on": one.issued_on,
        "expires_on": one.expires_on or None,
        "state": one.state.value,
        "reason": one.reason or None,
    }


COMMANDS = (suket,)
