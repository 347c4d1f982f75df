"""What takes long to read, kept until somebody commits something; gone when the store is closed."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from field_client.entries import COUNTED
from field_client.journal import Journal
from field_client.opened import App
from shared_schema.regions import RegionTable

Kept = TypeVar("Kept")
_KNOWN: WeakKeyDictionary[Journal, dict[Hashable, tuple[int, Any]]] = WeakKeyDictionary()

_MADE: WeakKeyDictionary[Journal, dict[Hashable, Any]] = WeakKeyDictionary()


def remembered(app: App, key: Hashable, make: Callable[[], Kept]) -> Kept:
    """Return what ``make`` gives, as of the last commit of this or another program."""
    known, now = _KNOWN.setdefault(app.journal, {}), app.db.change_number()
    at, held = known.get(key, (None, None))
    if at != now:
        held = make()
        known[key] = (now, held)
    found: Kept = held  # type: ignore[assignment]  # what this key's maker gave
    return found


def made_once(app: App, kind: Callable[[Journal], Kept]) -> Kept:
    """Return what ``kind`` makes of the open store, one and the same until it is closed."""
    known = _MADE.setdefault(app.journal, {})
    if kind not in known:
        known[kind] = kind(app.journal)
    found: Kept = known[kind]
    return found


def standings(app: App) -> Mapping[str, Sequence[str]]:
    """Return the ids of own records and drafts by how far they have come, the oldest first."""
    return remembered(app, "standings", lambda: _standings(app))


def counts(app: App) -> dict[str, int]:
    """Return how many own records stand where."""
    return {state: len(found) for state, found in standings(app).items()}


def unsent(app: App) -> int:
    """Return how many records have changes that the office has not confirmed."""
    return remembered(app, "unsent", lambda: sum(1 for _ in app.journal.unsent_types()))


def regions(app: App) -> RegionTable | None:
    """Return the regency's regions, None before the first sync."""
    return remembered(app, "regions", app.journal.regions)


def region_name(app: App, code: str) -> str:
    """Return a region's name, its code before the first sync."""
    known = regions(app)
    return known.name(code) if known else code


def _standings(app: App) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {str(state): [] for state in COUNTED}
    for record, now, _ in app.journal.standings():
        found[now].append(record)
    return found
