"""Interim letters: who may have one, the number series, how long they hold, and their register.

A letter is a record of the office's own stream; revoking declares it void, and its number is
never given again. The office signs what a letter says with its own key: whoever has the published
key can tell a forged one without asking anybody. What a letter says is kept as it was issued: a
name that is corrected later changes neither the paper nor the code.
"""

import calendar
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from shared_schema.canonical import decode, encode
from shared_schema.central import Central, central_meaning
from shared_schema.errors import InputError, RecordUnknown
from shared_schema.ids import derived_id
from shared_schema.suket_code import Letter, signed
from sync_server import ingest, noting
from sync_server.coverage import FIELD_RECORDED, cluster_values
from sync_server.ingest import Edit
from sync_server.office import Office
from sync_server.people import members_of, root_of_each
from sync_server.registry import context_of
from sync_server.reports.residents import shown_of
from sync_server.store.access_tables import letters
from sync_server.store.driver import ask
from sync_server.store.queries import facts, records
from sync_server.store.queries.facts import Fact

SUKET = "suket"
Covers = Callable[[str | None], bool]
_NUMBER, _YEAR = "{n}", "{year}"
_MOST_MONTHS = 120
SAID = ("nik", "name", "birth_place", "birth_date", "sex", "village", "address")
_LETTERS = "SELECT record, shown, area, void FROM records WHERE type = 'suket' ORDER BY born DESC"


class SuketNotRecorded(InputError):
    """The resident is not recorded yet, so there is no card to wait for. Record them first."""

    code = "SUKET_NOT_RECORDED"


class SuketCardPrinted(InputError):
    """The resident's card is printed already. Hand the card over instead of a letter."""

    code = "SUKET_CARD_PRINTED"


class SuketStands(InputError):
    """The resident has letter {number}, which still holds. Print it again, or revoke it first."""

    code = "SUKET_STANDS"


class SuketNikMissing(InputError):
    """A letter needs the resident's NIK. Correct the record first."""

    code = "SUKET_NIK_MISSING"


class SuketPolicyInvalid(InputError):
    """The number needs {{n}} and {{year}}, and months from 0 to 120. Correct it and try again."""

    code = "SUKET_POLICY_INVALID"


class SuketUnknown(InputError):
    """There is no letter {number}. Copy the number from the register of letters."""

    code = "SUKET_UNKNOWN"


class SuketDoesNotHold(InputError):
    """Letter {number} does not hold any more, and is not printed. Issue a new one if it is due."""

    code = "SUKET_DOES_NOT_HOLD"


class Basis(StrEnum):
    """By whose word a resident is recorded; the two are never mixed."""

    MINISTRY = "ministry"
    FIELD = "field"


class State(StrEnum):
    """How a letter stands."""

    HOLDS = "holds"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CARD_PRINTED = "card_printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How letters are numbered, for how many months they hold, and who signs.

    `months` 0: until the card is issued. `place`: where letters are signed.
    """

    series: str = "470/{n}/SKT/{year}"
    months: int = 6
    signs: str = "Kepala Dinas Kependudukan dan Pencatatan Sipil"
    place: str = ""

    def number(self, n: int, on: date) -> str:
        """Return the n-th number of a day's year."""
        return self.series.replace(_NUMBER, str(n)).replace(_YEAR, str(on.year))

    def expires(self, on: date) -> date | None:
        """Return the last day of a letter that is issued on a day."""
        if not self.months:
            return None
        year, month = divmod(on.year * 12 + on.month - 1 + self.months, 12)
        return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One letter of the register. `reason`: why it was revoked. `said`: what stands on it."""

    record: str
    number: str
    person: str
    issued_on: str
    expires_on: str
    state: State
    reason: str
    area: str | None
    values: Mapping[str, Any]
    said: Mapping[str, Any]


def policy(connection: Connection) -> Policy:
    """Return the office's policy, the usual one where none was set."""
    kept = facts.get(connection, Fact.SUKET)
    return Policy(**json.loads(kept)) if kept else Policy()


def set_policy(connection: Connection, wanted: Policy) -> None:
    """Keep a policy for the letters to come. Raises SuketPolicyInvalid."""
    whole = wanted.series.count(_NUMBER) == 1 and wanted.series.count(_YEAR) == 1
    if not whole or not 0 <= wanted.months <= _MOST_MONTHS:
        raise SuketPolicyInvalid
    facts.put(connection, Fact.SUKET, json.dumps(asdict(wanted)))


def basis(connection: Connection, person: UUID) -> tuple[Basis, dict[str, Any]]:
    """Return by whose word a resident is recorded, and what is known of them.

    Raises SuketNotRecorded, SuketCardPrinted.
    """
    members = members_of(connection, person)
    together = records.many(connection, members)
    values = cluster_values(one.state for one in together.values())
    meaning = central_meaning(values)
    if meaning is Central.PRINTED:
        raise SuketCardPrinted
    if meaning is Central.RECORDED:
        return Basis.MINISTRY, values
    below = records.many(connection, (child for _, child in records.children(connection, members)))
    outcomes = {one.state.shown("outcome") for one in below.values() if one.state.void is None}
    if outcomes & FIELD_RECORDED:
        return Basis.FIELD, values
    raise SuketNotRecorded


