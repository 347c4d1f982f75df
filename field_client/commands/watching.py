"""What `sync --watch` shows: one line that is true at every moment, and sums at its end.

That all is at the office is said only where the last attempt succeeded and nothing that was saved
here since, by whichever program, lacks its receipt.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import click

from field_client.commands.progress import ProgressLine
from field_client.commands.unlocking import PACKAGE
from field_client.opened import App
from field_client.sync.watch import Standing, Stop, Watch, route, stopped_by_signals
from shared_schema.console import emit, report, text, wants_json
from shared_schema.errors import JemputError, StorageError

Tell = Callable[[dict[str, Any], Callable[[], str]], None]
Texts = Callable[[str], str]
MINUTE_S = 60
_NEWS = ("sent_changes", "pulled", "enrolled", "healed")
_SUMS = ("sent_changes", "received", "pulled", "bytes_sent", "bytes_received")


def unconfirmed(app: App) -> int:
    """Return how many changes made on this laptop the office has not confirmed."""
    branches = app.journal.branches
    left = 0
    for stream in branches.all():
        closed_after = branches.closed_after(stream)
        last = branches.last_sequence(stream) if closed_after is None else closed_after
        left += max(last - app.spool.acked(stream.to_bytes()), 0)
    return left


def told(
    standing: Standing, unconfirmed: int, *, locked: bool, texts: Texts, photos: int = 0
) -> str:
    """Return how things stand, without what changes by the second."""
    if standing.error is not None:
        said = texts("No exchange with the office now. Not confirmed yet: {changes} changes.")
    elif locked:
        said = texts("Locked. Of what was sealed at the last lock, {changes} changes still wait.")
    elif unconfirmed:
        said = texts("Not confirmed by the office yet: {changes} changes.")
    elif photos:
        said = texts("All records are at the office; {photos} photos still wait.")
    else:
        said = texts("Everything saved on this laptop is at the office.")
    return said.format(changes=unconfirmed, photos=photos)


def times(standing: Standing, texts: Texts) -> str:
    """Return when the last exchange was, and when the next attempt will be."""
    parts = [texts("Next attempt in {seconds} s.").format(seconds=round(standing.wait_s))]
    if standing.since_s is not None and standing.since_s >= MINUTE_S:
        minutes = int(standing.since_s // MINUTE_S)
        parts.append(texts("Last exchange {minutes} minutes ago.").format(minutes=minutes))
    return " ".join(parts)


class StatusLine(ProgressLine):
    """The one line: on a screen it is overwritten, elsewhere it is written when it changes."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ""

    def state(self, said: str, when: str) -> None:
        """Show how things stand."""
        if sys.stderr.isatty():
            self.show(f"{said} {when}")
        elif said != self._last:
            click.echo(said, err=True)
        self._last = said


@dataclass(slots=True, kw_only=True)
class Watching:
    """One `sync --watch`. ``attempt``: syncs once with ``url``, and tells what it amounted to.

    ``left``: how many changes are not confirmed. ``photos``: how many photos are not. ``locked``:
    whether the vault stays closed.
    """

    attempt: Callable[[Tell], None]
    url: str
    left: Callable[[], int]
    locked: bool
    photos: Callable[[], int] = int
    _line: StatusLine = field(default_factory=StatusLine)
    _sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SUMS, 0))

    def run(self) -> None:
        """Go on until SIGINT or SIGTERM; then print one document, or one sentence."""
        with stopped_by_signals() as stop, self._line:
            watch = Watch(
                attempt=lambda: self._attempt(stop),
                stopped=stop,
                warn=self._warn,
                show=self._show,
                routed=partial(route, self.url),
            )
            watch.run()
        document = self._document(watch)
        emit(document, lambda: _ending(document, text(PACKAGE)))

    def _attempt(self, stop: Stop) -> None:
        self._line.end()
        with stop.working():
            self.attempt(self._tell)

    def _tell(self, document: Mapping[str, Any], lines: Callable[[], str]) -> None:
        for name in _SUMS:
            self._sums[name] += document[name]
        news = any(document[name] for name in _NEWS) or document["photos"]["sent"]
        if not wants_json() and news:
            click.echo(lines())

    def _warn(self, error: JemputError) -> None:
        self._line.end()
        report(error, PACKAGE, level="warning")

    def _show(self, standing: Standing) -> None:
        with suppress(StorageError):
            texts = text(PACKAGE)
            left, photos = self.left(), self.photos()
            said = told(standing, left, locked=self.locked, texts=texts, photos=photos)
            self._line.state(said, times(standing, texts))

    def _document(self, watch: Watch) -> dict[str, Any]:
        return {
            **self._sums,
            "attempts": watch.attempts,
            "succeeded": watch.successes,
            "error": watch.error.code if watch.error else None,
            "unconfirmed": self.left(),
            "locked": self.locked,
        }


def _ending(document: Mapping[str, Any], texts: Texts) -> str:
    return texts(
        "Watching has ended. Received by the office meanwhile: {sent_changes} changes. Not"
        " confirmed yet: {unconfirmed}."
    ).format(**document)
