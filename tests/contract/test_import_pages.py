"""Imports by pages and API: columns named, tried dry, left and returned to, only differences."""

import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_server import accounts, importing
from sync_server.accounts import Role
from sync_server.importing import Imports
from sync_server.registry import Import, Outcome, import_register
from sync_server.store.queries import users
from tests.support.office_pages import (
    API,
    FORM_KEY,
    inside,
    log_of,
    post,
    program,
    staffed,
    web_of,
)
from tests.support.offices import Bench

NIK = "5315051705700001"
HEADER = "Nomor;Nama Orang;JK;DESA;TGL LAHIR\n"
ROW = f"{NIK};Maria Contoh;P;53.15.05.2001;17-05-1970\n"
BAD = "531505170570001;Yohana Contoh;P;53.15.05.2001;17-05-1970\n"
TWO = "5315055705700002;Dorotea Contoh;P;53.15.05.2001;17-05-1970\n"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with users in every role."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def upload(browser: FlaskClient, text: str, kind: str = "register", name: str = "warga.csv") -> Any:
    """Send a file with the form of the page."""
    key = FORM_KEY.search(browser.get("/data").text)
    assert key
    file = (BytesIO(text.encode()), name)
    return browser.post("/imports", data={"form_key": key[1], "kind": kind, "file": file})


def settled(browser: FlaskClient, path: str) -> str:
    """Look at an import until its run is over; give the page."""
    for _ in range(200):
        page = browser.get(path).text
        if "data-follow" not in page:
            return page
        time.sleep(0.02)
    raise AssertionError(page)


def test_a_register_is_mapped_tried_imported_and_tried_again(bench: Bench, app: Flask) -> None:
    """Two columns need a name; the rejected line is explained; next time only differences count."""
    browser = inside(app)
    path = upload(browser, HEADER + ROW + BAD).headers["Location"]
    page = browser.get(path).text
    assert "Masih perlu kolom untuk: Nama" in page
    assert NIK not in page
    columns = {"column.0": "nik", "column.1": "name", "column.2": "sex", "column.3": "village"}
    form = columns | {"column.4": "birth_date"}
    twice = post(browser, f"{path}/check", path, **form | {"column.4": "name"})
    assert "Dua kolom disebut sebagai name" in twice.text
    assert post(browser, f"{path}/check", path, **form).status_code == 303
    page = settled(browser, path)
    assert "angka terakhirnya hilang" in page
    assert "<dt>Warga baru</dt><dd>1</dd>" in page
    assert only(browser, "Maria").count("Maria Contoh") == 0, "a dry run writes nothing"
    assert post(browser, f"{path}/start", path).status_code == 303
    page = settled(browser, path)
    assert "<dt>Baris yang ditolak</dt><dd>1</dd>" in page
    table = browser.get(f"{path}/rejected.csv")
    assert table.text.splitlines()[1].startswith("3,NIK_PRECISION_LOST,nik,")
    assert post(browser, f"{path}/start", path).status_code == 409, "the file is gone"
    changed = ROW.replace("Maria Contoh", "Maria Contoh Baru")
    again = upload(browser, HEADER + changed + TWO).headers["Location"]
    post(browser, f"{again}/check", again, **form)
    page = settled(browser, again)
    assert "<dt>Warga yang berubah</dt><dd>1</dd>" in page
    assert "<b>Maria Contoh Baru</b>" in page
    actions = [one for one in log_of(bench) if one.startswith("import")]
    assert actions == [
        *("import-upload", "import-check", "import", "import-done"),
        *("import-upload", "import-check"),
    ]


def test_whom_the_next_register_no_longer_names_is_shown(app: Flask) -> None:
    """By name and village, in a trial run and once it is done; nobody is removed."""
    browser = inside(app)
    names = ("nik", "name", "sex", "village", "birth_date")
    form = {f"column.{at}": name for at, name in enumerate(names)}
    for text in (HEADER + ROW + TWO, HEADER + ROW):
        path = upload(browser, text).headers["Location"]
        post(browser, f"{path}/check", path, **form)
        page = settled(browser, path)
        assert ("Tidak lagi ada dalam daftar" in page) == (TWO not in text)
        post(browser, f"{path}/start", path)
        page = settled(browser, path)
    assert "Dorotea Contoh</a>" in page
    assert "1 warga dari daftar sebelumnya" in page
    assert "Maria Contoh</a>" not in page
    assert "Dorotea Contoh" in only(browser, "Dorotea")


def only(browser: FlaskClient, name: str) -> str:
    """Search for a resident; give the page."""
    return str(post(browser, "/search", "/", q=name).text)


