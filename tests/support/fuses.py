"""Programs that end at one of their commits, just before it or just after, within one process.

A laptop's program that is gone touches its stores no more: whatever still runs on the way out (a
`finally`, a handler) meets the same end at its first statement. What was committed stays.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection

from field_client.vault.connection import StoreConnection
from sync_server.store.engine import Store

STATEMENTS = ("rows", "run", "run_many")
COMMIT = "COMMIT"


class Crash(BaseException):
    """The laptop's program is gone: nothing after this runs."""


class OfficeDown(Exception):
    """The office's program is gone; whoever was talking to it hears no more."""


@dataclass(slots=True)
class Fuse:
    """Lets ``left`` commits pass and ends the program at the next; ``before``: that one is lost."""

    left: int
    before: bool
    blown: bool = False

    def commit(self, commit: Callable[[], None]) -> None:
        """Commit, unless this is the one. Raises Crash."""
        self.check()
        last = not self.left
        self.left -= 1
        if not (last and self.before):
            commit()
        self.blown = last
        self.check()

    def check(self) -> None:
        """Raise Crash where the program is gone."""
        if self.blown:
            raise Crash


@contextmanager
def lit(fuse: Fuse) -> Iterator[None]:
    """Put a fuse into every store that a laptop's program works on within the block."""

    def checked(statement: Callable[..., Any]) -> Callable[..., Any]:
        def checking(store: StoreConnection, sql: str, *given: Any) -> Any:
            if sql == COMMIT:
                return fuse.commit(lambda: statement(store, sql, *given))
            fuse.check()
            return statement(store, sql, *given)

        return checking

    with pytest.MonkeyPatch.context() as patch:
        for name in STATEMENTS:
            patch.setattr(StoreConnection, name, checked(getattr(StoreConnection, name)))
        yield


@dataclass(frozen=True)
class FusedStore(Store):
    """The office's store; ``fuses`` may hold one, which serves once."""

    fuses: list[Fuse] = field(default_factory=list)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Commit at the end as ever, or end the program there. Raises OfficeDown."""
        with super().write() as connection:
            yield connection
            last = self._is_last()
            if last and self.fuses[0].before:
                self.fuses.clear()
                raise OfficeDown
        if last:
            self.fuses.clear()
            raise OfficeDown

    def _is_last(self) -> bool:
        if not self.fuses:
            return False
        self.fuses[0].left -= 1
        return self.fuses[0].left < 0


def ended_early(work: Callable[[], Any], fuse: Fuse) -> bool:
    """Do some work under a fuse; return whether it blew."""
    try:
        with lit(fuse):
            work()
    except Crash:
        return True
    return False
