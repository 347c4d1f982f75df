"""A synthetic regency: households whose names, mothers, cards and villages hang together.

Nobody in it exists. Names are as unevenly spread as real ones: few baptismal names, and in every
village few clans. Families share a card, an address and a mother; some have twins, and some have
children of the same name.
"""

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from bench.matching.noise import Names
from tests.support.name_lists import FLORES
from tests.support.synthetic import DEFAULT_BIRTHDAYS, TODAY, Person, nik, villages

CLANS, CLANS_OF_A_VILLAGE = 2_500, 60
TWINS, SAME_NAME, SECOND_NAME, ONE_NAME = 0.02, 0.015, 0.45, 0.06
DEFAULT_DAY, WITHOUT_NIK, PARENT_KNOWN = 0.05, 0.02, 0.85
PLACES = "Labuan Bajo,Ruteng,Lembor,Terang,Bari,Werang,Wae Nakeng,Golo Welu,Rego,Orong".split(",")
ROADS = "Mawar,Melati,Kenanga,Cempaka,Flamboyan,Anggrek,Dahlia,Teratai".split(",")


@dataclass(slots=True, kw_only=True)
class Pool:
    """Values with falling odds: the first is drawn most often."""

    values: Sequence[str]
    odds: list[float]

    @classmethod
    def of(cls, values: Sequence[str], flat: float) -> "Pool":
        """Give the value at rank r the odds 1 / (r + flat)."""
        odds = accumulate(1 / (rank + flat) for rank in range(len(values)))
        return cls(values=values, odds=list(odds))

    def draw(self, chance: random.Random) -> str:
        """Draw one value."""
        return self.values[bisect(self.odds, chance.random() * self.odds[-1])]


@dataclass(slots=True, kw_only=True)
class Resident:
    """One true person: the fields, the household, and the birth date as it really was."""

    values: Person
    household: int
    born: date
    twin: bool = False


