"""One seed's world: a register, arrivals of whom four in five are in it, and planted duplicates.

An arrival's fields are what an officer wrote; `truth` is the place of the same person in the
register, None for a new one; `kind` says who they are, `errors` what went wrong. New people are
the hard ones: twins, same-name siblings, namesakes and unlisted members of listed families.
"""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from bench.matching.errors import misdate, misname, mistype
from bench.matching.noise import Misspellings, Source
from bench.matching.register import HOME, Regency, Resident
from tests.support.synthetic import Person

REGISTER, ARRIVALS, KNOWN, DUPLICATES = 165_000, 5_000, 0.8, 4_000
NIK_MISSING, NIK_MISTYPED, NIK_OF_A_RELATIVE = 0.60, 0.10, 0.03
CARD_MISSING, CARD_MISTYPED, CARD_OF_ANOTHER = 0.45, 0.05, 0.04
PARENT_MISSING, MOVED_NEAR, MOVED, SEX_WRONG, PLACE_MISSING = 0.45, 0.05, 0.04, 0.006, 0.4
NEW_KINDS = {"twin": 10, "sibling": 10, "namesake": 20, "family": 30, "stranger": 30}
SOURCES_APART = 7  # arrivals are drawn by their own generator, so that sizes may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What an officer wrote of one person, and the truth."""

    values: Person
    truth: int | None
    kind: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A register and the people who arrive; `register` are the fields only, by place."""

    seed: int
    register: list[Person]
    arrivals: list[Arrival]


@dataclass(slots=True)
class _Arrivals:
    """Draws arrivals for a list of residents."""

    residents: list[Resident]
    regency: Regency
    chance: random.Random
    families: dict[int, list[int]]
    by_village: dict[str, list[int]]

    @classmethod
    def into(cls, residents: list[Resident], regency: Regency) -> "_Arrivals":
        families, by_village = defaultdict(list), defaultdict(list)
        for place, resident in enumerate(residents):
            families[resident.household].append(place)
            by_village[str(resident.values["village"])].append(place)
        chance = random.Random(f"arrivals {regency.seed} {SOURCES_APART}")
        return cls(residents, regency, chance, families, by_village)

    def drawn(self, count: int) -> list[tuple[Resident, int | None, str]]:
        """Draw who arrives: true people, no errors yet."""
        known = round(count * KNOWN)
        places = self.chance.sample(range(len(self.residents)), known)
        found: list[tuple[Resident, int | None, str]] = [
            (self.residents[place], place, "known") for place in places
        ]
        kinds = self.chance.choices(tuple(NEW_KINDS), tuple(NEW_KINDS.values()), k=count - known)
        found += [(self.newcomer(kind), None, kind) for kind in kinds]
        self.chance.shuffle(found)
        return found

    def newcomer(self, kind: str) -> Resident:
        """Draw a person who is not in the register, of one kind."""
        if kind == "stranger":
            return self.regency.household()[-1]
        if kind == "namesake":
            return self.namesake()
        while True:
            place = self.chance.randrange(len(self.residents))
            child = self.residents[place]
            if child.values["relationship"] == 4:
                return self.relative(child, kind)

    def namesake(self) -> Resident:
        """Draw a stranger named like a resident, mostly of their village, often of their year."""
        other = self.residents[self.chance.randrange(len(self.residents))]
        found = self.regency.household()[-1]
        values = found.values
        if self.chance.random() < 0.6:
            values |= {"village": other.values["village"]}
        born = found.born
        if self.chance.random() < 0.3:
            day = self.chance.randint(0, 364)
            born = date(other.born.year, 1, 1) + timedelta(days=day)
        return self.renamed(found, str(other.values["name"]), str(other.values["sex"]), born)

    def relative(self, child: Resident, kind: str) -> Resident:
        """Draw an unlisted twin, same-name sibling, or any other sibling of a listed child."""
        chance, sex = self.chance, str(child.values["sex"])
        listed = str(child.values["name"])
        clan = listed.rsplit(maxsplit=1)[-1]
        born = child.born + timedelta(days=chance.choice((-1, 1)) * chance.randint(330, 2200))
        name = self.regency.name(sex, clan)
        if kind == "twin":
            sex = sex if chance.random() < 0.6 else "LP"[sex == "L"]
            born, name = child.born, self.regency.name(sex, clan)
        elif kind == "sibling":
            name = self.regency.like(listed, sex)
        while name == listed and kind != "sibling":
            name = self.regency.name(sex, clan)
        return self.renamed(child, name, sex, born)

    def renamed(self, model: Resident, name: str, sex: str, born: date) -> Resident:
        """Give somebody else, who shares the model's household."""
        values = model.values | {
            "name": name,
            "sex": sex,
            "birth_date": born.isoformat(),
            "nik": self.regency.next_nik(str(model.values["village"]), born, sex),
        }
        return Resident(values=values, household=model.household, born=born)

    def written(self, drawn: tuple[Resident, int | None, str], table: Misspellings) -> Arrival:
        """Write a person down with errors."""
        resident, truth, kind = drawn
        true, chance = resident.values, self.chance
        name, kinds = misname(str(true["name"]), chance, table)
        errors = [f"name:{each}" for each in kinds]
        listed = date.fromisoformat(str(true["birth_date"]))
        born, precision, wrong = misdate(listed, resident.born, chance)
        errors += [f"birth:{wrong}"] if wrong else []
        values = {"name": name, "sex": true["sex"], "village": true["village"]}
        values |= {"birth_date": born.isoformat(), "birth_date_precision": precision}
        for numbers in (self.nik(resident), self.card(resident), self.home(resident)):
            values |= numbers[0]
            errors += numbers[1]
        values |= self.parents(true, table)
        if chance.random() < SEX_WRONG:
            values["sex"] = "LP"[true["sex"] == "L"]
            errors.append("sex")
        return Arrival(values=values, truth=truth, kind=kind, errors=tuple(errors))

    def nik(self, resident: Resident) -> tuple[Person, list[str]]:
        """Give the NIK as written: missing, mistyped, a relative's, or right."""
        draw, own = self.chance.random(), str(resident.values.get("nik", ""))
        if draw < NIK_MISSING or not own:
            return {}, ["nik:missing"]
        if draw < NIK_MISSING + NIK_MISTYPED:
            return {"nik": mistype(own, self.chance)}, ["nik:mistyped"]
        if draw < NIK_MISSING + NIK_MISTYPED + NIK_OF_A_RELATIVE:
            family = [self.residents[place].values for place in self.families[resident.household]]
            others = [each["nik"] for each in family if each.get("nik", own) != own]
            return ({"nik": self.chance.choice(others)}, ["nik:relative"]) if others else ({}, [])
        return {"nik": own}, []

    def card(self, resident: Resident) -> tuple[Person, list[str]]:
        """Give the family card as written; people who set up a house of their own have another."""
        draw, own = self.chance.random(), str(resident.values["kk_number"])
        if draw < CARD_MISSING:
            return {}, ["card:missing"]
        if draw < CARD_MISSING + CARD_MISTYPED:
            return {"kk_number": mistype(own, self.chance)}, ["card:mistyped"]
        if draw < CARD_MISSING + CARD_MISTYPED + CARD_OF_ANOTHER:
            neighbours = self.by_village[str(resident.values["village"])]
            other = self.residents[self.chance.choice(neighbours)] if neighbours else resident
            return {"kk_number": other.values["kk_number"]}, ["card:other"]
        return {"kk_number": own}, []

    def home(self, resident: Resident) -> tuple[Person, list[str]]:
        """Give where they live: mostly there, sometimes in the next village or far away."""
        chance, true = self.chance, resident.values
        own = {key: true[key] for key in HOME if key != "kk_number"}
        for key in ("address", "dusun", "rt", "rw", "religion", "birth_place"):
            if key in true and chance.random() >= PLACE_MISSING:
                own[key] = true[key]
            else:
                own.pop(key, None)
        draw = chance.random()
        if draw >= MOVED_NEAR + MOVED:
            return own, []
        district = str(true["village"]).rpartition(".")[0]
        near = [village for village in self.regency.villages if village.startswith(district)]
        village = chance.choice(near if draw < MOVED_NEAR else self.regency.villages)
        return {"village": village}, ["village"] if village != true["village"] else []

    def parents(self, true: Person, table: Misspellings) -> Person:
        """Give the parents' names as told, each with errors of its own."""
        return {
            field: misname(str(true[field]), self.chance, table)[0]
            for field in ("mother_name", "father_name")
            if field in true and self.chance.random() >= PARENT_MISSING
        }


