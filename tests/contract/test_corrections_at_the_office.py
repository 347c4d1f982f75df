"""What looks wrong is confirmed, choices are taken back, and the console's work is noted too."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from sync_server import accounts, ingest, setup
from sync_server.accounts import Role
from sync_server.cli import main
from sync_server.correcting import Selection, select_records
from sync_server.ingest import Edit
from sync_server.store.queries import audit, records, users
from tests.support.office_pages import API, inside, log_of, post, program, staffed, web_of
from tests.support.offices import Bench, office_in
from tests.support.raw_device import person

NIK = "5315054107900001"
WHY = "kartu diperiksa"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with a woman whose NIK says so, and an address in conflict."""
    found = staffed(tmp_path, monkeypatch)
    device = found.device()
    born = device.change(
        person("Dorotea Contoh", nik=NIK, birth_date="1990-07-01", birth_date_precision="day")
    )
    edits = [
        device.change({"address": f"Jalan {n}"}, record=born.record, replaces=[]) for n in range(2)
    ]
    assert found.exchange(device, device.batch([born, *edits])).errors == []
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def state_of(bench: Bench) -> Any:
    """Give the resident's state."""
    with bench.office.store.read() as connection:
        return next(iter(records.many(connection, ids(connection)).values())).state


def ids(connection: Any) -> list[Any]:
    """Name every resident."""
    return select_records(connection, Selection(region="53.15"))[0]


def test_values_that_look_wrong_are_confirmed_with_a_reason_or_not_written(
    bench: Bench, app: Flask
) -> None:
    """The preview shows the warning; the reason stands with the record, and goes with the undo."""
    browser = inside(app)
    form = {"set_field": "sex", "set_value": "L", "listed": NIK}
    page = post(browser, "/corrections", "/corrections", **form).text
    assert "NIK menunjukkan jenis kelamin lain." in page
    assert 'name="confirm"' in page
    order = {**form, "count": "1", "reason": "salah ketik"}
    assert post(browser, "/corrections/apply", "/corrections", **order).status_code == 409
    assert state_of(bench).shown("sex") == "P"
    made = post(browser, "/corrections/apply", "/corrections", **order, confirm=WHY)
    assert made.status_code == 303
    assert state_of(bench).reasons == {"NIK_SEX_MISMATCH": WHY}
    assert post(browser, "/corrections/1/undo", "/corrections").status_code == 200
    assert (state_of(bench).shown("sex"), state_of(bench).reasons) == ("P", {})


def test_a_program_is_told_what_looks_wrong(app: Flask) -> None:
    """It confirms with a reason; a correction that warns of nothing needs none."""
    client = program(app)
    asked = {"set": {"sex": "L"}, "listed": NIK}
    seen = client.post(f"{API}/corrections/preview", json=asked).json
    assert seen is not None
    assert [(one["code"], one["count"]) for one in seen["warnings"]] == [("NIK_SEX_MISMATCH", 1)]
    order = {**asked, "reason": "salah ketik", "count": 1}
    refused = client.post(f"{API}/corrections", json=order)
    assert refused.json is not None
    assert refused.json["error"]["code"] == "CORRECTION_UNCONFIRMED"
    assert client.post(f"{API}/corrections", json={**order, "confirm": WHY}).status_code == 200
    plain = {"set": {"rt": "001"}, "listed": NIK, "reason": "pemekaran", "count": 1}
    assert client.post(f"{API}/corrections", json=plain).status_code == 200


