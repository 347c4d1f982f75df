"""Laws of checking: it settles, it never crashes, and one change is judged by itself."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.canonical import encode
from shared_schema.eligibility import Policy, must_hold_card
from shared_schema.examples import example_regions
from shared_schema.names import fold_name, name_key, search_key, search_tokens
from shared_schema.nik import decode_nik, nik_warnings
from shared_schema.records import (
    RECORD_TYPES,
    CheckContext,
    FieldKind,
    FieldSpec,
    FieldValueError,
    RecordType,
    check,
    check_change,
    normalise,
)
from shared_schema.regions import contains, district_of, parent_of, parse_region

TODAY = date(2026, 1, 1)
REGIONS = example_regions()
CONTEXT = CheckContext(today=TODAY, regions=REGIONS)
TYPES = st.sampled_from(list(RECORD_TYPES.values()))
JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
)
NAMES = st.text(max_size=30) | st.text(alphabet="abdhjkmoesty .,'HMS", max_size=30)


def plausible(spec: FieldSpec) -> st.SearchStrategy[Any]:
    """Give values a person might give for a field, stored form or not."""
    by_kind: dict[FieldKind, st.SearchStrategy[Any]] = {
        FieldKind.TEXT: st.text(min_size=1, max_size=30),
        FieldKind.DIGITS: st.from_regex(r"[0-9]{16}", fullmatch=True),
        FieldKind.DATE: st.dates(date(1900, 1, 1), TODAY).map(str)
        | st.integers(1900, 2025).map(str),
        FieldKind.INTEGER: st.integers(0, 150) | st.integers(0, 150).map(str),
        FieldKind.NUMBER: st.floats(-90, 90) | st.integers(-90, 90),
        FieldKind.BOOLEAN: st.sampled_from([True, False, "ya", 0]),
        FieldKind.REGION: st.sampled_from(REGIONS.villages()).flatmap(
            lambda code: st.sampled_from([code, code.replace(".", "")])
        ),
        FieldKind.REFERENCE: st.uuids().flatmap(
            lambda one: st.sampled_from([str(one), one.hex, str(one).upper()])
        ),
        FieldKind.LIST: st.text(min_size=1, max_size=9) | st.lists(st.text(max_size=9), max_size=3),
        FieldKind.OBJECT: st.fixed_dictionaries({}, optional={"min_age": st.integers(0, 99)}),
    }
    if spec.codes is not None:
        known = list(spec.codes.labels)
        return st.sampled_from(known) | st.sampled_from([str(code) for code in known])
    return by_kind[spec.kind]


def records(rtype: RecordType) -> st.SearchStrategy[tuple[RecordType, dict[str, Any]]]:
    """Pair a type with a record of plausible values, here and there junk."""
    fields = {name: plausible(spec) | JUNK for name, spec in rtype.fields.items()}
    required = {name for name, spec in rtype.fields.items() if spec.required}
    return st.fixed_dictionaries(
        {name: plausible(rtype.fields[name]) for name in required},
        optional={name: fields[name] for name in fields if name not in required},
    ).map(lambda values: (rtype, values))


RECORDS = TYPES.flatmap(records)


@given(RECORDS)
def test_checking_settles(record: tuple[RecordType, dict[str, Any]]) -> None:
    """What passed passes again as it is, can be encoded, and is fit for a change.

    Where something was refused, what is left settles at the next check.
    """
    rtype, values = record
    first = check(rtype, values, CONTEXT)
    once = check(rtype, first.values, CONTEXT)
    assert once.values == first.values or first.errors
    assert check(rtype, once.values, CONTEXT).values == once.values
    encode(once.values)
    found = check_change(rtype, once.values, by_server=True)
    assert found == ()


@given(TYPES, st.dictionaries(st.text(max_size=8), JUNK, max_size=4), st.data())
def test_junk_is_reported_and_never_raises(
    rtype: RecordType, junk: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever comes from a file or a stranger's device."""
    named = data.draw(st.dictionaries(st.sampled_from(list(rtype.fields)), JUNK, max_size=5))
    result = check(rtype, junk | named, CONTEXT)
    encode({name: value for name, value in result.values.items() if name in rtype.fields})
    check_change(rtype, junk | named, by_server=False)


