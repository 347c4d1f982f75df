"""The feed for spreadsheets over a real store: who may read, what the tables hold, paging."""

import base64
import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared_schema.clock import DAY_MS
from sync_server.accounts import Role
from sync_server.api import odata as feed
from sync_server.store.queries import audit
from tests.support.office_pages import agree, door, inside, log_of, post, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

NIK = "5315054107900001"
GOLO = "53.15.05"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
KINDS: dict[str, Any] = {
    "Edm.String": str,
    "Edm.Int64": int,
    "Edm.Double": (int, float),
    "Edm.Boolean": bool,
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office that heard of five residents, three visits, an outage and blank cards."""
    found = staffed(tmp_path, monkeypatch)
    device = found.device()
    one = device.change(person("Dorotea Contoh", nik=NIK, marital_status=2, religion=3))
    others = device.people(4)
    visits = [
        device.change({"person": str(who.record), "outcome": outcome}, type="visit")
        for who, outcome in ((one, "recorded"), (others[0], "refused"), (others[1], "refused"))
    ]
    down = device.change(
        {"component": "printer", "office": GOLO, "started": "2023-11-01",
         "started_precision": "day", "redirect_to": ["Boleng"]},
        type="outage",
    )  # fmt: skip
    cards = [
        device.change(
            {"office": GOLO, "kind": kind, "quantity": count, "date": "2023-11-02"},
            type="stock_movement",
        )
        for kind, count in (("received", 500), ("used", 120))
    ]
    figure = device.change({"region": GOLO, "measure": "wajib_ktp", "raw": "27.711"}, type="figure")
    told = found.exchange(device, device.batch([one, *others, *visits, down, *cards, figure]))
    assert told.errors == []
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def reader(app: Flask, role: Role = Role.SUPERVISOR) -> FlaskClient:
    """Make a key on the page, and give a program that signs in with it as a spreadsheet does."""
    shown = post(inside(app, role), "/feed/key", "/feed").text
    key = re.findall(r'<code class="secret">([\w-]{43})</code>', shown)[0]
    client = door(app)
    pair = base64.b64encode(f"u-{role}:{key}".encode()).decode()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Basic {pair}"
    return client


def given(client: FlaskClient, path: str = "") -> dict[str, Any]:
    """Give the document at an address of the feed."""
    answer = client.get(f"/odata{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["OData-Version"] == "4.0"
    return said(answer)


def said(answer: Any) -> dict[str, Any]:
    """Give the document of an answer."""
    found: dict[str, Any] = answer.json
    return found


def followed(client: FlaskClient, path: str) -> list[list[dict[str, Any]]]:
    """Give the rows of a table page by page, following the links."""
    pages = [given(client, path)]
    while link := pages[-1].get("@odata.nextLink"):
        pages.append(given(client, link.partition("/odata")[2]))
    return [page["value"] for page in pages]


def test_nobody_reads_without_a_key(bench: Bench, app: Flask) -> None:
    """Not with the pages' cookie, a wrong key, one that ended, or after ninety days."""
    for client in (door(app), inside(app)):
        answer = client.get("/odata")
        assert (answer.status_code, said(answer)["error"]["code"]) == (401, "FEED_KEY_REFUSED")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    wrong = door(app)
    wrong.environ_base["HTTP_AUTHORIZATION"] = "Bearer bukan-kunci"
    assert wrong.get("/odata/Coverage").status_code == 401
    first = reader(app)
    assert given(first)
    second = reader(app)
    assert first.get("/odata").status_code == 401, "another one took its place"
    assert second.post("/odata/Coverage").status_code == 405
    assert post(inside(app), "/feed/key/end", "/feed").status_code == 303
    assert second.get("/odata").status_code == 401
    third = reader(app)
    bench.clock[0] += 89 * DAY_MS
    inside(app, Role.VIEWER)
    assert third.get("/odata").status_code == 200, "signing in ends no key that holds"
    bench.clock[0] += 2 * DAY_MS
    assert third.get("/odata").status_code == 401
    assert {"feed-key", "feed-key-end"} <= set(log_of(bench))


def test_each_row_is_what_the_description_says(app: Flask) -> None:
    """Names, kinds and keys fit, and programs learn what they cannot ask."""
    client = reader(app)
    described = ET.fromstring(client.get("/odata/$metadata").data)  # noqa: S314 (our own answer)
    types = {one.get("Name"): one for one in described.iter(f"{EDM}EntityType")}
    listed = [one["name"] for one in given(client)["value"]]
    assert listed == [one.get("Name") for one in described.iter(f"{EDM}EntitySet")]
    assert "People" not in listed
    assert "FilterFunctions" in client.get("/odata/$metadata").text
    for name in listed:
        kind = types[f"{name}Row"]
        columns = {one.get("Name"): str(one.get("Type")) for one in kind.iter(f"{EDM}Property")}
        keys = [one.get("Name") for one in kind.iter(f"{EDM}PropertyRef")]
        page = given(client, f"/{name}?$count=true")
        assert page["@odata.context"] == f"http://localhost/odata/$metadata#{name}"
        rows = page["value"]
        assert page["@odata.count"] == len(rows) > 0, name
        assert client.get(f"/odata/{name}/$count").text == str(len(rows))
        assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)
        for row in rows:
            assert row.keys() == columns.keys()
            assert all(fits(row[column], kind) for column, kind in columns.items()), row