def test_a_choice_is_taken_back_on_the_page_and_by_a_program(bench: Bench, app: Flask) -> None:
    """At once by the button above the next, later under what was chosen; both are noted."""
    browser, client = inside(app), program(app)
    (conflict,) = client.get(f"{API}/conflicts").json["conflicts"]  # type: ignore[index]
    change, record = conflict["heads"][0]["change"], conflict["record"]
    path = f"/conflicts/{record}/address"
    answer = post(browser, path, "/conflicts", change=change)
    page = browser.get(answer.headers["Location"]).text
    assert 'data-key="z"' in page
    decision = answer.headers["Location"].partition("last=")[2]
    assert post(browser, "/conflicts/undo", "/conflicts", decision=decision).status_code == 303
    assert state_of(bench).conflicts() == ("address",)
    assert client.post(f"{API}{path}", json={"change": change}).status_code == 422, "why?"
    made = client.post(f"{API}{path}", json={"change": change, "reason": "lihat KTP"}).json
    assert made is not None
    page = browser.get("/conflicts").text
    assert "Batalkan pilihan" in page
    assert "Alasan: lihat KTP" in page
    with bench.office.store.read() as connection:
        first, again = audit.about(connection, "choose", record)[::-1]
    assert first.detail["reason"].startswith("Operator 1 (Laptop Contoh), ")
    assert again.detail["reason"] == "lihat KTP"
    undo = {"decision": made["decision"]}
    assert program(app, Role.VIEWER).post(f"{API}/conflicts/undo", json=undo).status_code == 403
    done = client.post(f"{API}/conflicts/undo", json=undo).json
    back = ["address"]
    assert done == {"record": record, "restored": back, "in_conflict": back, "kept": []}
    assert state_of(bench).conflicts() == ("address",)
    with bench.office.store.write() as connection:
        user = accounts.known(connection, "u-supervisor")
        users.save(connection, replace(user, area=("53.15.06",)))
    assert program(app).post(f"{API}/conflicts/undo", json=undo).status_code == 400, "elsewhere"
    assert log_of(bench).count("choose-undo") == 2


def test_what_the_console_decides_stands_in_the_access_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports, bulk corrections and their undoing, choices, verdicts, returns: who and why."""
    monkeypatch.setattr(setup, "_MEMORY_KIB", 64)
    runner = CliRunner(
        env={"SYNC_SERVER_HOME": str(tmp_path), "SYNC_SERVER_ADMIN_PASSPHRASE": "kadis-uji-coba"}
    )

    def told(*words: str) -> Any:
        done = runner.invoke(main, [*words, "--json"])
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    told("init", "--region", "53.15", "--name", "Kabupaten Uji", "--admin", "penyelia")
    table = tmp_path / "warga.csv"
    rows = (f"{NIK},Dorotea,P,53.15.05.2001,01-07-1990", ",Silvester,L,53.15.05.2001,01-07-1990")
    table.write_text("NIK,NAMA,JK,DESA,TGL LAHIR\n" + "\n".join(rows) + "\n", encoding="utf-8")
    told("registry", "import", str(table))
    seen = told("correct", "preview", "--region", "53.15", "--set", "sex=L")
    assert [one["code"] for one in seen["warnings"]] == ["NIK_SEX_MISMATCH"]
    words = ("correct", "apply", "--region", "53.15", "--set", "sex=L", "--reason", "uji")
    refused = runner.invoke(main, words)
    assert refused.exit_code == 3
    assert "pratinjau" in refused.stderr
    made = told(*words, "--confirm", WHY)
    told("correct", "undo", str(made["correction"]))
    office = office_in(tmp_path)
    with office.store.write() as connection:
        a, b = ids(connection)
        for n in range(2):
            values = {"address": f"Jalan {n}"}
            edit = Edit(record=a, type="person", values=values, replaces=())
            ingest.write_own(connection, [edit], "user:lain")
    device = Bench(office=office).device()
    met = device.change(person("Warga Contoh 7"))
    assert Bench(office=office).exchange(device, device.batch([met])).errors == []
    office.store.close()
    (conflict,) = told("conflicts", "list")["conflicts"]
    choice = told("conflicts", "decide", str(a), "address", conflict["heads"][0]["change"])
    assert told("conflicts", "undo", choice["decision"])["in_conflict"] == ["address"]
    pair = told("duplicates", "decide", str(a), str(b), "different", "--reason", "dua")
    told("duplicates", "undo", pair["decision"])
    told("review", "return", str(met.record), "--comment", "periksa")
    entries = told("audit")["entries"][::-1]
    assert [one["action"] for one in entries] == [
        *("import-done", "correct", "correct-undo", "choose", "choose-undo"),
        *("decide", "undo", "return"),
    ]
    assert {one["actor"] for one in entries} == {"user:penyelia"}
    assert entries[1]["detail"]["reason"] == "uji"
    assert not [one for one in entries if NIK in str(one) or "Dorotea" in str(one)]
