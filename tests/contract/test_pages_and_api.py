"""Pages and JSON API over a real store: doors, forms, rights, masked numbers, decisions."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared_schema.links import Verdict
from sync_server import accounts, people, reconcile, second_looks
from sync_server.accounts import Role
from sync_server.lookup import resolve
from sync_server.store.queries import audit, users
from tests.support.office_pages import (
    API,
    FORM_KEY,
    PASSPHRASE,
    door,
    inside,
    log_of,
    post,
    program,
    staffed,
    web_of,
)
from tests.support.offices import Bench
from tests.support.raw_device import person

NIK = "5315054107900001"
MASKED = "531505********01"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with two residents of one NIK, and users in every role."""
    found = staffed(tmp_path, monkeypatch)
    device = found.device()
    for name in ("Dorotea Contoh", "Silvester Contoh"):
        made = [device.change(person(name, nik=NIK, address=f"Jalan {name}"))]
        assert found.exchange(device, device.batch(made)).errors == []
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def test_the_history_of_joined_records_stands_with_each(bench: Bench, app: Flask) -> None:
    """A page of a person shows every record's own values, sources and steps, masked, by record."""
    case = only_case(program(app))
    first, second = (one["id"] for one in case["records"])
    with bench.office.store.write() as connection:
        reconcile.decide_pair(connection, (first, second), Verdict.SAME, "satu orang", "user:a")
    browser = inside(app)
    for record, other in ((first, second), (second, first)):
        page = browser.get(f"/record/{record}").text
        own, _, joined = page.partition("Riwayat data yang digabungkan dengannya")
        assert page.count("Jalan Dorotea Contoh") == page.count("Jalan Silvester Contoh") == 2
        assert joined.count("<details>") == 1
        assert other in joined
        assert record not in joined
        assert own.count("Jalan ") == joined.count("Jalan ") == 2, "a value and a step each"
    shown = post(browser, f"/record/{first}/reveal", "/", reason="cocokkan KTP").text
    own, _, joined = shown.partition("Riwayat data yang digabungkan dengannya")
    assert NIK in own
    assert NIK not in joined, "a reveal is of the record that was asked for"


def only_case(client: FlaskClient) -> dict[str, Any]:
    """Give the one case of the queue."""
    said = client.get(f"{API}/duplicates").json
    assert said is not None
    assert said["left"] == 1
    (case,) = said["cases"]
    return dict(case)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8800", 200),
        ("192.168.1.7", 200),
        ("[::1]:8800", 200),
        ("kantor.contoh", 200),
        ("jahat.contoh", 421),
        ("127.0.0.1.jahat.contoh", 421),
    ],
)
def test_only_our_own_names_are_answered(app: Flask, host: str, status: int) -> None:
    """Another site cannot point its name at the office, neither for pages nor for the API."""
    assert door(app).get("/sign-in", headers={"Host": host}).status_code == status
    wanted = 401 if status == 200 else status
    assert door(app).get(f"{API}/devices", headers={"Host": host}).status_code == wanted


