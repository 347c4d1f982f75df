"""A reader of payloads of codec 2, written from section 4 of shared_schema/PROTOCOL.md alone.

It imports nothing of ours, and takes whatever the page allows; what it forbids is not looked for.
"""

import datetime as dt
import json
import re
import uuid
from functools import partial

import zstandard

from tests.e2e.small_client import numbered_id

UNPACKED_BYTES = 8 << 20
pairs = partial(zip, strict=True)
VILLAGE = re.compile("[0-9]{2}[.][0-9]{2}[.][0-9]{2}[.][0-9]{4}")
NONE, TEXT, WORD, WHOLE, TRUTH, DAY, PLACE, DIGITS, NIK, DECIMAL, REFERENCE = range(11)


class Reader:
    """The numbers and the lines, each read forward."""

    def __init__(self, plain):
        size, at = unsigned_at(plain, 0)
        self.numbers, self.at = plain[at : at + size], 0
        *self.lines, self.rest = plain[at + size :].decode().split("\n")
        self.lines.reverse()
        self.masks = []

    def done(self):
        """Whether all was read."""
        return self.at == len(self.numbers) and not self.lines and not self.rest

    def take(self, size):
        """Read bytes."""
        self.at += size
        return self.numbers[self.at - size : self.at]

    def unsigned(self):
        """Read a number."""
        number, self.at = unsigned_at(self.numbers, self.at)
        return number

    def signed(self):
        """Read a number that may be below zero."""
        number = self.unsigned()
        return -(number + 1) // 2 if number % 2 else number // 2

    def frame(self, count, width):
        """Read numbers plane by plane, the lowest bytes first."""
        least = self.signed()
        planes = [self.take(count) for _ in range(width)]
        return [least + int.from_bytes(each, "little") for each in pairs(*planes)] or (
            [least] * count
        )

    def column(self, count):
        """Read whole numbers, or the first and what each adds to the one before."""
        if not count:
            return []
        (form,) = self.take(1)
        if not form & 0x80:
            return self.frame(count, form)
        found = [self.signed()]
        for more in self.frame(count - 1, form & 0x0F):
            found.append(found[-1] + more)
        return found

    def mask(self, count):
        """Read which of so many rows are meant."""
        number = self.unsigned()
        if number < 3:
            return [number == 0 or (number == 2 and row == 0) for row in range(count)]
        if number - 3 == len(self.masks):
            bits = int.from_bytes(self.take((count + 7) // 8), "little")
            self.masks.append([bool(bits >> row & 1) for row in range(count)])
        return self.masks[number - 3]


def unsigned_at(data, at):
    """Read seven bits a byte, lowest first; return where it ends too."""
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number, at


class Payload:
    """One batch's payload; ``changes`` are as section 3 writes them, in order."""

    def __init__(self, payload, dictionary, stream, first):
        known = zstandard.ZstdCompressionDict(dictionary)
        unpacker = zstandard.ZstdDecompressor(dict_data=known, max_window_size=UNPACKED_BYTES)
        self.read = Reader(unpacker.stream_reader(payload).read(UNPACKED_BYTES))
        self.stream, count = stream, self.read.unsigned()
        self.foreign = [self.read.take(16) for _ in range(self.read.unsigned())]
        shapes = json.loads(self.read.lines.pop())
        types = self.read.column(count)
        self.own, records = self.records([0] * count)
        readings = self.read.column(count)
        evidence = self.evidence(readings)
        operators = self.fields(list(range(count)), {})
        self.changes = [
            {
                "stream": stream.hex(), "sequence": first + at, "record": records[at],
                "hlc": f"{readings[at]:016x}", "operator": operators[at],
                "evidence": evidence[at], "type": shapes[types[at]][0],
                "version": shapes[types[at]][1], "writes": {},
            }
            for at in range(count)
        ]  # fmt: skip
        for number, (_, _, names) in enumerate(shapes):
            rows = [at for at in range(count) if types[at] == number]
            earlier: dict = {}
            for name in names:
                earlier[name] = self.fields(rows, earlier)
                for at, value in earlier[name].items():
                    self.changes[at]["writes"][name] = {"value": value, "replaces": []}
        self.replaced(shapes, types)

    def records(self, bases):
        """Read ids of records; give the numbers on the own stream (0 for others) beside them."""
        places = self.read.column(len(bases))
        numbers = iter(self.read.column(places.count(0)))
        own = [next(numbers) + base if not place else 0 for place, base in pairs(places, bases)]
        ids = [
            str(uuid.UUID(bytes=self.foreign[place - 1])) if place else numbered_id(self.stream, at)
            for place, at in pairs(places, own)
        ]
        return own, ids

    def evidence(self, readings):
        """Read what each change knew of time."""
        less = self.read.column(len(readings))
        found = [{"wall_ms": (one >> 16) + more} for one, more in pairs(readings, less)]
        for name, by_wall in (("monotonic_ms", 1), ("gps_ms", 1), ("server_ms", 0)):
            knows = [one for one, known in pairs(found, self.read.mask(len(found))) if known]
            for one, more in pairs(knows, self.read.column(len(knows))):
                one[name] = more + by_wall * one["wall_ms"]
        return found

    def fields(self, rows, earlier):
        """Read one field column; give the values by the changes that have one."""
        (kind,) = self.read.take(1)
        present = chosen(rows, self.read.mask(len(rows)))
        odd = chosen(present, self.read.mask(len(present)))
        even = [row for row in present if row not in set(odd)]
        written = chosen(even, self.read.mask(len(even)))
        values = dict(pairs(written, self.values(kind, written, earlier)))
        found, last = {}, None
        for row in even:
            found[row] = last = values.get(row, last)
        return found | {row: value_of(self.read.lines.pop()) for row in odd}

    def values(self, kind, rows, earlier):
        """Read the written values of these rows by their kind."""
        read, count = self.read, len(rows)
        if kind == TEXT:
            return [read.lines.pop() for _ in rows]
        if kind == WORD:
            words = [read.lines.pop() for _ in range(read.unsigned())]
            return [words[at] for at in read.column(count)]
        if kind == REFERENCE:
            return self.records([self.own[row] for row in rows])[1]
        if kind in (DIGITS, NIK):
            column = pairs(rows, read.column(count))
            return [f"{more + foreseen(row, kind, earlier):016d}" for row, more in column]
        if kind == DECIMAL:
            (decimals,) = read.take(1)
            return [whole_if(number / 10**decimals) for number in read.column(count)]
        return [PLAIN[kind](number) for number in read.column(count)] if kind else []

    def replaced(self, shapes, types):
        """Read the stamps that writes replace."""
        read = self.read
        count = read.unsigned()
        if not count:
            return
        streams = [self.stream, *(read.take(12) for _ in range(read.unsigned()))]
        at = read.column(count)
        stamps = [f"{one:016x}.{streams[of].hex()}" for of, one in pairs(at, read.column(count))]
        writes = read.unsigned()
        changes, fields, each = (read.column(writes) for _ in range(3))
        places = iter(read.column(sum(each)))
        for change, field, many in pairs(changes, fields, each):
            name = shapes[types[change]][2][field]
            found = sorted(stamps[next(places)] for _ in range(many))
            self.changes[change]["writes"][name]["replaces"] = found


def chosen(rows, mask):
    """Return the rows of a mask."""
    return [row for row, meant in pairs(rows, mask) if meant]


def value_of(line):
    """Read a line of JSON; numbers are doubles (RFC 8785), of which the smaller may be whole."""
    return json.loads(line, parse_int=lambda digits: whole_if(float(digits)))


def whole_if(number):
    """Return a whole number where nothing remains, and a double holds each of its digits."""
    return int(number) if abs(number) < 1 << 53 and number == int(number) else number


def day(number):
    """Return a date by its days since 1970."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=number)).isoformat()


def village(number):
    """Return a village's code by the number of its digits."""
    digits = f"{number:010d}"
    return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"


PLAIN: dict = {WHOLE: int, TRUTH: bool, DAY: day, PLACE: village}


def foreseen(row, kind, earlier):
    """Return what the values of a row say of its sixteen digits."""
    place, born, sex = (earlier.get(one, {}).get(row) for one in ("village", "birth_date", "sex"))
    number = 0
    if isinstance(place, str) and VILLAGE.fullmatch(place):
        number = int(place[:8].replace(".", "")) * 10**10
    if kind == NIK and isinstance(born, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", born):
        try:
            date = dt.date.fromisoformat(born)
        except ValueError:
            return number
        days = date.day + 40 * (sex == "P")
        number += days * 10**8 + date.month * 10**6 + date.year % 100 * 10**4
    return number
