"""Record types as a whole: what they are made of, and how one record or change is checked."""

from datetime import date

import pytest
from marshmallow import ValidationError

from shared_schema.examples import example_figures
from shared_schema.records import (
    RECORD_TYPES,
    CheckContext,
    FieldKind,
    FieldValueError,
    Origin,
    RecordVersionUnknown,
    UnknownRecordType,
    area_of,
    check,
    check_change,
    normalise,
    record_type,
    upgrade,
    value_problem,
)
from tests.support.records import ID, SMALLEST, WARGA, checked, codes
from tests.support.synthetic import TODAY, Population, villages

PERSON = record_type("person")


def test_every_type_is_found_in_its_file() -> None:
    """No list names the types; the package is looked through."""
    assert set(RECORD_TYPES) == set(SMALLEST)


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_record_passes_and_keeps_its_values(name: str) -> None:
    """Nothing but the required fields is needed."""
    result = checked(name, SMALLEST[name])
    assert (result.errors, result.warnings) == ((), ())
    assert result.values.items() >= SMALLEST[name].items()
    assert check_change(record_type(name), result.values, by_server=False) == ()


@pytest.mark.parametrize("name", SMALLEST)
def test_each_required_field_is_asked_for(name: str) -> None:
    """Leaving one out names that one."""
    rtype = record_type(name)
    for missing in [spec.name for spec in rtype.fields.values() if spec.required]:
        values = {key: value for key, value in SMALLEST[name].items() if key != missing}
        assert (missing, "REQUIRED") in codes(checked(name, values).errors)
        assert codes(check_change(rtype, {missing: None}, by_server=True)) == [
            (missing, "REQUIRED")
        ]


def test_every_text_is_there_in_both_languages() -> None:
    """Types, fields and codes; a reference names a type that exists."""
    for rtype in RECORD_TYPES.values():
        labels = [rtype.label]
        for spec in rtype.fields.values():
            labels += [spec.label, *(part.label for part in spec.parts.values())]
            labels += spec.codes.labels.values() if spec.codes else []
            assert spec.refers_to is None or spec.refers_to in RECORD_TYPES
            assert (spec.kind is FieldKind.CODE) == (spec.codes is not None)
        assert all(label.id and label.en for label in labels)
        named = (*rtype.area, *rtype.parents, *rtype.identifies, *rtype.title)
        assert set(named) <= set(rtype.fields)


def test_an_unknown_type_is_named_with_the_known_ones() -> None:
    """The error helps to choose."""
    with pytest.raises(UnknownRecordType, match=r"persn.*person"):
        record_type("persn")


def test_synthetic_people_pass_without_a_word() -> None:
    """The people of all other tests are valid, and come back as they were given."""
    for person in Population(seed=1, villages=villages()).people(200):
        result = checked("person", person)
        assert (result.errors, result.warnings) == ((), ())
        assert result.values.items() >= person.items()


def test_published_figures_pass_as_they_were_published() -> None:
    """Also the malformed one."""
    for figure in example_figures():
        result = check(record_type("figure"), figure, CheckContext(today=date(2026, 1, 1)))
        assert (result.errors, result.warnings) == ((), ())
        assert result.values == figure


