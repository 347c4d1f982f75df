"""``user`` and ``audit``: who may use the supervisors' pages, and what they did there."""

import sys
from typing import Any

import click

from shared_schema import display
from shared_schema.console import ask_twice, emit, output_options, screen_width, text
from shared_schema.display import iso_time
from shared_schema.regions import parse_region
from sync_server import accounts
from sync_server.accounts import Role
from sync_server.commands.opening import PACKAGE, deciding, opened, operator_of, reading, zone_of
from sync_server.store.queries import audit, users
from sync_server.store.queries.users import User

_ROLE_WORDS = {
    "viewer": "District viewer",
    "supervisor": "Supervisor",
    "administrator": "Administrator",
    "auditor": "Auditor",
}


@click.group()
def user() -> None:
    """Say who may sign in to the supervisors' pages and the JSON API."""


@user.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default="supervisor",
    show_default=True, help="What the user may do.",
)  # fmt: skip
@click.option("--area", default="", help="Region codes with commas; the whole regency otherwise.")
@output_options
def add(name: str, role: str, area: str) -> None:
    """Add user NAME; without a terminal a first passphrase is made up and printed once."""
    office = opened()
    chosen, passphrase = _passphrase()
    made = User(
        name=name.strip(),
        role=role,
        passphrase_hash=accounts.hash_of(chosen),
        created_ms=office.now_ms(),
        area=tuple(parse_region(part) for part in area.replace(",", " ").split()),
        fresh=True,
    )
    with office.store.write() as connection:
        accounts.add(connection, made, operator_of(connection), office.now_ms())
    emit({**_document(made), "passphrase": passphrase}, lambda: _told(made.name, passphrase))


@user.command()
@click.argument("name", metavar="NAME")
@output_options
def passphrase(name: str) -> None:
    """Give user NAME another passphrase, unlock the name, and end all sessions."""
    office = opened()
    with office.store.read() as connection:
        accounts.known(connection, name)
    chosen, shown = _passphrase()
    made = accounts.hash_of(chosen)
    with office.store.write() as connection:
        accounts.reset(connection, name, made, operator_of(connection), office.now_ms())
    emit({"name": name, "passphrase": shown}, lambda: _told(name, shown))


@user.command()
@click.argument("name", metavar="NAME")
@output_options
def disable(name: str) -> None:
    """Let user NAME in no more; what they decided stays."""
    with deciding() as desk:
        by, now_ms = desk.actor.operator, desk.office.now_ms()
        gone = accounts.disable(desk.connection, name, by, now_ms)
    emit(_document(gone), lambda: text(PACKAGE)("{name} is disabled.").format(name=name))


@user.command("list")
@output_options
def list_users() -> None:
    """List all users with role, area and state."""
    with reading() as connection:
        found = users.everyone(connection)
    document = {"count": len(found), "users": [_document(one) for one in found]}
    emit(document, lambda: _table(found))


@click.command("audit")
@click.option("--before", type=int, help="Only entries before this number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@output_options
def audit_log(*, before: int | None, limit: int) -> None:
    """Show who did what on the pages and the JSON API, the newest first."""
    with reading() as connection:
        zone = zone_of(connection)
        found = audit.latest(connection, before=before, limit=limit)
    entries = [
        {
            "position": one.position,
            "time": iso_time(one.at_ms),
            "actor": one.actor,
            "action": one.action,
            "subject": one.subject,
            "detail": dict(one.detail),
        }
        for one in found
    ]
    lines = [
        f"{one.position:>7}  {display.instant(one.at_ms, zone)}  {one.actor}  {one.action}"
        f"  {one.subject}  {one.detail.get('reason', '')}".rstrip()
        for one in found
    ]
    emit({"entries": entries}, lambda: "\n".join(lines) or text(PACKAGE)("Nothing was done yet."))


def _passphrase() -> tuple[str, str | None]:
    """Return a passphrase, and again what is to be printed of it: nothing where it was typed."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        return ask_twice(text(PACKAGE)("First passphrase of the user")), None
    made = accounts.first_passphrase()
    return made, made


def _told(name: str, shown: str | None) -> str:
    texts = text(PACKAGE)
    lines = [texts("{name} can sign in, and chooses a passphrase then.").format(name=name)]
    if shown is not None:
        lines.append(texts("First passphrase, shown only now: {shown}").format(shown=shown))
    return "\n".join(lines)


def _document(one: User) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role,
        "area": list(one.area),
        "created": iso_time(one.created_ms),
        "disabled": iso_time(one.disabled_ms),
    }


def _table(found: list[User]) -> str:
    texts = text(PACKAGE)
    headers = [texts(word) for word in ("User name", "Role", "Area", "State")]
    rows = [
        (
            one.name,
            texts(_ROLE_WORDS[one.role]),
            ", ".join(one.area) or texts("whole regency"),
            texts("active") if one.disabled_ms is None else texts("disabled"),
        )
        for one in found
    ]
    return display.table(headers, rows, width=screen_width())


COMMANDS = (user, audit_log)
