"""Lists that may be long, a part at a time, so that no page outgrows its 150 kB."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request, url_for

Row = TypeVar("Row")
_LAST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[Row]):
    """Some rows of a list of ``total``, from the ``first`` on, counted from 1.

    ``earlier``, ``later``: the addresses of the parts beside it, "" where there is none.
    """

    rows: Sequence[Row]
    first: int
    total: int
    earlier: str
    later: str

    @property
    def last(self) -> int:
        """The number of the last row that is shown."""
        return self.first + len(self.rows) - 1


def part_of(rows: Sequence[Row], size: int, name: str = "from") -> Part[Row]:
    """Return the part that the address asks for under ``name``; the first for anything else."""
    asked = min(max(request.args.get(name, 1, type=int), 1), _LAST)
    first = asked if asked <= len(rows) else 1
    shown = rows[first - 1 : first - 1 + size]
    behind = first + len(shown)
    return Part(
        rows=shown,
        first=first,
        total=len(rows),
        earlier=_address(name, max(first - size, 1)) if first > 1 else "",
        later=_address(name, behind) if behind <= len(rows) else "",
    )


def _address(name: str, first: int) -> str:
    kept = {key: value for key, value in request.args.items() if key != "done"}
    here = {**(request.view_args or {}), **kept, name: first}
    return url_for(str(request.endpoint), **here) if request.method == "GET" else ""