@pytest.mark.parametrize(
    ("stated", "stored", "precision"),
    [
        ({"birth_date": "1970"}, "1970-01-01", "year"),
        ({"birth_date": " 1970-05 "}, "1970-05-01", "month"),
        ({"birth_date": "1970-05-17"}, "1970-05-17", "day"),
        ({"birth_date": "1970", "birth_date_precision": "estimated"}, "1970-01-01", "estimated"),
        ({"birth_date": "1970", "birth_date_precision": "day"}, "1970-01-01", "year"),
        ({"birth_date": "1970-05", "birth_date_precision": "year"}, "1970-05-01", "month"),
        ({"birth_date": "1970-05-17", "birth_date_precision": "unknown"}, "1970-05-17", "unknown"),
    ],
)
def test_a_partial_date_says_its_own_precision(
    stated: dict[str, str], stored: str, precision: str
) -> None:
    """It is stored as the first day of what is known."""
    values = checked("person", WARGA | stated).values
    assert (values["birth_date"], values["birth_date_precision"]) == (stored, precision)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("birth_date", "1970-02-30", "DATE_INVALID"),
        ("birth_date", "1970-13", "DATE_INVALID"),
        ("birth_date", 1970, "DATE_INVALID"),
        ("birth_date", "2016-09-02", "DATE_IN_FUTURE"),
        ("birth_date_precision", "year", "DATE_PRECISION_MISMATCH"),
        ("birth_date_precision", "recent", "CODE_UNKNOWN"),
        ("sex", "X", "CODE_UNKNOWN"),
        ("religion", 8, "CODE_UNKNOWN"),
        ("religion", True, "CODE_UNKNOWN"),
        ("occupation", 90, "CODE_UNKNOWN"),
        ("name", "x" * 121, "TEXT_TOO_LONG"),
        ("name", "Warga\x00", "TEXT_INVALID"),
        ("name", "Warga \ud800", "TEXT_INVALID"),
        ("name", 5, "TEXT_INVALID"),
        ("village", "53.15.05", "REGION_INVALID"),
        ("village", "Bari", "REGION_INVALID"),
        ("nik", "531505170570000", "NIK_FORMAT"),
        ("nik", "5315051705700001a", "NIK_FORMAT"),
        ("nik", 5315051705700001, "NIK_FORMAT"),
        ("nik", 5315051705700000, "NIK_PRECISION_LOST"),
        ("nik", 5.315051705700001e15, "NIK_PRECISION_LOST"),
        ("nik", "5,31505E+15", "NIK_PRECISION_LOST"),
        ("kk_number", "123", "KK_FORMAT"),
        ("needs_home_service", "mungkin", "BOOLEAN_INVALID"),
        ("nickname", "Contoh", "FIELD_UNKNOWN"),
    ],
)
def test_a_bad_value_is_an_error_on_its_field(field: str, value: object, code: str) -> None:
    """The rest of the record is still checked and kept."""
    result = checked("person", WARGA | {field: value})
    expected = "birth_date" if code == "DATE_PRECISION_MISMATCH" else field
    assert codes(result.errors) == [(expected, code)]
    assert result.values.items() >= {k: WARGA[k] for k in WARGA if k != expected}.items()
    assert all("{" not in one.text.id + one.text.en for one in result.errors)


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"nik": "5315055705700001"}, "NIK_SEX_MISMATCH"),
        ({"nik": "5315051805700001"}, "NIK_BIRTH_DATE_MISMATCH"),
        ({"nik": "5315011705700001"}, "NIK_REGION_MISMATCH"),
        ({"nik": "5315991705700001"}, "NIK_REGION_UNKNOWN"),
        ({"nik": "5315059905700001"}, "NIK_DATE_IMPOSSIBLE"),
        ({"village": "53.15.05.2999"}, "VILLAGE_UNKNOWN"),
        ({"birth_date": "1890-01-01"}, "BIRTH_DATE_UNLIKELY"),
    ],
)
def test_what_is_only_unlikely_is_a_warning(stated: dict[str, str], code: str) -> None:
    """A reason in words settles it, blanks do not."""
    result = checked("person", WARGA | stated)
    assert result.errors == ()
    assert [one.code for one in result.warnings] == [code]
    assert result.unexplained({code: " "}) == result.warnings
    assert result.unexplained({code: "sesuai KTP"}) == ()


def test_without_a_region_table_only_shapes_are_checked() -> None:
    """A device that has not synced yet can register."""
    context = CheckContext(today=TODAY)
    assert check(PERSON, WARGA | {"village": "99.99.99.9999"}, context).warnings == ()


def test_values_are_taken_leniently_and_stored_strictly() -> None:
    """Numbers as text, other case, spaces, undotted codes."""
    loose = {
        "name": "  Warga   Contoh ",
        "sex": "l",
        "village": "5315052001",
        "religion": "3",
        "rt": 4,
        "needs_home_service": "ya",
        "note": "satu\r\n dua ",
        "phone": "",
        "address": None,
    }
    values = checked("person", WARGA | loose).values
    assert values.items() >= {**WARGA, "religion": 3, "rt": "4", "needs_home_service": True}.items()
    assert values["note"] == "satu\n dua"
    assert not {"phone", "address"} & set(values)


def test_a_change_must_be_in_stored_form() -> None:
    """Else two replicas would hold one fact as two values."""
    loose = {"religion": "3", "name": " Warga", "village": "5315052001", "rt": 4}
    found = check_change(PERSON, loose, by_server=False)
    assert codes(found) == [(name, "NOT_NORMAL") for name in loose]
    assert codes(check_change(PERSON, {"birth_date": "1970"}, by_server=False)) == [
        ("birth_date", "DATE_INVALID")
    ]


def test_a_device_cannot_set_what_the_ministry_says() -> None:
    """The same write is the server's right."""
    servers = {n: s for n, s in PERSON.fields.items() if s.origin is Origin.SERVER}
    assert set(servers) == {"central_status", "recorded_on", "printed_on"}
    write = {"central_status": "CARD_ISSUED"}
    assert codes(check_change(PERSON, write, by_server=False)) == [
        ("central_status", "FIELD_NOT_YOURS")
    ]
    assert check_change(PERSON, write, by_server=True) == ()