def test_nobody_gets_in_without_a_sign_in_or_with_another_page_s_form(app: Flask) -> None:
    """Pages lead to the door, the API says so; forms need their key and our own origin."""
    browser = door(app)
    for path in ("/", "/duplicates", "/record/00000000", "/audit", "/users", "/decisions"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert browser.get(f"{API}/duplicates").status_code == 401
    browser = inside(app)
    assert browser.get(f"{API}/duplicates").status_code == 401, "a cookie opens no API"
    for fields in ({"q": "x"}, {"q": "x", "form_key": "0" * 64}):
        assert browser.post("/search", data=fields).status_code == 403
    key = FORM_KEY.search(browser.get("/").text)
    assert key
    for headers in ({"Origin": "http://jahat.contoh"}, {"Sec-Fetch-Site": "cross-site"}):
        form = {"q": "x", "form_key": key[1]}
        assert browser.post("/search", data=form, headers=headers).status_code == 403


def test_every_answer_bears_the_strict_headers(app: Flask) -> None:
    """Nothing from elsewhere, no framing, no keeping; the cookie is out of reach of scripts."""
    answer = door(app).get("/sign-in")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_signing_in_changes_the_cookie_and_signing_out_ends_the_session(app: Flask) -> None:
    """A cookie planted before the sign-in, or kept after the sign-out, opens nothing."""
    browser = door(app)
    browser.get("/sign-in")
    before = browser.get_cookie("jemput_80")
    post(browser, "/sign-in", "/sign-in", name="u-supervisor", passphrase=PASSPHRASE)
    after = browser.get_cookie("jemput_80")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    post(browser, "/sign-out", "/")
    browser.set_cookie("jemput_80", after.value)
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_may(app: Flask, role: Role) -> None:
    """Pages and API alike."""
    browser, client = inside(app, role), program(app, role)
    audited = role in (Role.AUDITOR, Role.ADMINISTRATOR)
    assert browser.get("/audit").status_code == (200 if audited else 403)
    assert client.get(f"{API}/audit").status_code == (200 if audited else 403)
    assert browser.get("/users").status_code == (200 if role is Role.ADMINISTRATOR else 403)
    decides = role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
    answer = client.post(f"{API}/decisions/undo", json={"decisions": ["0" * 32]})
    assert answer.status_code == (400 if decides else 403)
    seen = client.get(f"{API}/duplicates").json
    assert seen is not None
    assert seen["left"] == (0 if role is Role.VIEWER else 1), "a viewer's area is another one"


def test_days_times_and_weights_stand_as_people_write_them(app: Flask) -> None:
    """In words, and with the comma or the point of the language."""
    record = only_case(program(app))["records"][0]["id"]
    browser = inside(app)
    page = browser.get(f"/record/{record}").text + browser.get("/duplicates?kind=person").text
    assert "1 Januari 1970" in page
    assert "15 November 2023, 06:13 WITA" in page
    assert not re.findall(r"\d{4}-\d\d-\d\d(?![\w-])", page)
    assert re.search(r"bobot cocok \+\d+,\d bit", page)
    browser.set_cookie("jemput_lang", "en")
    assert re.search(r"match weight \+\d+\.\d bits", browser.get("/duplicates?kind=person").text)


def test_numbers_are_masked_until_a_reason_is_given_and_kept(bench: Bench, app: Flask) -> None:
    """On the page, in the case, in the API; the log knows who and why, and no number."""
    browser, client = inside(app), program(app)
    case = only_case(client)
    record = case["records"][0]["id"]
    assert case["records"][0]["values"]["nik"] == MASKED
    for path in (f"/record/{record}", "/duplicates?kind=person"):
        page = browser.get(path).text
        assert MASKED in page
        assert NIK not in page
    assert post(browser, f"/record/{record}/reveal", "/", reason=" ").status_code == 400
    assert NIK in post(browser, f"/record/{record}/reveal", "/", reason="cocokkan KTP").text
    assert NIK in post(browser, f"/duplicates/{record}/reveal", "/", reason="cocokkan KTP").text
    said = client.post(f"{API}/records/{record}/reveal", json={"reason": "cocokkan KTP"}).json
    assert said is not None
    assert said["values"]["nik"] == NIK
    assert program(app, Role.AUDITOR).post(
        f"{API}/records/{record}/reveal", json={"reason": "ingin tahu"}
    ).status_code == 403  # fmt: skip
    assert log_of(bench).count("reveal") == 3
    with bench.office.store.read() as connection:
        kept = [str(one) for one in audit.latest(connection)]
    assert not [line for line in kept if NIK in line or "Dorotea" in line]


def test_a_case_is_decided_by_form_with_a_value_chosen_and_undone_exactly(
    bench: Bench, app: Flask
) -> None:
    """The cluster shows the chosen value; undoing leaves each record its own."""
    browser, client = inside(app), program(app)
    case = only_case(client)
    first, second = (one["id"] for one in case["records"])
    values = {one["id"]: one["values"] for one in case["records"]}
    sent = {"record": second, "choice.address": first, "verdict": "same", "reason": "wajah sama"}
    key = FORM_KEY.search(browser.get("/").text)
    assert key
    form = {"form_key": key[1], **sent, "record": [first, second]}
    answer = browser.post(f"/duplicates/{first}", data=form)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).text
    assert "Batalkan" in page
    with bench.office.store.read() as connection:
        shown = people.record_document(connection, resolve(connection, first))["cluster"]
    assert shown["values"]["address"] == values[first]["address"]
    decisions = re.findall(r'name="decision" value="([^"]+)"', page)
    post(browser, "/decisions/undo", "/", decision=decisions[0], back="/duplicates")
    again = only_case(client)
    assert {one["id"]: one["values"] for one in again["records"]} == values
    told = browser.get("/duplicates?kept=address,name,kosong").text
    assert "Dibiarkan seperti ditulis sesudahnya: Alamat, Nama." in told
    assert log_of(bench).count("decide") == log_of(bench).count("undo") == 1