def test_an_import_is_left_while_it_runs_and_found_again(
    bench: Bench, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its progress is told; another waits; a server that starts anew calls it interrupted."""
    go_on: list[bool] = []

    def slowly(office: Any, job: Import) -> Outcome:
        job.progress(500, 1200)
        while not go_on:
            time.sleep(0.01)
        return import_register(office, replace(job, progress=lambda _lines, _total: None))

    monkeypatch.setattr(importing, "import_register", slowly)
    browser, client = inside(app), program(app)
    plain = HEADER.replace("Nomor", "NIK").replace("Nama Orang", "Nama") + ROW
    made = api_upload(client, plain)
    wanted = f"{API}/imports/{made['id']}"
    assert client.post(f"{wanted}/run", json={"dry_run": False}).status_code == 202
    said: dict[str, Any] = {"lines": 0}
    while said["lines"] == 0:
        said = dict(client.get(wanted).json or {})
    assert (said["step"], said["lines"], said["total"]) == ("importing", 500, 1200)
    assert "500 dari 1200 baris" in browser.get(f"/imports/{made['id']}").text
    assert "sedang diimpor" in browser.get("/data").text
    assert client.post(f"{wanted}/run", json={}).status_code == 409
    (after_restart,) = Imports(bench.office).listed()
    assert after_restart.step == "interrupted"
    go_on.append(True)
    page = settled(browser, f"/imports/{made['id']}")
    assert "<dt>Warga baru</dt><dd>1</dd>" in page


def api_upload(client: FlaskClient, text: str, kind: str = "register") -> dict[str, Any]:
    """Upload a file as a program does."""
    file = (BytesIO(text.encode()), "warga.csv")
    said = client.post(f"{API}/imports", data={"kind": kind, "file": file})
    assert said.status_code == 201, said.text
    assert said.json is not None
    return dict(said.json)


def api_settled(client: FlaskClient, made: dict[str, Any]) -> dict[str, Any]:
    """Ask until a run is over."""
    for _ in range(200):
        said = client.get(f"{API}/imports/{made['id']}").json
        assert said is not None
        if said["step"] not in ("checking", "importing"):
            return dict(said)
        time.sleep(0.02)
    raise AssertionError(said)


def test_a_program_imports_a_status_list_by_nik(app: Flask) -> None:
    """Mapped by header; a NIK that nobody has is told with its line."""
    client = program(app, Role.ADMINISTRATOR)
    plain = HEADER.replace("Nomor", "NIK").replace("Nama Orang", "Nama") + ROW
    first = api_upload(client, plain)
    client.post(f"{API}/imports/{first['id']}/run", json={"dry_run": False})
    assert api_settled(client, first)["counts"]["added"] == 1
    text = f"Nomor,Hasil\n{NIK},PRINT_READY_RECORD\n5315055705700009,CARD_PRINTED\n"
    made = api_upload(client, text, "status")
    assert made["missing"] == ["nik", "central_status / recorded_on / printed_on"]
    run = {"mapping": {"Nomor": "nik", "Hasil": "central_status"}, "dry_run": False}
    assert client.post(f"{API}/imports/{made['id']}/run", json=run).status_code == 202
    said = api_settled(client, made)
    assert (said["step"], said["counts"]["changed"], said["fields"]) == (
        *("done", 1),
        {"central_status": 1},
    )
    lines = client.get(f"{API}/imports/{made['id']}/rejected").json
    assert lines is not None
    (line,) = lines["rejected"]
    assert (line["line"], line["code"]) == (3, "NIK_UNKNOWN")
    assert client.delete(f"{API}/imports/{made['id']}").status_code == 204
    assert client.get(f"{API}/imports/{made['id']}").status_code == 404


def test_a_run_that_fails_says_why(app: Flask) -> None:
    """A file that is no table is refused at once; a damaged workbook as well, under its name."""
    browser = inside(app)
    for content in ("", "PK\x03\x04 rusak"):
        answer = upload(browser, content, name="rusak.xlsx")
        assert answer.status_code == 400
        assert "rusak.xlsx tidak dapat dibaca" in answer.text


def test_who_may_import(bench: Bench, app: Flask) -> None:
    """Supervisors and administrators of the whole regency; a stranger's large form is not read."""
    for role in (Role.VIEWER, Role.AUDITOR):
        assert upload(inside(app, role), HEADER + ROW).status_code == 403
        client = program(app, role)
        assert client.get(f"{API}/imports").status_code == 403
    with bench.office.store.write() as connection:
        user = accounts.known(connection, "u-supervisor")
        users.save(connection, replace(user, area=("53.15.05",)))
    assert upload(inside(app), HEADER + ROW).status_code == 403
    stranger, large = app.test_client(), b"x" * (2 << 20)
    kind = "multipart/form-data; boundary=x"
    assert stranger.post("/imports", data=large, content_type=kind).status_code == 413
