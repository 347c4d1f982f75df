"""A record is written page by page: kept as it is typed, checked before it is saved."""

import gc
import html
import re
from typing import Any
from uuid import UUID

import pytest

from field_client.entries import Entry, record_document
from field_client.healing import leave_branch
from field_client.tables import put
from field_client.web.desk import Desk
from shared_schema.fold import RecordState, state_to_json
from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES, RecordType
from shared_schema.records.fields import RecordSchema, boolean, code, day, integer, specs, text
from shared_schema.records.types import CodeList, Origin
from tests.support.laptop import register
from tests.unit.field_client.web.conftest import BASE, Browser

VILLAGE = "53.15.05.2001"
NIK = "5315055705700001"
RESIDENT = {"name": "Agnes Uji", "sex": "P", "birth_date": "17051970", "village": VILLAGE}
FORM = re.compile(r'action="(/form/[^"]+)"')


@pytest.fixture(autouse=True)
def unlocked(browser: Browser) -> None:
    """Unlock the pages."""
    browser.unlock()
    browser.get("/")


def shown(browser: Browser) -> str:
    """Read a page as people do."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", browser.page)).split())


def follow(browser: Browser, path: str) -> str:
    """Open a page and go where it leads; return where that is."""
    while (answer := browser.get(path)).status_code == 303:
        path = str(answer.location)
    assert answer.status_code == 200, path
    return path


def send(browser: Browser, path: str, **fields: str) -> str:
    """Send a form and go where it leads."""
    answer = browser.post(path, **fields)
    assert answer.status_code == 303, browser.page
    return follow(browser, str(answer.location))


def begin(browser: Browser, type_name: str = "person") -> str:
    """Begin a record; return where its form is sent."""
    follow(browser, f"/new/{type_name}")
    found = FORM.search(browser.page)
    assert found
    return found[1]


def leave(browser: Browser, path: str, **fields: str) -> str:
    """Leave a field as a browser with scripts does; return the piece that comes back."""
    key = re.search(r'name="form_key" value="([^"]+)"', browser.page)
    assert key
    answer = browser.client.post(
        path, base_url=BASE, data={"form_key": key[1], **fields}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    return str(answer.text)


def entry_of(desk: Desk, path: str) -> Entry:
    """Give what is known of the record whose form or page this is."""
    record = re.search(r"[0-9a-f-]{36}", path)
    assert record
    with desk.use() as app:
        found = app.journal.entry(UUID(record[0]))
    assert found
    return found


def test_a_resident_is_registered_on_one_page(browser: Browser, desk: Desk) -> None:
    """Four answers suffice; eight digits are a date; the record waits, and its family is next."""
    path = begin(browser)
    at = send(browser, path, **RESIDENT, kk_number="5315050101080001", go="save")
    assert at.startswith("/saved/")
    assert "Tersimpan di perangkat Agnes Uji" in shown(browser)
    saved = entry_of(desk, at)
    assert (str(saved.state), saved.values["birth_date"]) == ("waiting", "1970-05-17")
    at = send(browser, f"/next/{saved.id}")
    assert "Anggota keluarga yang sudah dikenal: 1 Agnes Uji" in shown(browser)
    leave(browser, html.unescape(FORM.findall(browser.page)[0]), name="Petrus Uji")
    relative = entry_of(desk, at)
    family = {"village": VILLAGE, "kk_number": "5315050101080001"}
    assert relative.values == {"name": "Petrus Uji", **family}
    assert str(relative.state) == "draft"


def test_what_was_left_is_kept_though_everything_is_killed(browser: Browser, desk: Desk) -> None:
    """Each field is durable as it is left, a value that cannot be read as it was typed."""
    path = begin(browser)
    piece = leave(browser, path, name="Agnes Uji", nik="531505", sex="")
    assert "Disimpan sebagai draf" in piece
    assert "NIK harus tepat 16 angka" in piece
    assert "wajib diisi" not in piece
    desk.end()
    browser.unlock()
    follow(browser, path)
    assert 'value="Agnes Uji"' in browser.page
    assert 'value="531505"' in browser.page
    assert entry_of(desk, path).values == {"name": "Agnes Uji", "nik": "531505"}


def test_a_form_only_looked_at_leaves_nothing(browser: Browser, desk: Desk) -> None:
    """No draft of a new record, and none of a correction that changes nothing."""
    path = begin(browser)
    leave(browser, path, name="")
    with desk.use() as app:
        assert list(app.journal.drafts()) == []
        (known, *_) = app.journal.entries(type="person")
    send(browser, path, **RESIDENT, go="save")
    begin(browser)
    assert f'value="{VILLAGE}"' in browser.page
    send(browser, f"/next/{known.id}")
    with desk.use() as app:
        assert list(app.journal.drafts()) == []
    path = f"/form/person/{known.id}/1"
    follow(browser, path)
    leave(browser, path, name=known.values["name"])
    assert str(entry_of(desk, path).state) == "waiting"


def test_a_field_left_beside_the_tap_on_save_begins_no_correction(
    browser: Browser, desk: Desk
) -> None:
    """Whichever of the two comes first; nor does it bring back what was thrown away."""
    path = begin(browser)
    answers = {**RESIDENT, "birth_date": "1970", "seen": ""}
    page = browser.page
    send(browser, path, **answers, go="save")
    browser.page = page
    leave(browser, path, **answers, birth_date_precision="")
    assert str(entry_of(desk, path).state) == "waiting"
    follow(browser, path)
    assert 'name="seen" value=""' not in browser.page
    path = begin(browser)
    leave(browser, path, name="Warga Buang", seen="")
    page = browser.page
    send(browser, path.replace("/form/person", "/discard").rpartition("/")[0])
    browser.page = page
    leave(browser, path, name="Warga Buang", seen="")
    with desk.use() as app:
        assert list(app.journal.drafts()) == []


def test_a_field_that_comes_after_its_page_takes_nothing_back(browser: Browser, desk: Desk) -> None:
    """The number typed just before *Next* stays, though an older field is told of after it."""
    path = begin(browser)
    page = browser.page
    send(browser, path, name="Agnes Uji", nik="5315054107700001", go="next", turn="a:2")
    browser.page = page
    leave(browser, path, name="Agnes Uji", nik="", turn="a:1")
    assert entry_of(desk, path).values["nik"] == "5315054107700001"
    leave(browser, path, name="Agnes Uji", nik="", turn="a:3")
    assert "nik" not in entry_of(desk, path).values


def test_what_is_wrong_is_said_where_it_is(browser: Browser) -> None:
    """The first page with an error opens, with a list that leads to all of them."""
    path = begin(browser)
    at = send(browser, path, name="Agnes Uji", nik="12", go="4")
    assert at.endswith("/4")
    at = send(browser, at, needs_home_service="true", go="save")
    assert at.endswith("/1?check=1")
    said = shown(browser)
    for sentence in ("Jenis kelamin wajib diisi.", "NIK harus tepat 16 angka"):
        assert said.count(sentence) == 2
    assert 'aria-invalid="true"' in browser.page
    assert browser.get("/form/person/00000000-0000-8000-8000-000000000000/1").status_code == 400
    assert browser.get(path[:-1] + "9").status_code == 404
    assert browser.get("/new/attachment").status_code == 404


def test_an_unusual_value_asks_for_a_reason(browser: Browser, desk: Desk) -> None:
    """Nothing is saved without one; it travels with the record."""
    path = begin(browser)
    at = send(browser, path, **RESIDENT, nik="5315040102030001", go="save")
    assert at.startswith("/check/")
    codes = re.findall(r'name="(reason-[A-Z_]+)"', browser.page)
    assert len(codes) == 3
    assert browser.post(at, **{codes[0]: "Sesuai kartu keluarga"}).status_code == 200
    assert "Sesuai kartu keluarga" in browser.page
    at = send(browser, at, **dict.fromkeys(codes, "Menurut keluarga"))
    saved = entry_of(desk, at)
    with desk.use() as app:
        state = app.journal.state(saved.id)
    assert state
    assert set(state.reasons.values()) == {"Menurut keluarga"}


def test_whoever_may_be_known_is_shown_before_saving(browser: Browser, desk: Desk) -> None:
    """As soon as the name is left, and once more before it is saved; either answer goes on."""
    path = begin(browser)
    assert "Dugaan ganda" in leave(browser, path, name="Maria Contoh", birth_date="1970")
    answers = {**RESIDENT, "name": "Maria Contoh"}
    at = send(browser, path, **answers, go="save")
    assert at.startswith("/check/")
    twin = re.search(r'name="seen" value="([^"]+)"', browser.page)
    assert twin
    draft = at.removeprefix("/check/")
    follow(browser, f"/check/{draft}")
    at = send(browser, f"/same/{draft}/{twin[1]}")
    assert at == f"/record/{twin[1]}"
    assert follow(browser, "/trash")
    assert "Maria Contoh" in shown(browser)
    at = send(browser, begin(browser), **answers, go="save")
    assert send(browser, at, seen=twin[1]).startswith("/saved/")
    assert str(entry_of(desk, at).state) == "waiting"


def test_a_correction_writes_what_differs(browser: Browser, desk: Desk) -> None:
    """A number that is not shown stays unless it is typed; a field emptied is cleared."""
    at = send(browser, begin(browser), **RESIDENT, nik=NIK, go="save")
    record = entry_of(desk, at).id
    path = f"/form/person/{record}/1"
    follow(browser, path)
    assert NIK not in browser.page
    assert "531505********01" in browser.page
    answers = {**RESIDENT, "birth_date": "1970-05-17", "name": "Agnes Uji Lain", "nik": ""}
    send(browser, path, **answers, go="save")
    with desk.use() as app:
        changes = app.journal.changes_of(record)
        values = app.journal.entry(record).values  # type: ignore[union-attr]
    assert set(changes[-1].writes) == {"name"}
    assert (values["name"], values["nik"]) == ("Agnes Uji Lain", NIK)
    send(browser, f"/form/person/{record}/3", address="Jalan Contoh", go="save")
    send(browser, f"/form/person/{record}/3", address="", go="save")
    assert "address" not in entry_of(desk, path).values


def test_a_form_says_nothing_to_a_locked_browser(browser: Browser) -> None:
    """A piece that is asked for after the lock leads the whole page to the door."""
    path = begin(browser)
    browser.post("/lock")
    answer = browser.client.post(path, base_url=BASE, headers={"HX-Request": "true"})
    assert answer.status_code in {204, 403}
    answer = browser.client.get(path, base_url=BASE, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/unlock")


class WellSchema(RecordSchema):
    """A type that nobody has heard of."""

    place = text("Tempat sumur", "Place of the well", required=True)
    depth = integer("Kedalaman (meter)", "Depth (metres)", maximum=200)
    kind = code(
        CodeList.of("kind", {"dug": ("Gali", "dug"), "bored": ("Bor", "bored")}), "Jenis", "Kind"
    )
    dug_on = day("Digali pada", "Dug on", past=True)
    drinkable = boolean("Layak minum", "Drinkable")


def test_a_new_record_type_has_its_form_at_once(
    browser: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added while the pages run: listed, asked field by field in both languages, saved, shown."""
    well = RecordType(
        name="well",
        version=1,
        label=Label(id="Sumur", en="Well"),
        schema=WellSchema,
        fields=specs(WellSchema),
        title=("place",),
    )
    (registry,) = (one for one in gc.get_referents(RECORD_TYPES) if isinstance(one, dict))
    monkeypatch.setitem(registry, "well", well)
    follow(browser, "/new")
    assert 'href="/new/well"' in browser.page
    path = begin(browser, "well")
    for words in ("Tempat sumur *", "Kedalaman (meter)", "Gali", "Bor", "Digali pada", "Ya"):
        assert words in shown(browser)
    at = send(browser, path, place="Dusun Contoh", depth="900", kind="bored", go="save")
    assert "bukan angka yang mungkin" in shown(browser)
    answers = {"place": "Dusun Contoh", "depth": "12", "kind": "bored", "drinkable": "true"}
    at = send(browser, path, **answers, go="save")
    saved = entry_of(desk, at)
    wanted: dict[str, Any] = {**answers, "depth": 12, "drinkable": True}
    assert (saved.type, saved.values) == ("well", wanted)
    browser.post("/language", lang="en", back="/")
    follow(browser, f"/record/{saved.id}")
    assert "Place of the well Dusun Contoh" in shown(browser)


