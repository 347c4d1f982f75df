"""``recovery``: the office's key to laptops whose passphrase was forgotten, in officers' hands.

Shares are shown once, on the screen only, and typed back by the officers who hold them. They are
never arguments, never logged and never kept. Advice goes to standard error.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from shared_schema.clock import DAY_MS
from shared_schema.console import emit, output_options, screen_width, text, wants_json
from shared_schema.display import iso_time, local_time, pairs, table
from shared_schema.errors import FileUnreadable, InputError
from shared_schema.recovery import (
    FILE_LIMIT_BYTES,
    Request,
    answer_document,
    key_name,
    read_request,
)
from sync_server import recovery as keys
from sync_server.commands import sharing
from sync_server.commands.opening import PACKAGE, opened, operator, zone_of
from sync_server.commands.output import OutputNotWritten
from sync_server.keys import write_durably
from sync_server.recovery import Case
from sync_server.shares import MOST_SHARES

_SHARES = 3
_THRESHOLD = 2


class RecoveryTargetTaken(InputError):
    """There is a file {path} already. Nothing was answered; name a file that is not there yet."""

    code = "RECOVERY_TARGET_TAKEN"


@click.group()
def recovery() -> None:
    """Recover laptops whose passphrase was forgotten, with shares that officers hold."""


@recovery.command()
@click.option(
    "--shares",
    "count",
    type=click.IntRange(2, MOST_SHARES),
    default=_SHARES,
    show_default=True,
    help="How many shares there are.",
)
@click.option(
    "--threshold",
    type=click.IntRange(2, MOST_SHARES),
    default=_THRESHOLD,
    show_default=True,
    help="How many of them open a laptop.",
)
@click.option("--holder", "holders", multiple=True, help="Who holds a share, one for each share.")
@click.option("--replace", is_flag=True, help="Make a new key although there is one.")
@output_options
def create(count: int, threshold: int, holders: tuple[str, ...], *, replace: bool) -> None:
    """Make the recovery key and show its shares, once; each is copied by the officer who holds it.

    Laptops take the key at their next sync. With --replace those that have not synced since are
    opened by the old shares only: keep these until `recovery status` names no such laptop.
    """
    office = opened()
    if not replace:
        keys.require_none(office)
    drawn = keys.draw(office, threshold, count, holders)
    sharing.show(drawn)
    sys.stdout.flush()
    keys.keep(office, drawn, operator(office))
    if not wants_json():
        said = text(PACKAGE)(
            "Recovery key {key} is in use. Let the officers try their shares now:"
            " `sync-server recovery exercise`. Laptops take the key at their next sync."
        )
        click.echo(said.format(key=key_name(drawn.key.public)))


@recovery.command()
@output_options
def status() -> None:
    """Show the key, when its shares were last tried, and which laptops do not hold it yet."""
    office = opened()
    found = keys.survey(office)
    with office.store.read() as connection:
        zone = zone_of(connection)
    now_ms = office.now_ms()

    def when(at_ms: int | None) -> str:
        return local_time(iso_time(at_ms), zone) if at_ms else text(PACKAGE)("never")

    emit(_status(found, now_ms), lambda: _told(found, now_ms, when))


def _status(found: keys.Survey, now_ms: int) -> dict[str, Any]:
    key = found.key
    return {
        "key": key_name(key.public) if key else None,
        "created": iso_time(key.made_ms) if key else None,
        "threshold": key.threshold if key else None,
        "shares": [
            {"share": number, "holder": holder, "tried": iso_time(found.tried.get(number))}
            for number, holder in enumerate(key.holders if key else (), start=1)
        ],
        "exercised": iso_time(found.exercised_ms),
        "days_since_exercise": _days(found.exercised_ms, now_ms),
        "laptops": found.laptops,
        "laptops_without": [{"device": one.id.hex(), "label": one.label} for one in found.without],
        "earlier_keys": [key_name(one.public) for one in found.earlier],
        "events": [
            {
                "at": iso_time(event.at_ms),
                "deed": event.deed.value,
                "key": event.key,
                "by": event.actor,
                "shares": list(event.shares),
                "device": event.device,
                "operator": event.operator,
            }
            for event in found.events
        ],
    }


def _days(at_ms: int | None, now_ms: int) -> int | None:
    return None if at_ms is None else max(0, now_ms - at_ms) // DAY_MS


def _told(found: keys.Survey, now_ms: int, when: Callable[[int | None], str]) -> str:
    words, key = text(PACKAGE), found.key
    if key is None:
        return words(
            "This office has no recovery key: whoever forgets a passphrase can only be helped by"
            " another operator of the same laptop. Make one with `sync-server recovery create`."
        )
    days = _days(found.exercised_ms, now_ms)
    last = words("never") if days is None else words("{days} days ago").format(days=days)
    shown = [
        (words("Recovery key"), f"{key_name(key.public)} ({when(key.made_ms)})"),
        (words("Shares that open a laptop"), f"{key.threshold} / {len(key.holders)}"),
        (words("Last exercise"), last),
        (words("Laptops that hold the key"), f"{found.laptops - len(found.without)}"),
        (words("Laptops that do not yet"), ", ".join(d.label for d in found.without) or "-"),
        (
            words("Earlier keys"),
            ", ".join(key_name(one.public) for one in found.earlier) or "-",
        ),
    ]
    rows = [
        [str(number), holder, when(found.tried.get(number))]
        for number, holder in enumerate(key.holders, start=1)
    ]
    headers = [words("Share"), words("Holder"), words("Last tried")]
    listed = [pairs(shown), "", table(headers, rows, width=screen_width())]
    deeds = list(_deeds(found, when))
    return "\n".join([*listed, "", *deeds] if deeds else listed)


def _deeds(found: keys.Survey, when: Callable[[int | None], str]) -> Iterator[str]:
    """Yield a line for each laptop that was ever recovered."""
    said = text(PACKAGE)("{at}: {label} opened for {operator}, shares {shares}, by {actor}")
    for event in found.events:
        if event.device is not None:
            yield said.format(
                at=when(event.at_ms),
                label=found.labels.get(event.device, event.device),
                operator=event.operator,
                shares=", ".join(map(str, event.shares)),
                actor=event.actor,
            )


@recovery.command()
@output_options
def exercise() -> None:
    """Let officers try their shares: a make-believe laptop is recovered, nothing is opened.

    At least as many shares as are needed are typed, better all of them; the date is noted.
    """
    office = opened()
    with office.store.read() as connection:
        key = keys.need(connection)
    typed = sharing.typed_shares(office, key, everyone=True)
    keys.exercise(office, key, typed, operator(office))
    numbers = sorted(share.number for share in typed)
    emit(
        {"key": key_name(key.public), "shares": numbers},
        lambda: text(PACKAGE)(
            "The exercise succeeded: shares {numbers} open what laptops seal to key {key}."
            " Nothing was opened."
        ).format(numbers=", ".join(map(str, numbers)), key=key_name(key.public)),
    )


@recovery.command()
@click.argument("request", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("target", metavar="ANSWER", type=click.Path(dir_okay=False, path_type=Path))
@output_options
def answer(request: Path, target: Path) -> None:
    """Answer a laptop's REQUEST with shares: writes the file ANSWER for that laptop only.

    First see with your own eyes who asks, and compare the code with the one on the laptop.
    """
    office = opened()
    case = keys.open_case(office, _read(request))
    if target.exists():
        raise RecoveryTargetTaken(path=target)
    click.echo(_case(case), err=True)
    typed = sharing.typed_shares(office, case.key)
    given = keys.answer(office, case, typed, operator(office))
    try:
        write_durably(target, answer_document(given))
    except OSError as error:
        raise OutputNotWritten(file=target, reason=error.strerror) from error
    document = {
        "answer": str(target),
        "device": case.device.id.hex(),
        "label": case.device.label,
        "operator": case.request.operator,
        "code": case.request.code,
        "key": key_name(case.key.public),
        "shares": sorted(share.number for share in typed),
    }
    emit(
        document,
        lambda: text(PACKAGE)(
            "Written to {answer}. On laptop {label}: `field-client recover apply FILE`."
        ).format(**document),
    )


def _read(path: Path) -> Request:
    """Read a request's file. Raises FileUnreadable, RecoveryRequestInvalid, RecoveryFileNewer."""
    try:
        with path.open("rb") as data:
            return read_request(data.read(FILE_LIMIT_BYTES))
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror) from error


def _case(case: Case) -> str:
    words = text(PACKAGE)
    shown = [
        (words("Laptop"), f"{case.device.label} ({case.device.id.hex()})"),
        (words("Operator"), case.request.operator),
        (words("Code to compare"), case.request.code),
        (words("Recovery key"), key_name(case.key.public)),
        (words("Shares needed"), str(case.key.threshold)),
    ]
    lines = [pairs(shown)]
    if case.earlier:
        lines.append(words("The laptop has not taken the new key yet: use the shares of this one."))
    lines.append(
        words("See who asks, and compare the code with the laptop's. If in doubt: Ctrl-C.")
    )
    return "\n".join(lines)


COMMANDS = (recovery,)