@dataclass(slots=True)
class Regency:
    """An endless supply of households for one seed; NIKs and family cards never repeat."""

    seed: int
    names: Names
    chance: random.Random = field(init=False)
    villages: list[str] = field(init=False)
    given: dict[str, Pool] = field(init=False)
    clans: dict[str, Pool] = field(init=False, default_factory=dict)
    serials: dict[str, int] = field(init=False, default_factory=dict)
    households: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Shuffle the names anew for this seed, but keep the common baptismal names common."""
        self.chance = random.Random(f"regency {self.seed}")
        self.villages = villages()
        self.given = {"L": self._given(self.names.men), "P": self._given(self.names.women)}
        stems = [
            f + m + e for f in FLORES.first for m in ("", "la", "ri", "nga") for e in FLORES.last
        ]
        every = [*self.chance.sample(stems, min(CLANS, len(stems))), *self.names.last_of_men]
        for village in self.villages:
            found = self.chance.sample(every, CLANS_OF_A_VILLAGE)
            self.clans[village] = Pool.of(found, 4)

    def _given(self, names: Sequence[str]) -> Pool:
        common, rest = list(names[:30]), list(names[30:])
        self.chance.shuffle(common)
        self.chance.shuffle(rest)
        return Pool.of([*common, *rest], 5)

    def residents(self, count: int) -> list[Resident]:
        """Give the next people, household by household."""
        found: list[Resident] = []
        while len(found) < count:
            found.extend(self.household())
        return found[:count]

    def household(self) -> list[Resident]:
        """Give one family: a head, often a spouse, children, now and then twins."""
        chance = self.chance
        self.households += 1
        village = chance.choice(self.villages)
        home = self.home(village)
        clan = self.clans[village].draw(chance)
        father_born = self.birth_date(24, 75)
        mother_born = father_born + timedelta(days=chance.randint(-1800, 2500))
        father = self.adult("L", clan, father_born, home, 1)
        mother = self.adult("P", self.clans[village].draw(chance), mother_born, home, 3)
        alone = chance.random()
        if alone < 0.08:
            return [father]
        if alone < 0.2:
            mother.values |= {"relationship": 1, "marital_status": 4}
            return [mother, *self.children(father, mother, clan)]
        return [father, mother, *self.children(father, mother, clan)]

    def home(self, village: str) -> Person:
        """Give what a household shares."""
        chance = self.chance
        return {
            "village": village,
            "kk_number": self.card(village),
            "address": f"Jalan {chance.choice(ROADS)} {chance.randint(1, 90)}",
            "dusun": f"Dusun {chance.choice('ABCD')}",
            "rt": f"{chance.randint(1, 12):03}",
            "rw": f"{chance.randint(1, 5):03}",
            "religion": chance.choices((1, 3, 2), (25, 70, 5))[0],
        }

    def card(self, village: str) -> str:
        """Give the next family card: district, day of issue, serial."""
        number = self.households
        issued = date(2008, 1, 1) + timedelta(days=number * 7919 % 2500)
        return f"{village.replace('.', '')[:6]}{issued:%d%m%y}{number % 9999 + 1:04}"

    def adult(self, sex: str, clan: str, born: date, home: Person, relationship: int) -> Resident:
        """Give a parent, whose own parents are somewhere else."""
        mother, father = self.name("P", clan), self.name("L", clan)
        own = {"relationship": relationship, "marital_status": 2}
        return self.resident(self.name(sex, clan), sex, born, home | own, mother, father)

    def children(self, father: Resident, mother: Resident, clan: str) -> list[Resident]:
        """Give up to six children of the two, the eldest first."""
        chance = self.chance
        home = {key: value for key, value in mother.values.items() if key in HOME}
        found: list[Resident] = []
        born = mother.born + timedelta(days=chance.randint(17 * 365, 32 * 365))
        for _ in range(chance.choices(range(7), (12, 14, 22, 22, 16, 9, 5))[0]):
            if born >= TODAY:
                break
            found.append(self.child(found, father, mother, clan, born, home))
            if chance.random() < TWINS:
                found[-1].twin = True
                found.append(self.child(found, father, mother, clan, born, home))
                found[-1].twin = True
            born += timedelta(days=chance.randint(380, 1800))
        return found

    def child(
        self,
        elder: list[Resident],
        father: Resident,
        mother: Resident,
        clan: str,
        born: date,
        home: Person,
    ) -> Resident:
        """Give one child, who may be named like an elder one; `home` is what they share."""
        sex = self.chance.choice("LP")
        name = self.name(sex, clan)
        namesakes = [child for child in elder if child.values["sex"] == sex and not child.twin]
        if namesakes and self.chance.random() < SAME_NAME * 5:
            name = self.like(str(namesakes[0].values["name"]), sex)
        own: Person = {"relationship": 4, "marital_status": 1}
        parents = str(mother.values["name"]), str(father.values["name"])
        return self.resident(name, sex, born, home | own, *parents)

    def like(self, name: str, sex: str) -> str:
        """Give a sibling's name: the same first and last word, mostly with another between."""
        words = name.split()
        if len(words) == 1 or self.chance.random() < 0.15:
            return name
        return f"{words[0]} {self.given[sex].draw(self.chance)} {words[-1]}"

    def name(self, sex: str, clan: str) -> str:
        """Give a name: one or two given names, mostly with the clan's, sometimes another's."""
        chance = self.chance
        first, second = self.given[sex].draw(chance), self.given[sex].draw(chance)
        shape = chance.random()
        if shape < ONE_NAME:
            return first if shape < ONE_NAME / 2 else clan
        if sex == "P" and shape > 0.9 and self.names.last_of_women:
            clan = chance.choice(self.names.last_of_women)
        two = chance.random() < SECOND_NAME and first != second
        return f"{first} {second} {clan}" if two else f"{first} {clan}"

    def resident(
        self, name: str, sex: str, born: date, home: Person, mother: str, father: str
    ) -> Resident:
        """Put a person's fields together; the register may hold a default day for the birth."""
        chance = self.chance
        listed = born
        if chance.random() < DEFAULT_DAY:
            month, day = chance.choice(DEFAULT_BIRTHDAYS)
            listed = born.replace(month=month, day=day)
        values: Person = home | {
            "name": name,
            "sex": sex,
            "birth_date": listed.isoformat(),
            "birth_date_precision": "day",
            "birth_place": chance.choice(PLACES),
            "education": chance.choice((1, 2, 3, 3, 4, 5, 5, 8)),
            "occupation": chance.choice((2, 3, 9, 9, 9, 11, 19, 20, 88)),
        }
        if chance.random() < PARENT_KNOWN:
            values |= {"mother_name": mother, "father_name": father}
        if chance.random() >= WITHOUT_NIK:
            values["nik"] = self.next_nik(str(home["village"]), listed, sex)
        return Resident(values=values, household=self.households, born=born)

    def next_nik(self, village: str, born: date, sex: str) -> str:
        """Give the next free NIK; one in fifteen was first registered in another district."""
        if self.chance.random() < 0.07:
            village = self.chance.choice(self.villages)
        stem = nik(village, born, sex, 0)[:12]
        self.serials[stem] = serial = self.serials.get(stem, 0) + 1
        return f"{stem}{serial:04}"

    def birth_date(self, youngest: int, oldest: int) -> date:
        """Draw a birth date by age in years."""
        return TODAY - timedelta(days=self.chance.randint(youngest * 366, oldest * 365))


HOME = ("village", "kk_number", "address", "dusun", "rt", "rw", "religion")