def test_every_type_has_a_form(browser: Browser) -> None:
    """Every field that a device may set is asked for exactly once."""
    for type_name in sorted(set(RECORD_TYPES) - {"attachment", "link", "review"}):
        path = begin(browser, type_name)
        specs_of = RECORD_TYPES[type_name].fields.values()
        asked: list[str] = []
        for number in range(1, 5 if type_name == "person" else 2):
            follow(browser, f"{path[:-1]}{number}")
            asked += re.findall(r'id="said-(\w+)"', browser.page)
        wanted = [one.name for one in specs_of if one.origin is Origin.DEVICE]
        assert sorted(asked) == sorted(wanted), type_name


def test_a_long_list_makes_no_heavy_page(browser: Browser, desk: Desk) -> None:
    """The list of a search stays below 100 kB."""
    with desk.use() as app:
        register(app, [f"Warga Uji {number}" for number in range(200)])
    browser.post("/search", q="warga uji")
    follow(browser, "/search")
    assert len(browser.page.encode()) < 100_000


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_a_form_goes_on_when_the_laptop_left_its_branch(
    browser: Browser, desk: Desk, kept: bool, taken: bool
) -> None:
    """A sync met another copy at work, which may have registered somebody under the form's id."""
    path = begin(browser)
    if kept:
        send(browser, path, name="Agnes", new="1", go="next")
    record = UUID(path.split("/")[3])
    with desk.use() as app:
        leave_branch(app.journal, app.journal.branches.current())
        theirs = RecordState(record=record, type="person", fields={}) if taken else None
        if theirs is not None:
            content = record_document(state_to_json(theirs), None, theirs, 1, {})
            put(app.tables.records, str(record), content)
    send(browser, path, **RESIDENT, new="1", go="next")
    at = send(browser, path, **RESIDENT, new="1", go="save")
    entry = entry_of(desk, at)
    assert entry.id != record
    assert (str(entry.state), entry.values["name"]) == ("waiting", "Agnes Uji")
    with desk.use() as app:
        assert list(app.journal.drafts()) == []
        assert app.journal.state(record) == theirs
        assert app.journal.counts()["waiting"] == 3
