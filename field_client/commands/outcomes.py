"""What a sync shows on the way and says at its end, whether the laptop is unlocked or not."""

import time
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from field_client.commands.progress import ProgressLine
from field_client.commands.unlocking import PACKAGE
from field_client.healing import Healed
from field_client.sync.outcome import Outcome
from shared_schema.console import text


class Progress(ProgressLine):
    """Where an exchange stands, on standard error."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._begun_s = now()
        self.last = Outcome()

    def __call__(self, outcome: Outcome) -> None:
        """Show where the exchange stands."""
        self.last = outcome
        self.show(standing(outcome, self._now() - self._begun_s, text(PACKAGE)))


def standing(outcome: Outcome, since_s: float, texts: Callable[[str], str]) -> str:
    """Return what is through, what is on its way and what waits, ``since_s`` after the start."""
    parts = []
    changes = outcome.changes + outcome.waiting_changes
    if changes:
        parts.append(
            texts(
                "At the office: {confirmed} of {changes} changes, {confirmed_bytes} of"
                " {all_bytes} bytes; on the way: {on_way_bytes} bytes"
            ).format(
                confirmed=outcome.changes,
                changes=changes,
                confirmed_bytes=outcome.confirmed_bytes,
                all_bytes=outcome.confirmed_bytes + outcome.waiting_bytes,
                on_way_bytes=outcome.on_way_bytes,
            )
        )
    if outcome.photo_waiting_bytes:
        kilobytes = ceil(outcome.photo_waiting_bytes / 1000)
        parts.append(texts("photos: {kilobytes} kB to go").format(kilobytes=kilobytes))
    left_s = seconds_left(outcome, since_s)
    if left_s is not None:
        parts.append(texts("about {seconds} s left").format(seconds=left_s))
    if outcome.items or not parts:
        said = texts("from the office: {items} items, {bytes_received} bytes")
        parts.append(said.format(items=outcome.items, bytes_received=outcome.bytes_received))
    return "; ".join(parts)


def seconds_left(outcome: Outcome, since_s: float) -> int | None:
    """Return how long what waits will take at the pace so far, gaps included; None if unknown."""
    if not outcome.confirmed_bytes or not outcome.waiting_bytes:
        return None
    return ceil(since_s * outcome.waiting_bytes / outcome.confirmed_bytes)


def sync_document(
    outcome: Outcome, *, waiting: int | None, photos: Mapping[str, int]
) -> dict[str, Any]:
    """Return what exchanges amounted to; ``received`` counts receipts, ``pulled`` page items.

    ``waiting``: records, None where it is not known, the vault being locked. ``waiting_changes``
    and ``waiting_bytes``: sealed batches that the office has not confirmed. ``photos``: how many
    wait, and how many of their bytes.
    """
    return {
        "sent_batches": outcome.sent,
        "sent_changes": outcome.changes,
        "received": outcome.received,
        "pulled": outcome.items,
        "bytes_sent": outcome.bytes_sent,
        "bytes_received": outcome.bytes_received,
        "confirmed_changes": outcome.changes,
        "confirmed_bytes": outcome.confirmed_bytes,
        "waiting_changes": outcome.waiting_changes,
        "waiting_bytes": outcome.waiting_bytes,
        "cuts": outcome.cuts,
        "enrolled": outcome.enrolled,
        "waiting": waiting,
        "photos": {
            "sent": outcome.photos,
            "waiting": photos["waiting"],
            "waiting_bytes": photos["waiting_bytes"],
        },
        "healed": [_healed(each) for each in outcome.healed],
    }


def not_through(document: Mapping[str, Any], texts: Callable[[str], str]) -> str:
    """Return what is through and what is not, after a sync that did not come to its end."""
    return texts(
        "The sync was broken off. At the office from it: {confirmed_changes} changes,"
        " {confirmed_bytes} bytes. Not there, kept and waiting: {waiting_changes} changes,"
        " {waiting_bytes} bytes."
    ).format(**document)


def photo_lines(photos: Mapping[str, int], texts: Callable[[str], str]) -> list[str]:
    """Return a line about photos, none where none went and none waits."""
    if not photos["sent"] and not photos["waiting"]:
        return []
    said = texts(
        "Photos received by the office: {sent}. Still waiting: {waiting} photos, {kilobytes} kB."
    )
    return [said.format(kilobytes=ceil(photos["waiting_bytes"] / 1000), **photos)]


def _healed(healed: Healed) -> dict[str, Any]:
    return {
        "from": healed.old.hex(),
        "to": healed.new.hex(),
        "changes": healed.changes,
        "records": {str(old): str(new) for old, new in healed.records.items()},
        "unsent": [str(record) for record in healed.unsent],
    }