def test_a_decision_waits_for_a_second_supervisor(app: Flask) -> None:
    """Its maker cannot agree to it; another one can, and then nothing waits."""
    maker, other = program(app), program(app, Role.ADMINISTRATOR)
    record = only_case(maker)["records"][0]["id"]
    ruling = {"verdict": "different", "reason": "dua orang", "second": True}
    made = maker.post(f"{API}/duplicates/{record}/decision", json=ruling).json
    assert made is not None
    decision = made["decisions"][0]["decision"]
    agree = f"{API}/second-looks/{decision}/agree"
    assert maker.post(agree).status_code == 403
    page = inside(app, Role.ADMINISTRATOR).get("/second-looks").text
    assert decision in page
    assert other.post(agree).status_code == 204
    assert decision not in inside(app, Role.ADMINISTRATOR).get("/second-looks").text


def test_decisions_about_records_elsewhere_are_neither_shown_nor_undone(
    bench: Bench, app: Flask
) -> None:
    """A supervisor of another district does not see them, and cannot take them back."""
    client = program(app)
    record = only_case(client)["records"][0]["id"]
    ruling = {"verdict": "same", "reason": "wajah sama", "second": True}
    made = client.post(f"{API}/duplicates/{record}/decision", json=ruling).json
    assert made is not None
    decision = made["decisions"][0]["decision"]
    with bench.office.store.write() as connection:
        user = accounts.known(connection, "u-supervisor")
        users.save(connection, replace(user, name="u-other", area=("53.15.06",)))
    other = door(app)
    post(other, "/sign-in", "/sign-in", name="u-other", passphrase=PASSPHRASE)
    for path in ("/decisions", "/decisions?all=1", "/second-looks", f"/duplicates?last={decision}"):
        page = other.get(path)
        assert page.status_code == 200
        assert "Dorotea" not in page.text
    assert other.get(f"/record/{record}").status_code == 400
    assert post(other, "/decisions/undo", "/", decision=decision).status_code == 400
    with bench.office.store.write() as connection:
        user = accounts.known(connection, "u-administrator")
        users.save(connection, replace(user, area=("53.15.06",)))
    elsewhere = program(app, Role.ADMINISTRATOR)
    for wrong in (decision, record, "00000000-0000-4000-8000-000000000000"):
        refused = elsewhere.post(f"{API}/second-looks/{wrong}/agree")
        assert refused.json is not None
        assert (refused.status_code, refused.json["error"]["code"]) == (400, "DECISION_UNKNOWN")
    assert decision in inside(app, Role.SUPERVISOR).get("/decisions").text
    with bench.office.store.read() as connection:
        (look,) = second_looks.of(connection, [decision]).values()
    assert look.looked_by is None
    assert decision in inside(app).get("/decisions").text


