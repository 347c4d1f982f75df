"""Outages as this laptop knows them: how each stands, and which places are down.

Pure. What somebody said last counts for how an outage stands: its own status, a later statement,
a repair that succeeded. Nothing is decided by it; the office keeps every statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared_schema.names import name_key
from shared_schema.regions import RegionInvalid, RegionTable, district_of, parse_region

RESTORED = "restored"
_PLACES = ("place", "office", "kit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word about an outage. ``when``: the day it is of, ISO; ``order``: when it was saved."""

    when: str
    order: int
    status: str


def standing(own: str | None, words: Iterable[Said]) -> str:
    """Return how an outage stands by the latest of what was said, else by its report."""
    latest = max(words, key=lambda said: (said.when, said.order), default=None)
    return latest.status if latest else own or "reported"


def status_of(type_name: str, values: Mapping[str, Any]) -> str | None:
    """Return the status that a statement or a repair attempt amounts to, None for none."""
    if type_name == "outage_statement":
        said = values.get("status")
        return str(said) if said else None
    result = values.get("result")
    if result == "succeeded":
        return RESTORED
    return "awaiting_repair" if result == "failed" else "in_repair" if result else None


def down(
    targets: Sequence[str],
    outages: Iterable[tuple[str, Mapping[str, Any]]],
    regions: RegionTable | None = None,
) -> dict[str, list[str]]:
    """Return those of ``targets`` that are down themselves, with the ids of what is broken there.

    ``outages``: ids and values of those that are not restored. Names are compared as people spell
    them: old spelling, doubled letters, "Kecamatan" before it. By ``regions`` a code and its name
    are the same place, and a village is a part of its district.
    """
    broken = [(one, _names(values, regions)) for one, values in outages]
    wanted = {target: {_bare(_named(target, regions))} - {""} for target in targets}
    found = {
        target: [one for one, names in broken if not bare.isdisjoint(names)]
        for target, bare in wanted.items()
    }
    return {target: ids for target, ids in found.items() if ids}


def _names(values: Mapping[str, Any], regions: RegionTable | None) -> set[str]:
    places = [str(values[name]) for name in _PLACES if values.get(name)]
    around = [code for one in places if (code := district_of(_code(one) or ""))]
    return {_bare(_named(one, regions)) for one in (*places, *around)}


def _code(place: str) -> str | None:
    try:
        return parse_region(place)
    except RegionInvalid:
        return None


def _named(place: str, regions: RegionTable | None) -> str:
    """Return the name of a place that is given by its code, else what is given."""
    code = _code(place)
    return place if code is None else regions.name(code) if regions else code


def _bare(name: str) -> str:
    words = name_key(name).split()
    plain = [word for word in words if word not in _TITLES]
    return " ".join(plain or words)


_TITLES = frozenset(name_key("kecamatan kec kelurahan desa kantor camat dinas").split())