@given(RECORDS)
def test_a_change_is_judged_field_by_field(record: tuple[RecordType, dict[str, Any]]) -> None:
    """No other field, and no order, changes the judgement."""
    rtype, writes = record
    together = check_change(rtype, writes, by_server=False)
    apart = [
        one
        for name in reversed(writes)
        for one in check_change(rtype, {name: writes[name]}, by_server=False)
    ]
    assert sorted(map(repr, together)) == sorted(map(repr, apart))


@given(TYPES, st.data(), st.text(max_size=20))
def test_typed_text_gives_a_value_or_a_code(
    rtype: RecordType, data: st.DataObject, raw: str
) -> None:
    """Nothing typed at a prompt crashes it."""
    name = data.draw(st.sampled_from(list(rtype.fields)))
    try:
        value = normalise(rtype, name, raw)
    except FieldValueError as error:
        value = error.code
    assert value is None or isinstance(value, str | int | float | list | dict)


@given(
    st.sampled_from(REGIONS.villages()),
    st.dates(date(1926, 1, 2), TODAY),
    st.sampled_from("LP"),
    st.integers(0, 9999),
)
def test_a_nik_says_what_it_was_made_of(village: str, born: date, sex: str, serial: int) -> None:
    """And agrees with exactly that person."""
    day = born.day + (40 if sex == "P" else 0)
    nik = f"{village.replace('.', '')[:6]}{day:02}{born:%m%y}{serial:04}"
    parts = decode_nik(nik, today=TODAY)
    assert parts is not None
    assert (parts.region, parts.birth_date, parts.sex) == (district_of(village), born, sex)
    agreed = {"birth_date": str(born), "precision": "day", "village": village}

    def told(stated_sex: str) -> tuple[str, ...]:
        return nik_warnings(nik, sex=stated_sex, **agreed, regions=REGIONS, today=TODAY)

    assert told(sex) == ()
    assert told("L" if sex == "P" else "P") == ("NIK_SEX_MISMATCH",)


@given(st.sampled_from(list(REGIONS.names)), st.sampled_from(list(REGIONS.names)))
def test_regions_nest(scope: str, code: str) -> None:
    """Containing is being among the ancestors; dots are optional."""
    ancestors = {code}
    above = parent_of(code)
    while above:
        ancestors.add(above)
        above = parent_of(above)
    assert contains(scope, code) == (scope in ancestors)
    assert parse_region(code.replace(".", "")) == code


@given(NAMES)
def test_folding_a_fold_changes_nothing(name: str) -> None:
    """Both folds settle at once."""
    assert fold_name(fold_name(name)) == fold_name(name)
    assert fold_name(name.upper() if name.isascii() else name) == fold_name(name) or "," in name


@given(NAMES)
def test_a_name_finds_itself(name: str) -> None:
    """Whatever was registered is found by typing it again."""
    key = search_key(name)
    assert all(any(way in key for way in ways) for ways in search_tokens(name))
    assert name_key(name) in search_key(name)


@pytest.mark.parametrize("precision", ["month", "year", "estimated"])
@given(born=st.dates(date(1950, 1, 1), date(2010, 12, 31)), cutoff=st.dates(date(2010, 1, 1)))
def test_a_vague_birth_date_never_contradicts_the_exact_one(
    precision: str, born: date, cutoff: date
) -> None:
    """It gives the same answer or none."""
    policy = Policy(min_age=17, married_count=True, eligible_on=cutoff)
    exact = must_hold_card(str(born), "day", 1, policy)
    assert must_hold_card(str(born), precision, 1, policy) in (exact, None)