def issue(office: Office, connection: Connection, person: UUID, operator: str) -> Entry:
    """Issue a letter to a resident and return it.

    Raises SuketNotRecorded, SuketCardPrinted, SuketNikMissing, SuketStands.
    """
    _, values = basis(connection, person)
    if not values.get("nik"):
        raise SuketNikMissing
    today, rule = context_of(office, connection).today, policy(connection)
    members = {str(one) for one in members_of(connection, person)}
    for row in _rows(connection):
        if row.values["person"] in members:
            one = _entry(row, values, today, {})
            if one.state is State.HOLDS:
                raise SuketStands(number=one.number)
    number = rule.number(_next(connection, rule, today), today)
    expires = rule.expires(today)
    made = {"person": str(person), "number": number, "issued_on": today.isoformat()}
    made |= {"expires_on": expires.isoformat()} if expires else {}
    record = derived_id("jemput suket", number.encode())
    edit = Edit(record=record, type=SUKET, values=made)
    ingest.write_own(connection, [edit], operator, wall_ms=office.now_ms())
    said = encode({name: values[name] for name in SAID if name in values}).decode()
    connection.execute(insert(letters).values(record=str(record), said=said))
    return found(connection, number, today)


def _next(connection: Connection, rule: Policy, on: date) -> int:
    """Return the first number of the series behind all that were given, revoked ones too."""
    parts = rule.series.replace(_YEAR, str(on.year)).split(_NUMBER)
    pattern = "([0-9]+)".join(re.escape(part) for part in parts)
    given = [re.fullmatch(pattern, str(row.values["number"])) for row in _rows(connection)]
    return max((int(match[1]) for match in given if match), default=0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    record: str
    values: Mapping[str, Any]
    area: str | None
    void: Mapping[str, Any] | None


def _rows(connection: Connection) -> Iterator[_Row]:
    """Yield every letter that has a number, the newest first."""
    for record, shown, area, is_void in ask(connection, _LETTERS):
        values = decode(shown.encode())
        if "number" in values and "person" in values:
            current = records.get(connection, UUID(record)) if is_void else None
            void = current.state.void if current else None
            yield _Row(record=record, values=values, area=area, void=void)


def register(connection: Connection, on: date, covers: Covers | None = None) -> list[Entry]:
    """Return the letters as they stand on a day, the newest first; those of an area only."""
    rows = [row for row in _rows(connection) if covers is None or covers(row.area)]
    people = {UUID(row.values["person"]) for row in rows}
    roots = root_of_each(connection, people)
    root = {str(one): str(roots.get(one, one)) for one in people}
    shown = shown_of(connection, set(root.values()))
    said = _said(connection)
    return [_entry(row, shown.get(root[row.values["person"]], {}), on, said) for row in rows]


def _said(connection: Connection) -> dict[str, Mapping[str, Any]]:
    found = connection.execute(select(letters.c.record, letters.c.said))
    return {record: decode(said.encode()) for record, said in found}


def _together(connection: Connection, person: UUID) -> dict[str, Any]:
    known = records.many(connection, members_of(connection, person))
    return cluster_values(one.state for one in known.values())


def _entry(
    row: _Row, values: Mapping[str, Any], on: date, said: Mapping[str, Mapping[str, Any]]
) -> Entry:
    expires = row.values.get("expires_on", "")
    state = State.HOLDS
    if row.void is not None:
        state = State.REVOKED
    elif expires and expires < on.isoformat():
        state = State.EXPIRED
    elif central_meaning(values) is Central.PRINTED:
        state = State.CARD_PRINTED
    return Entry(
        record=row.record,
        number=row.values["number"],
        person=row.values["person"],
        issued_on=row.values.get("issued_on", ""),
        expires_on=expires,
        state=state,
        reason=str((row.void or {}).get("reason", "")),
        area=row.area,
        values=values,
        said=said.get(row.record, values),
    )


def known(connection: Connection, number: str, on: date) -> Entry | None:
    """Return a letter by its number or id, None where there is none."""
    wanted = number.strip()
    for row in _rows(connection):
        if wanted in (row.values["number"], row.record):
            together = _together(connection, UUID(row.values["person"]))
            return _entry(row, together, on, _said(connection))
    return None


def found(connection: Connection, number: str, on: date) -> Entry:
    """Return a letter by its number or id. Raises SuketUnknown."""
    one = known(connection, number, on)
    if one is None:
        raise SuketUnknown(number=number)
    return one


def revoke(
    office: Office, connection: Connection, number: str, reason: str, operator: str
) -> Entry:
    """Revoke a letter and return it; its number is never given again. Raises SuketUnknown."""
    today = context_of(office, connection).today
    one = found(connection, number, today)
    current = records.get(connection, UUID(one.record))
    if current is None:
        raise RecordUnknown(text=number)
    noting.withdraw(office, connection, current, reason, operator)
    return found(connection, number, today)


def code(office: Office, connection: Connection, one: Entry) -> str:
    """Return the signed code that stands on a letter. Raises SuketDoesNotHold."""
    if one.state is not State.HOLDS:
        raise SuketDoesNotHold(number=one.number)
    letter = Letter(
        region=facts.need(connection, Fact.REGION),
        number=one.number,
        nik=str(one.said.get("nik", "")),
        name=str(one.said.get("name", "")),
        birth_date=str(one.said.get("birth_date", "")),
        issued_on=one.issued_on,
        expires_on=one.expires_on,
    )
    return signed(letter, office.keys.signing)
