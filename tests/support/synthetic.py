"""Synthetic residents: the same people for the same seed, and none of them exists.

Family names are put together from syllables; given names are common ones of Flores. What is kept
from the real world is what the programs have to cope with: old spellings (oe for u, dj for j), one
name only, short forms, NIKs that agree with birth date, sex and district of registration, people
without a NIK whose birth is known to the year, families that share a card, a mother and an address.
"""

import csv
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tests.support.name_lists import FLORES, NameList

REGIONS = Path(__file__).parents[2] / "shared_schema" / "data" / "regions-5315-5371.csv"
TODAY = date(2016, 9, 1)

BEFORE_THE_REFORM = str.maketrans(
    {"J": "Dj", "j": "dj", "C": "Tj", "c": "tj", "U": "Oe", "u": "oe", "Y": "J", "y": "j"}
)
SHORT_FORMS = {
    "Muhammad": "Moh.",
    "Maria": "M.",
    "Yohanes": "Yoh.",
    "Fransiskus": "Frans",
    "Abdul": "Abd.",
}
DEFAULT_BIRTHDAYS = ((1, 1), (7, 1), (12, 31))
STATUSES = ("CARD_ISSUED", "CARD_PRINTED", "PRINT_READY_RECORD", "BIO_CAPTURED", "UNREGISTERED")
STATUS_WEIGHTS = (60, 10, 5, 8, 17)
REGISTER_HEADERS = (
    "nik kk_number name sex birth_date birth_date_precision birth_place marital_status religion "
    "blood_type relationship education occupation mother_name address dusun rt rw village "
    "central_status recorded_on printed_on"
).split()

Person = dict[str, object]


def villages(area: str = "53.15", source: Path = REGIONS) -> list[str]:
    """List the dotted codes of the villages inside an area, in the order of the shipped file."""
    with source.open(encoding="utf-8", newline="") as rows:
        codes = [row["code"] for row in csv.DictReader(rows)]
    return [code for code in codes if code.count(".") == 3 and f"{code}.".startswith(f"{area}.")]


def old_spelling(name: str) -> str:
    """Write a name as before the reform of 1972: Jumut becomes Djoemoet, Yacung Jatjoeng."""
    return name.translate(BEFORE_THE_REFORM)


def shortened(name: str) -> str:
    """Write the given names in the short forms that cards and lists use."""
    return " ".join(SHORT_FORMS.get(token, token) for token in name.split())


def nik(village: str, born: date, sex: str, serial: int) -> str:
    """Build a NIK: district, birth date (day + 40 for women), serial from 1 to 9999."""
    day = born.day + (40 if sex == "P" else 0)
    district = village.replace(".", "")[:6]
    return f"{district}{day:02}{born:%m%y}{serial:04}"


