"""`verify`: is everything on this laptop still as it was written."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import click

from field_client.app import open_beside_empty_spool
from field_client.backups import forget_kept, last_backup
from field_client.commands.errors import StoreUnsound
from field_client.commands.progress import ProgressLine
from field_client.commands.unlocking import PACKAGE, unlocked, who
from field_client.config import Config
from field_client.opened import App
from field_client.vault.errors import VaultDamaged
from field_client.vault.spool import SPOOL_FILE
from field_client.verification import (
    Examination,
    Examined,
    Part,
    examine,
    unopened,
    without_spool,
)
from shared_schema.clock import DAY_MS
from shared_schema.console import emit, output_options, text
from shared_schema.display import iso_time

OVERDUE_DAYS = 7
SHOWN_FAULTS = 5
_NAMES = {
    Part.KEYS: "Key slots, both copies",
    Part.STORE: "Store: pages and indexes",
    Part.LOG: "Log of changes",
    Part.RECORDS: "Records, folded anew",
    Part.BATCHES: "Sealed batches",
    Part.PHOTOS: "Photos",
}
_COUNTED = {
    Part.KEYS: "{count} operators",
    Part.STORE: "{count} tables",
    Part.LOG: "{count} changes",
    Part.RECORDS: "{count} records",
    Part.BATCHES: "{count} batches",
    Part.PHOTOS: "{count} photos",
}
_REMEDIES = {
    Part.KEYS: "Free some space on the disk and unlock again, which mends it; then take a backup.",
    Part.STORE: "Copy the folder whole to a stick for your administrator, then `restore` the last"
    " backup into another folder. What has a receipt is at the office.",
    Part.LOG: "Sync, if it can be done: the office says what it has. Then `restore` the last backup"
    " into another folder and compare.",
    Part.RECORDS: "Sync, if it can be done: the log counts, not what is shown. Then tell your"
    " administrator.",
    Part.BATCHES: "`restore` the last backup into another folder: what was saved there is sealed"
    " anew. What has a receipt is at the office.",
    Part.PHOTOS: "Take these photos again, if that can be done; everything else is not concerned.",
}


@click.command
@output_options
def verify() -> None:
    """Read the whole store again and say of each part whether it is sound, and what to do if not.

    Changes nothing, but drops the copy kept before an update once all is sound.
    """
    asked = who()
    try:
        with unlocked(asked) as app:
            found = _examined(app)
            age_days = _age_days(app)
            emit(_document(found, last_backup(app.tables)), lambda: _told(found, age_days))
            if not found.faults:
                forget_kept(app.home)
    except VaultDamaged as error:
        known = _apart(asked, str(error.details["file"]))
        emit(_document(known, None), lambda: "\n".join(_lines(known)))
        raise
    if found.faults:
        raise StoreUnsound(count=len(found.faults))


def _apart(asked: Config, file: str) -> Examination:
    """Return what can be known where a damaged file kept the store from being opened."""
    if file == SPOOL_FILE:
        with suppress(VaultDamaged), open_beside_empty_spool(asked) as app:
            return without_spool(_examined(app))
    return unopened(asked.home, file)


def _examined(app: App) -> Examination:
    words = text(PACKAGE)
    reading = words("Reading: {part}")
    with ProgressLine() as line:
        return examine(
            app, lambda part: line.show(reading.format(part=words(_NAMES[part])), step=True)
        )


def _document(found: Examination, backup_ms: int | None) -> dict[str, Any]:
    return {
        "sound": not found.faults,
        "changes": found.count(Part.LOG),
        "records": found.count(Part.RECORDS),
        "batches": found.count(Part.BATCHES),
        "photos": found.count(Part.PHOTOS),
        "parts": {each.part: _state(each) for each in found.parts},
        "findings": [{"code": each.code, "place": each.place} for each in found.faults],
        "last_backup": iso_time(backup_ms),
    }


def _state(each: Examined) -> str:
    if each.faults:
        return "faulty"
    return "unread" if each.count is None else "sound"


def _age_days(app: App) -> int | None:
    """Return how old the last backup is by the best known time; None where there is none."""
    made_ms = last_backup(app.tables)
    return None if made_ms is None else max(app.journal.evidence().best_ms() - made_ms, 0) // DAY_MS


def _told(found: Examination, age_days: int | None) -> str:
    words = text(PACKAGE)
    verdict = [] if found.faults else [words("Everything is sound.")]
    return "\n".join([*_lines(found), _backup_line(age_days, words), *verdict])


def _lines(found: Examination) -> Iterator[str]:
    words = text(PACKAGE)
    width = max(len(words(name)) for name in _NAMES.values())
    for each in found.parts:
        titled = words(_NAMES[each.part]).ljust(width)
        yield f"{_mark(_state(each), words)}  {titled}  {_size(each, words)}".rstrip()
        for fault in each.faults[:SHOWN_FAULTS]:
            yield f"    {fault.code}  {fault.place}"
        if each.faults[SHOWN_FAULTS:]:
            more = words("and {count} more; --json shows them all")
            yield f"    {more.format(count=len(each.faults) - SHOWN_FAULTS)}"
        if each.faults:
            yield f"    -> {words(_REMEDIES[each.part])}"


def _size(each: Examined, words: Callable[[str], str]) -> str:
    return "" if each.count is None else words(_COUNTED[each.part]).format(count=each.count)


def _mark(state: str, words: Callable[[str], str]) -> str:
    marks = {
        "sound": (words("sound"), "green"),
        "faulty": (words("FAULTY"), "red"),
        "unread": (words("not read"), "yellow"),
        "note": (words("note"), "yellow"),
    }
    width = max(len(word) for word, _ in marks.values())
    word, colour = marks[state]
    return click.style(word.ljust(width), fg=colour)


def _backup_line(age_days: int | None, words: Callable[[str], str]) -> str:
    if age_days is None:
        said = words("No backup yet. Take one: `backup FILE`, on a stick.")
    elif age_days == 0:
        said = words("Last backup: less than a day ago.")
    else:
        said = words("Last backup: {days} days ago.").format(days=age_days)
    due = age_days is None or age_days > OVERDUE_DAYS
    return f"{_mark('note' if due else 'sound', words)}  {said}"
