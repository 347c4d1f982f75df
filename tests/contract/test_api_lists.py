"""What programs can list: decisions to take back, looks, reviews, arrivals, histories, counts."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared_schema.ids import derived_id
from sync_server import ingest
from sync_server.accounts import Role
from sync_server.ingest import Edit
from tests.support.office_pages import API, log_of, program, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

NIK, MASKED = "5315054107900001", "531505********01"
KNOWN = derived_id("test", b"1")
SISILIA: dict[str, Any] = {
    "name": "Sisilia Contoh",
    "sex": "P",
    "village": "53.15.05.2001",
    "birth_date": "1990-07-01",
    "birth_date_precision": "day",
    "nik": NIK,
    "mother_name": "Kornelia Contoh",
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with a register's row."""
    found = staffed(tmp_path, monkeypatch)
    edit = Edit(record=KNOWN, type="person", values=SISILIA)
    with found.office.store.write() as connection:
        ingest.write_own(connection, [edit], "user:penyelia/register")
    return found


@pytest.fixture
def met(bench: Bench) -> UUID:
    """Let a laptop bring the same resident: the matcher joins the two at once."""
    device = bench.device()
    made = device.change(SISILIA)
    other = device.change(person("Petrus Bakung"))
    assert bench.exchange(device, device.batch([made, other])).errors == []
    return made.record


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def ask(client: FlaskClient, path: str) -> Any:
    """Ask for a list."""
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_link_of_the_matcher_is_found_and_taken_back(app: Flask, met: UUID) -> None:
    """By its arrival or among the decisions; undone, it stands no more, and that is told too."""
    client = program(app)
    (arrival,) = ask(client, "arrivals?band=known")["arrivals"]
    assert (arrival["record"], arrival["other"]) == (str(met), str(KNOWN))
    assert ask(client, "arrivals?limit=1&skip=1")["count"] == 2
    assert ask(client, "arrivals")["bands"] == {"new": 1, "known": 1, "doubtful": 0}
    (made,) = ask(client, "decisions?automatic=true")["decisions"]
    assert {made["a"], made["b"]} == {str(met), str(KNOWN)}
    assert (made["verdict"], made["stands"], made["weight"]) == ("same", True, arrival["weight"])
    assert ask(client, "decisions?automatic=false") == {"decisions": [], "next": None}
    undone = client.post(f"{API}/decisions/undo", json={"decisions": [made["decision"]]}).json
    assert undone is not None
    assert (undone["decisions"][0]["verdict"], undone["kept"]) == (None, [])
    assert ask(client, "decisions")["decisions"] == []
    back, before = ask(client, "decisions?all=true")["decisions"]
    assert (back["verdict"], back["automatic"], before["stands"]) == (None, False, False)
    first = ask(client, "decisions?all=true&limit=1")
    assert first["decisions"] == [back]
    assert ask(client, f"decisions?all=true&before={first['next']}")["decisions"] == [before]


def test_what_waits_for_somebody_is_listed(bench: Bench, app: Flask, met: UUID) -> None:
    """A second look for another supervisor, a record for its officer."""
    client, other = program(app), program(app, Role.ADMINISTRATOR)
    (made,) = ask(client, "decisions")["decisions"]
    client.post(f"{API}/decisions/undo", json={"decisions": [made["decision"]]})
    ruling = {"verdict": "different", "reason": "dua orang", "second": True}
    decided = client.post(f"{API}/duplicates/{met}/decision", json=ruling).json
    assert decided is not None
    assert ask(client, "second-looks") == {"count": 0, "decisions": []}
    (look,) = ask(other, "second-looks")["decisions"]
    assert look["decision"] == decided["decisions"][0]["decision"]
    assert look["look"]["asked_by"] == "u-supervisor"
    returned = client.post(f"{API}/records/{met}/return", json={"comment": "periksa nama"})
    assert returned.status_code == 204
    (review,) = ask(client, "reviews")["reviews"]
    assert (review["record"], review["comment"], review["awaits"]) == (
        str(met), "periksa nama", True,
    )  # fmt: skip
    assert ask(client, "reviews?all=true&skip=1") == {"count": 1, "reviews": []}
    assert client.get(f"{API}/second-looks?limit=0").status_code == 422
    assert program(app, Role.VIEWER).get(f"{API}/second-looks").status_code == 403
    assert {"decisions-seen", "reviews-seen", "return"} <= set(log_of(bench))


def test_a_history_is_told_with_its_numbers_masked(app: Flask, met: UUID) -> None:
    """Who wrote what, before and after; a record elsewhere is not known."""
    said = ask(program(app), f"records/{met}/history")
    (step,) = said["changes"]
    assert (said["type"], step["device"], step["operator"]) == (
        "person", "Laptop Contoh", "Operator 1",
    )  # fmt: skip
    assert step["fields"]["nik"] == {"before": None, "written": MASKED, "after": MASKED}
    assert program(app, Role.VIEWER).get(f"{API}/records/{met}/history").status_code == 400


def test_coverage_and_figures_are_those_of_the_pages(bench: Bench, app: Flask, met: UUID) -> None:
    """Counted by cluster, within the user's area; a published figure has ours beside it."""
    figure = {"region": "53.15.05", "measure": "wajib_ktp", "raw": "3", "as_of": "2023-11-01"}
    with bench.office.store.write() as connection:
        edit = Edit(record=derived_id("test", b"2"), type="figure", values=figure)
        ingest.write_own(connection, [edit], "user:penyelia")
    client, viewer = program(app), program(app, Role.VIEWER)
    counted = {one["region"]: one for one in ask(client, "reports/coverage")["regions"]}
    assert counted["53.15.05"]["wajib"] == 2, "the register's row and the arrival are one"
    assert [one["level"] for one in counted.values()][:2] == ["regency", "district"]
    inside = ask(client, "reports/coverage?region=53.15.05")["regions"]
    assert {one["region"] for one in inside} == {"53.15.05", "53.15.05.2001"}
    assert ask(viewer, "reports/coverage?region=53.15.05")["regions"] == []
    (one,) = ask(client, "figures")["figures"]
    assert (one["raw"], one["ours"]) == ("3", 2)
    assert ask(viewer, "figures")["figures"] == []
    assert client.get(f"{API}/reports/coverage?campaign={met}").status_code == 400
