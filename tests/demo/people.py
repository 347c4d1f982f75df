"""The synthetic people and reports of the demo; none of them exists."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.synthetic import (
    Person,
    Population,
    old_spelling,
    population,
    write_jsonl,
    write_register,
)

SEED = 2016
REGISTER_SIZE = 3000
EACH_TEAM = 70
FIRST_VILLAGE, SECOND_VILLAGE = "53.15.05.2001", "53.15.05.2016"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Files of what is typed in, and the few people whom the story follows.

    ``twice``: registered by both teams, without NIK, under one family card. ``known``: in the
    register under its spelling of before 1972, met by the first team under today's.
    """

    register: Path
    first: Path
    second: Path
    twice: Person
    known: Person
    first_outages: Path
    second_outages: Path


def cast(folder: Path) -> Cast:
    """Write the files of the demo below ``folder``."""
    people = population(SEED)
    register = people.register(REGISTER_SIZE)
    known = next(
        row
        for row in register
        if row["village"] == FIRST_VILLAGE and old_spelling(str(row["name"])) != row["name"]
    )
    spelled = [
        row | {"name": old_spelling(str(row["name"]))} if row is known else row for row in register
    ]
    first, second = (_team(people, village) for village in (FIRST_VILLAGE, SECOND_VILLAGE))
    met = next(row for row in first if "nik" in row)
    twice = {name: value for name, value in met.items() if name != "nik"}
    met_again = {name: known[name] for name in ("name", "sex", "village", "birth_date", "nik")}
    first = [
        _recorded(row) for row in [twice, met_again, *(row for row in first if row is not met)]
    ]
    mistyped = {"village": SECOND_VILLAGE, "sex": "L" if twice["sex"] == "P" else "P"}
    second = [_recorded(row) for row in [twice | mistyped, *second]]
    return Cast(
        register=write_register(folder / "register.csv", spelled),
        first=write_jsonl(folder / "team-1.jsonl", first),
        second=write_jsonl(folder / "team-2.jsonl", second),
        twice=twice,
        known=known,
        first_outages=write_jsonl(folder / "outages-1.jsonl", [_burnt("Camat")]),
        second_outages=write_jsonl(folder / "outages-2.jsonl", [_burnt("Sekcam"), _server_down()]),
    )


def kupang_outages(folder: Path) -> Path:
    """Write the outages of Kota Kupang as the report of October 2016 tells them."""
    reports: list[dict[str, Any]] = [
        {
            "component": "recording_set",
            "place": "Kantor Kecamatan Kota Lama",
            "office": "53.71.06",
            "started": "2014",
            "started_precision": "year",
            "status": "broken",
            "note": "Tiga kali didatangi teknisi kementerian, tidak berhasil",
        },
        {
            "component": "recording_set",
            "place": "Kantor Kecamatan Kelapa Lima",
            "office": "53.71.03",
            "started": "2016-01",
            "started_precision": "month",
            "status": "awaiting_repair",
            "cause": "terbakar",
            "owner": "pemerintah pusat",
            "redirect_to": ["53.71.05", "53.71.04"],
        },
        {
            "component": "recording_set",
            "place": "Kantor Kecamatan Kota Raja",
            "office": "53.71.05",
            "started_precision": "recent",
            "status": "unknown",
        },
    ]
    return write_jsonl(folder / "kupang.jsonl", reports)


def _team(people: Population, village: str) -> list[Person]:
    """Return the next people, all of one village; NIKs go on where the register's ended."""
    people.villages = [village]
    return people.people(EACH_TEAM)


def _recorded(row: Person) -> Person:
    return row | {"outcome": "recorded"}


def _burnt(told_by: str) -> dict[str, Any]:
    return {
        "component": "recording_set",
        "place": "Kantor Kecamatan Komodo",
        "office": "53.15.05",
        "started": "2016-01",
        "started_precision": "month",
        "status": "broken",
        "cause": "terbakar",
        "note": f"Menurut {told_by}",
    }


def _server_down() -> dict[str, Any]:
    return {
        "component": "server",
        "place": "beberapa kecamatan, tidak disebut namanya",
        "office": "53.15",
        "started_precision": "unknown",
        "status": "broken",
        "diagnosis": "server",
    }