def test_a_bulk_correction_is_previewed_made_and_taken_back(bench: Bench, app: Flask) -> None:
    """What was seen is what is written; another count is refused; one undo restores all."""
    browser, client = inside(app), program(app)
    values = {one["id"]: one["values"] for one in only_case(client)["records"]}
    form = {"set_field": "address", "set_value": "Dusun Baru", "listed": " ".join(values)}
    page = post(browser, "/corrections", "/corrections", **form).text
    assert 'name="count" value="2"' in page
    order = {**form, "reason": "pemekaran dusun"}
    late = post(browser, "/corrections/apply", "/corrections", **order, count="1")
    assert late.status_code == 409
    made = post(browser, "/corrections/apply", "/corrections", **order, count="2")
    assert made.status_code == 303
    again = {"set": {"address": "Dusun Baru"}, "listed": " ".join(values)}
    seen = client.post(f"{API}/corrections/preview", json=again).json
    assert seen is not None
    assert (seen["count"], seen["unchanged"]) == (0, 2)
    (one,) = client.get(f"{API}/corrections").json["corrections"]  # type: ignore[index]
    assert client.post(f"{API}/corrections/{one['correction']}/undo").status_code == 200
    assert {one["id"]: one["values"] for one in only_case(client)["records"]} == values
    assert log_of(bench).count("correct") == log_of(bench).count("correct-undo") == 1


def test_a_record_is_returned_to_its_officer_with_a_comment(bench: Bench, app: Flask) -> None:
    """By form and by API; the record's page says so, and the log who did it."""
    browser, client = inside(app), program(app)
    first, second = (one["id"] for one in only_case(client)["records"])
    answer = post(browser, f"/record/{first}/return", "/", comment="periksa tahun lahir")
    assert answer.status_code == 303
    assert "periksa tahun lahir" in browser.get(f"/record/{first}").text
    sent = client.post(f"{API}/records/{second}/return", json={"comment": "periksa nama"})
    assert sent.status_code == 204
    assert "periksa nama" in browser.get(f"/record/{second}").text
    assert log_of(bench).count("return") == 2


def test_a_decision_needs_a_reason_and_a_known_verdict(app: Flask) -> None:
    """Whatever is wrong is named by field, and nothing is written."""
    client = program(app)
    record = only_case(client)["records"][0]["id"]
    path = f"{API}/duplicates/{record}/decision"
    for wrong in ({}, {"verdict": "maybe", "reason": "x"}, {"verdict": "same", "reason": ""}):
        answer = client.post(path, json=wrong)
        assert answer.json is not None
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "REQUEST_INVALID")
        assert answer.json["error"]["fields"]
    browser = inside(app)
    form = {"verdict": "same", "record": record}
    assert post(browser, f"/duplicates/{record}", "/", **form).status_code == 400
    assert only_case(client)


def test_the_openapi_document_names_every_route_and_its_schemas(app: Flask) -> None:
    """Each route of the API stands in it, with what it takes and gives."""
    found = door(app).get(f"{API}/openapi.json").json
    assert found is not None
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("supervisors.")
    }
    assert set(found["paths"]) == routes
    assert {"Case", "Ruling", "Decisions", "Record"} <= set(found["components"]["schemas"])


def test_a_first_passphrase_opens_nothing_but_its_own_change(bench: Bench, app: Flask) -> None:
    """On the pages it is changed first; the API refuses it."""
    administrator = inside(app, Role.ADMINISTRATOR)
    page = post(administrator, "/users", "/users", name="baru", role="supervisor").text
    shown = re.search(r'class="secret">([^<]+)<', page)
    assert shown
    browser = door(app)
    post(browser, "/sign-in", "/sign-in", name="baru", passphrase=shown[1])
    assert browser.get("/duplicates").headers["Location"] == "/passphrase"
    answer = post(browser, "/passphrase", "/passphrase", old=shown[1], new="pilihan-sendiri")
    assert answer.status_code == 303
    assert browser.get("/duplicates").status_code == 200
    assert "user-add" in log_of(bench)