def fits(value: Any, kind: str) -> bool:
    """Tell whether a value is of a kind; none is of all."""
    if value is None:
        return True
    if kind == "Edm.Date":
        return bool(date.fromisoformat(value))
    return isinstance(value, KINDS[kind])


def test_the_tables_say_what_came(app: Flask) -> None:
    """Sums of the district, visits by outcome, cards left, the figure beside its reading."""
    client = reader(app)
    rows = {row["region"]: row for row in given(client, "/Coverage")["value"]}
    assert (rows[GOLO]["wajib"], rows[GOLO]["recorded_field"]) == (5, 1)
    assert (rows[GOLO]["level"], rows[GOLO]["parent"]) == ("district", "53.15")
    visits = given(client, "/Visits")["value"]
    assert sum(row["visits"] for row in visits if row["outcome"] == "refused") == 2
    assert [row["remaining"] for row in given(client, "/Stock")["value"]] == [380]
    assert sum(row["quantity"] for row in given(client, "/StockMovements")["value"]) == 620
    assert given(client, "/Figures")["value"][0]["from"] == 27711
    (down,) = given(client, "/Outages")["value"]
    assert (down["component"], down["standing"]) == ("printer", "down")


def test_pages_follow_each_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row once, in order, whatever is asked for beside."""
    client = reader(app)
    whole = given(client, "/Coverage")["value"]
    monkeypatch.setattr(feed, "PAGE_ROWS", 3)
    pages = followed(client, "/Coverage")
    assert max(map(len, pages)) == 3
    assert [row for page in pages for row in page] == whole
    some = followed(client, "/Coverage?$skip=1&$top=7&$select=region,wajib")
    assert [row for page in some for row in page] == [
        {"region": row["region"], "wajib": row["wajib"]} for row in whole[1:8]
    ]
    assert followed(client, "/Coverage?$top=0") == [[]]
    assert followed(client, f"/Coverage?$skip={len(whole)}") == [[]]


def test_rows_are_chosen_and_ordered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the whole table chosen and ordered by hand, on every page and where they are counted."""
    client = reader(app)
    whole = given(client, "/Coverage")["value"]
    districts = [row for row in whole if row["level"] == "district" and row["region"] > "53.15.02"]
    districts.sort(key=lambda row: row["name"], reverse=True)
    assert len(districts) > 4
    monkeypatch.setattr(feed, "PAGE_ROWS", 3)
    asked = "$filter=level eq 'district' and region gt '53.15.02'"
    pages = followed(client, f"/Coverage?{asked}&$orderby=name desc&$count=true")
    assert [row for page in pages for row in page] == districts
    assert client.get(f"/odata/Coverage/$count?{asked}").text == str(len(districts))
    assert given(client, f"/Coverage?{asked}&$count=true")["@odata.count"] == len(districts)
    nobody = given(client, "/Visits?$filter=day ge 1999-01-01 and day lt 1999-02-01&$count=true")
    assert (nobody["@odata.count"], nobody["value"]) == (0, [])


def test_what_spreadsheets_ask_when_they_connect(app: Flask) -> None:
    """Excel and Power BI name formats and versions in many ways, and look before they read."""
    client = reader(app)
    power = "application/json;odata.metadata=minimal;q=1.0,application/atom+xml;q=0.8,text/plain"
    for accept in (power, "application/xml", "application/json", "*/*"):
        heads = {"Accept": accept, "OData-MaxVersion": "4.0", "MaxDataServiceVersion": "3.0"}
        described = client.get("/odata/$metadata", headers=heads)
        assert (described.status_code, described.mimetype) == (200, "application/xml")
        page = client.get("/odata/Coverage?$top=1000&$format=json", headers=heads)
        assert (page.status_code, page.mimetype) == (200, "application/json")
        assert described.headers["OData-Version"] == page.headers["OData-Version"] == "4.0"
    assert client.get("/odata/$metadata?$format=application/xml").status_code == 200
    assert given(client, "/Coverage?$top=0&$count=true")["@odata.count"] > 0
    minimal = "application/json;odata.metadata=minimal"
    assert client.get("/odata/", query_string={"$format": minimal}).status_code == 200
    assert client.get("/odata/Visits", headers={"OData-MaxVersion": "3.0"}).status_code == 200