def world(seed: int, source: Source, register: int = REGISTER, arrivals: int = ARRIVALS) -> World:
    """Make the register and the arrivals of a seed: the same ones each time."""
    regency = Regency(seed, source.names)
    residents = regency.residents(register)
    drawing = _Arrivals.into(residents, regency)
    drawn = drawing.drawn(arrivals)
    table = source.misspell(_words([resident for resident, _, _ in drawn]), seed)
    written = [drawing.written(each, table) for each in drawn]
    return World(seed=seed, register=[each.values for each in residents], arrivals=written)


def planted(
    seed: int, source: Source, register: int = REGISTER, duplicates: int = DUPLICATES
) -> tuple[list[Person], set[tuple[int, int]]]:
    """Make a register in which some people stand twice, and the places of the pairs, in order."""
    regency = Regency(seed, source.names)
    residents = regency.residents(register - duplicates)
    drawing = _Arrivals.into(residents, regency)
    twice = drawing.chance.sample(range(len(residents)), duplicates)
    table = source.misspell(_words([residents[place] for place in twice]), seed)
    copies = [drawing.written((residents[place], place, "known"), table) for place in twice]
    people = [*(each.values for each in residents), *(copy.values for copy in copies)]
    return people, {(place, len(residents) + at) for at, place in enumerate(twice)}


def _words(residents: list[Resident]) -> list[str]:
    names = (
        str(resident.values.get(field, ""))
        for resident in residents
        for field in ("name", "mother_name", "father_name")
    )
    return sorted({word.lower() for name in names for word in name.split()})