@dataclass(slots=True, kw_only=True)
class Population:
    """An endless supply of households; NIKs and family cards never repeat within one supply."""

    seed: int
    villages: list[str]
    today: date = TODAY
    without_nik: float = 0.1
    names: NameList = FLORES
    chance: random.Random = field(init=False)
    serials: dict[str, int] = field(init=False, default_factory=dict)
    cards: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Start the one generator that everything is drawn from."""
        self.chance = random.Random(self.seed)

    def people(self, count: int) -> list[Person]:
        """Give the next people, household by household, as lines for `add person`."""
        found: list[Person] = []
        while len(found) < count:
            found.extend(self.household())
        return found[:count]

    def household(self) -> Iterator[Person]:
        """Give one family: a head, often a spouse, up to four children."""
        village = self.chance.choice(self.villages)
        card = self.next_card(village)
        surname = self.surname()
        home = {
            "village": village,
            "kk_number": card,
            "address": f"{self.names.road} {self.cards}",
            "dusun": f"{self.names.hamlet} {self.chance.choice('ABCD')}",
            "rt": f"{self.chance.randint(1, 12):03}",
            "rw": f"{self.chance.randint(1, 5):03}",
            "religion": self.chance.choices((1, 3, 2), (25, 70, 5))[0],
        }
        head_born = self.birth_date(22, 75)
        sex = "L" if self.chance.random() < 0.85 else "P"
        married = self.chance.random() < 0.8
        head = self.person(sex, surname, head_born, village)
        yield home | head | {"relationship": 1, "marital_status": 2 if married else 1}
        if not married:
            return
        spouse_born = head_born + timedelta(days=self.chance.randint(-1500, 1500))
        spouse = self.person("P" if sex == "L" else "L", self.surname(), spouse_born, village)
        yield home | spouse | {"relationship": 3 if sex == "L" else 2, "marital_status": 2}
        mother = spouse["name"] if sex == "L" else head["name"]
        for _ in range(self.chance.randint(0, 4)):
            child = self.person(self.chance.choice("LP"), surname, self.birth_date(1, 21), village)
            yield home | child | {"relationship": 4, "marital_status": 1, "mother_name": mother}

    def person(self, sex: str, surname: str, born: date, village: str) -> Person:
        """Give one person's own fields, with a NIK or with a birth date known to the year."""
        found: Person = {
            "name": self.name(sex, surname),
            "sex": sex,
            "blood_type": self.chance.choice((1, 2, 3, 4, 13, 13)),
            "education": self.chance.choice((1, 2, 3, 3, 4, 5, 5, 8)),
            "occupation": self.chance.choice((2, 3, 9, 9, 9, 11, 19, 20, 88)),
            "mother_name": self.name("P", self.surname()),
        }
        if self.chance.random() < self.without_nik:
            first_day = date(born.year, 1, 1)
            return found | {"birth_date": first_day.isoformat(), "birth_date_precision": "year"}
        birth = {"birth_date": born.isoformat(), "birth_date_precision": "day"}
        return found | birth | {"nik": self.next_nik(village, born, sex)}

    def name(self, sex: str, surname: str) -> str:
        """Give a name: mostly given name and family name, sometimes two given or one only."""
        given = self.chance.sample(self.names.men if sex == "L" else self.names.women, 2)
        shape = self.chance.random()
        if shape < 0.08:
            return surname
        return f"{given[0]} {given[1]} {surname}" if shape < 0.3 else f"{given[0]} {surname}"

    def surname(self) -> str:
        """Put a family name together from two or three syllables."""
        first = self.chance.choice(self.names.first)
        middle = self.chance.choice(self.names.first).lower() if self.chance.random() < 0.4 else ""
        return first + middle + self.chance.choice(self.names.last)

    def birth_date(self, youngest: int, oldest: int) -> date:
        """Draw a birth date by age in years; one in ten is a clerk's default day."""
        days = self.chance.randint(youngest * 366, oldest * 365)
        born = self.today - timedelta(days=days)
        if self.chance.random() < 0.1:
            month, day = self.chance.choice(DEFAULT_BIRTHDAYS)
            born = born.replace(year=born.year - 1, month=month, day=day)
        return born

    def next_nik(self, village: str, born: date, sex: str) -> str:
        """Give the next free NIK of a district, birth date and sex."""
        stem = nik(village, born, sex, 0)[:12]
        self.serials[stem] = self.serials.get(stem, 0) + 1
        return nik(village, born, sex, self.serials[stem])

    def next_card(self, village: str) -> str:
        """Give the next family card: district, day of issue, serial."""
        self.cards += 1
        issued = date(2008, 1, 1) + timedelta(days=self.cards // 9999 % 2500)
        return f"{village.replace('.', '')[:6]}{issued:%d%m%y}{self.cards % 9999 + 1:04}"

    def register(self, count: int) -> list[Person]:
        """Give the ministry's list of the next people: with a NIK all, and a central status."""
        listed: list[Person] = []
        while len(listed) < count:
            listed.extend(row for row in self.household() if "nik" in row)
        return [row | self.central(row) for row in listed[:count]]

    def central(self, row: Person) -> Person:
        """Draw a person's central status; nobody under 17 is recorded unless married."""
        born = date.fromisoformat(str(row["birth_date"]))
        young = (self.today - born).days < 17 * 365.25 and row["marital_status"] == 1
        status = self.chance.choices(STATUSES, STATUS_WEIGHTS)[0]
        if young or status == "UNREGISTERED":
            return {"central_status": "UNREGISTERED"}
        recorded = self.today - timedelta(days=self.chance.randint(60, 1500))
        found: Person = {"central_status": status, "recorded_on": recorded.isoformat()}
        if status.startswith("CARD_"):
            found["printed_on"] = (recorded + timedelta(days=30)).isoformat()
        return found


def population(seed: int, area: str = "53.15", names: NameList = FLORES) -> Population:
    """Give the population of a regency, district or village that the project ships codes of."""
    return Population(seed=seed, villages=villages(area), names=names)


def write_jsonl(path: Path, rows: Iterable[Person]) -> Path:
    """Write lines for `add TYPE --from`."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def write_register(path: Path, rows: Iterable[Person]) -> Path:
    """Write a register for `registry import`."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, REGISTER_HEADERS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