def test_system_fields_are_let_through_by_shape() -> None:
    """Voiding and reasons belong to every type."""
    writes = {"_void": {"reason": "salah orang"}, "_reasons": {"NIK_SEX_MISMATCH": "sesuai KTP"}}
    assert check_change(PERSON, writes, by_server=False) == ()
    assert check_change(PERSON, {"_void": None}, by_server=False) == ()
    assert codes(check_change(PERSON, {"_reasons": ["x"]}, by_server=False)) == [
        ("_reasons", "OBJECT_INVALID")
    ]
    assert checked("person", WARGA | writes).values.items() >= writes.items()


def test_a_change_names_fields_the_type_does_not_have() -> None:
    """A null is no excuse."""
    found = check_change(PERSON, {"nickname": None}, by_server=True)
    assert codes(found) == [("nickname", "FIELD_UNKNOWN")]


def test_a_record_without_content_is_refused() -> None:
    """Equipment requires no single field, but something."""
    assert codes(checked("equipment", {"serial": " "}).errors) == [(None, "EMPTY")]


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("sex", "perempuan", "P"),
        ("sex", "l", "L"),
        ("religion", "katholik", 3),
        ("religion", "3", 3),
        ("occupation", "42", 42),
        ("birth_date", "1970", "1970"),
        ("birth_date", "17-5-1970", "1970-05-17"),
        ("birth_date", "17/05/1970", "1970-05-17"),
        ("nik", "5315 0517 0570 0001", "5315051705700001"),
        ("village", "5315052001", "53.15.05.2001"),
        ("needs_home_service", "tidak", False),
        ("note", "  ", None),
    ],
)
def test_typed_text_becomes_a_value(field: str, raw: str, value: object) -> None:
    """Labels in either language and the ways people write dates and numbers."""
    assert normalise(PERSON, field, raw) == value


def test_typed_lists_numbers_and_policies() -> None:
    """Dots group thousands, commas part lists."""
    assert normalise(record_type("outage"), "redirect_to", "Oebobo; Kota Raja") == [
        "Oebobo",
        "Kota Raja",
    ]
    assert normalise(record_type("stock_movement"), "quantity", "57.540") == 57540
    assert normalise(record_type("visit"), "lat", "-8,49") == -8.49
    policy = {"eligible_on": "2016-05-01", "min_age": 17}
    assert normalise(record_type("campaign"), "policy", "eligible_on=2016-05-01,min_age=17") == (
        policy
    )


def test_typed_text_that_does_not_fit_has_a_code_and_a_sentence() -> None:
    """The prompt can show the sentence."""
    with pytest.raises(FieldValueError) as caught:
        normalise(PERSON, "sex", "x")
    shown = value_problem(PERSON, "sex", caught.value.code)
    assert shown.text.id == "Jenis kelamin bukan kode yang dikenal. Pilih salah satu: L, P."
    with pytest.raises(FieldValueError, match="FIELD_UNKNOWN"):
        normalise(PERSON, "nickname", "x")


def test_an_area_is_the_first_field_that_is_a_region() -> None:
    """Words in a place field give no area."""
    outage = record_type("outage")
    assert area_of(outage, {"place": "beberapa kecamatan", "office": "531505"}) == "53.15.05"
    assert area_of(outage, {"place": "53.15.01", "office": "53.15.05"}) == "53.15.01"
    assert area_of(outage, {}) is None
    assert area_of(record_type("visit"), {"person": ID}) is None


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": None},
        {"sex": "laki"},
        {"sex": 1, "nik": 5315051705700001, "nickname": "x"},
        {"village": "53.15", "rt": 5, "phone": "\x07"},
        {"needs_home_service": "ya", "religion": "3", "birth_date": "31-02-1970"},
    ],
)
def test_a_check_says_what_the_types_own_schema_says(change: dict[str, object]) -> None:
    """Field by field the same codes and the same stored values, though it goes its own way."""
    raw = {name: value for name, value in (WARGA | change).items() if value is not None}
    try:
        stored, said = PERSON.schema().load(raw), {}
    except ValidationError as error:
        stored, said = error.valid_data, error.normalized_messages()
    assert isinstance(stored, dict)
    result = check(PERSON, raw, CheckContext(today=TODAY))
    assert {str(one.field): [one.code] for one in result.errors} == said
    assert {n: v for n, v in result.values.items() if n != "birth_date_precision"} == {
        n: v for n, v in stored.items() if n not in said and n != "birth_date_precision"
    }


def test_values_of_a_newer_version_are_not_guessed() -> None:
    """The current version passes as it is."""
    assert upgrade(PERSON, PERSON.version, WARGA) == WARGA
    with pytest.raises(RecordVersionUnknown):
        upgrade(PERSON, PERSON.version + 1, WARGA)