def test_a_wrong_question_is_named(app: Flask) -> None:
    """With a status that programs know and a code that people can look up."""
    client = reader(app)
    for path, status, code in (
        ("/Coverage?$top=-1", 400, "FEED_QUERY_INVALID"),
        ("/Coverage?$skip=dua", 400, "FEED_QUERY_INVALID"),
        ("/Coverage?$select=nama", 400, "FEED_QUERY_INVALID"),
        ("/Coverage?$filter=wajib gt 'tiga'", 400, "FEED_QUERY_INVALID"),
        ("/Coverage/$count?$filter=nama eq 3", 400, "FEED_QUERY_INVALID"),
        ("/Coverage?$filter=contains(name,'Golo')", 501, "FEED_QUERY_UNSUPPORTED"),
        ("/Coverage?$orderby=nama", 400, "FEED_QUERY_INVALID"),
        ("/Coverage?$filter=wajib gt 3&$filter=true", 400, "FEED_QUERY_INVALID"),
        ("/Coverage?$apply=aggregate(wajib)", 501, "FEED_QUERY_UNSUPPORTED"),
        ("/Coverage?$format=atom", 406, "FEED_FORMAT_UNKNOWN"),
        ("/Rahasia", 404, "FEED_SET_UNKNOWN"),
        ("/People", 403, "EXPORT_NOT_AGREED"),
        ("/People/$count", 403, "EXPORT_NOT_AGREED"),
    ):
        answer = client.get(f"/odata{path}")
        assert (answer.status_code, said(answer)["error"]["code"]) == (status, code), path


def test_people_are_there_once_a_second_person_agreed(
    bench: Bench, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a day, for whoever asked; a page at a time; void ones are left out."""
    client = reader(app)
    agree(app, inside(app), "residents")
    assert "People" in {one["name"] for one in given(client)["value"]}
    monkeypatch.setattr(feed, "PAGE_ROWS", 2)
    rows = [row for page in followed(client, "/People?$count=true") for row in page]
    assert len({row["id"] for row in rows}) == len(rows) == 5
    assert given(client, "/People?$count=true&$top=1")["@odata.count"] == 5
    mine = next(row for row in rows if row["nik"] == NIK)
    asked = f"$filter=nik ne '{NIK}' and id ne null&$count=true"
    others = [row for page in followed(client, f"/People?{asked}&$skip=1") for row in page]
    assert others == [row for row in rows if row["nik"] != NIK][1:]
    assert given(client, f"/People?{asked}&$top=1")["@odata.count"] == 4
    assert client.get(f"/odata/People/$count?{asked}").text == "4"
    assert client.get("/odata/People?$orderby=name").status_code == 501
    with bench.office.store.read() as connection:
        assert NIK not in str(audit.latest(connection)), "what was asked for is nobody's business"
    assert (mine["name"], mine["religion"], mine["marital_status"]) == ("Dorotea Contoh", "3", "2")
    assert reader(app, Role.ADMINISTRATOR).get("/odata/People").status_code == 403
    assert log_of(bench).count("feed-read") >= 3
    bench.clock[0] += DAY_MS + 1
    assert client.get("/odata/People").status_code == 403


def test_only_the_region_that_was_agreed_to_is_given_out(app: Flask) -> None:
    """Agreement to another district's export opens neither this one's people nor its tables."""
    browser = inside(app)
    asked = post(
        browser, "/exports", "/exports", what="residents.csv", region="53.15.06", reason="uji"
    )
    assert asked.status_code == 303
    second = inside(app, Role.ADMINISTRATOR)
    number = re.findall(r"/exports/(\d+)/decide", second.get("/exports").text)[0]
    post(second, f"/exports/{number}/decide", "/exports", decision="approve")
    assert followed(reader(app), "/People") == [[]]


def test_a_district_viewer_reads_its_district(app: Flask) -> None:
    """Nothing of what lies elsewhere is in any table."""
    client = reader(app, Role.VIEWER)
    told = json.dumps([followed(client, f"/{one['name']}") for one in given(client)["value"]])
    assert GOLO not in told
    assert "53.15.06" in told
    regions = {one["region"] for one in given(client, "/Coverage")["value"]}
    assert "53.15" not in regions, "the sums of a part are not called the regency's"


def test_a_place_that_no_page_named_is_refused(app: Flask) -> None:
    """Not a failure of the server, and nothing of it in the access log."""
    client = reader(app)
    for table, token in (("Visits", "9" * 5000), ("Visits", "x"), ("Visits", "-1")):
        answer = client.get(f"/odata/{table}?$skiptoken={token}")
        assert (answer.status_code, said(answer)["error"]["code"]) == (400, "FEED_QUERY_INVALID")
