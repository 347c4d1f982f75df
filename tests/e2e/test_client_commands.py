"""Looking, deciding, sharing a laptop: the field client's other commands as real processes."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from field_client.app import create_device, open_app
from field_client.cli import main
from field_client.config import Config
from field_client.receiving import apply_page
from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.enrolment import EnrolmentCode, code_text
from shared_schema.fold import state_of, state_to_json
from shared_schema.ids import Stream, record_id
from shared_schema.messages import Page
from tests.support.docs_reference import walk
from tests.support.processes import OPERATOR, PASSPHRASE, Finished, try_client
from tests.support.scenes import Laptop, far_laptop

VILLAGE = "53.15.05.2001"
ROW = {"name": "Djoebir Contoh", "sex": "L", "village": VILLAGE, "birth_date": "1970-05-17"}
NIK = "5315051705700001"
ELSEWHERE = Stream(b"another!", b"br.2")
SECOND = "rahasia-petugas-kedua"


@pytest.fixture
def device(tmp_path: Path) -> Laptop:
    """Give a laptop that has never met its office."""
    return far_laptop(tmp_path / "laptop")


def pull(device: Laptop, record: Any, hlc: int, **values: str) -> None:
    """Lay a page from the office into the store: one record as another device wrote it."""
    change = Change(
        stream=ELSEWHERE,
        sequence=1,
        record=record,
        type="person",
        version=1,
        hlc=hlc,
        operator="lain",
        writes={name: Write(value=value) for name, value in values.items()},
        evidence=Evidence(wall_ms=1),
    )
    item = {"kind": "state", "state": state_to_json(state_of(change))}
    config = Config(home=device.home, operator=OPERATOR, passphrase=PASSPHRASE)
    with open_app(config) as app:
        assert apply_page(app.journal, Page(previous="", next="1", items=[item]))


def test_names_are_found_in_old_and_new_spelling_and_numbers_by_their_start(
    device: Laptop,
) -> None:
    """Own records, drafts and the office's list; the table masks what the JSON shows."""
    person = device.add_person(**ROW, nik=NIK)
    draft = device.add_person(**{**ROW, "name": "Yohanes Draf", "sex": "P"}, nik=NIK)
    roster = record_id(ELSEWHERE, 7)
    pull(device, roster, 1, **{**ROW, "name": "Muhammad Jubir"})
    for wanted, expected in (
        ("jubir", {person, str(roster)}),
        ("Djoeb", {person, str(roster)}),
        ("moh djubir", {str(roster)}),
        ("joh", {draft}),
        (NIK, {person, draft}),
        ("5315 0517", {person, draft}),
        ("zzz", set()),
    ):
        found = device.run("search", wanted)
        assert {each["id"] for each in found["records"]} == expected, wanted
    assert device.run("search", NIK)["records"][0]["values"]["nik"] == NIK
    table = device.attempt("search", NIK).check().stdout
    assert NIK not in table
    assert "531505********01" in table
    assert "Djoebir Contoh" in table


def test_one_record_is_shown_by_any_part_of_its_id_that_tells_it_apart(device: Laptop) -> None:
    """The whole, its last group; too little of it, or what fits several, is an error."""
    person = device.add_person(**ROW, nik=NIK)
    other = device.add_person(**{**ROW, "name": "Warga Contoh"})
    for part in (person, person.upper(), person[-12:], person.replace("-", "")[-10:]):
        assert device.run("show", part)["id"] == person
    assert device.attempt("show", person[:8]).error_code == "RECORD_AMBIGUOUS"
    assert device.attempt("show", person[-4:]).error_code == "RECORD_UNKNOWN"
    screen = device.attempt("show", other).check().stdout
    assert "Menunggu dikirim" in screen
    assert "Laki-laki" in screen
    assert NIK not in device.attempt("show", person).check().stdout
    assert NIK in device.attempt("show", person, "--full").check().stdout
    english = device.attempt("show", other, "--lang", "en").check().stdout
    assert "Waiting to send" in english
    assert "male" in english


def test_a_list_can_be_narrowed_by_type_and_state(device: Laptop) -> None:
    """Drafts and final records, people and outages; the office's list only when asked for."""
    person = device.add_person(**ROW)
    draft = device.add_person(**{**ROW, "sex": "P"}, nik=NIK)
    outage = device.add("outage", [{"component": "printer", "started_precision": "unknown"}])
    outage = outage["records"][0]["id"]
    pull(device, record_id(ELSEWHERE, 7), 1, **ROW)
    assert set(device.records()) == {person, draft, outage}
    assert set(device.records("person")) == {person, draft}
    assert set(device.records("person", "--state", "draft")) == {draft}
    assert set(device.records("--state", "waiting")) == {person, outage}
    assert set(device.records("--state", "roster")) == {str(record_id(ELSEWHERE, 7))}
    assert device.records("--state", "attention") == {}
    assert device.attempt("list", "ghost").error_code == "TYPE_UNKNOWN"


def test_status_is_one_calm_screen(device: Laptop) -> None:
    """Before the first sync there is no receipt and no office yet."""
    device.add_person(**ROW)
    found = device.run("status")
    assert (found["waiting"], found["last_receipt"], found["enrolled"]) == (1, None, False)
    screen = device.attempt("status").check().stdout
    assert "Menunggu dikirim       1" in screen
    assert "belum ada" in screen
    assert len(screen.splitlines()) <= 12


def test_a_laptop_is_shared_and_every_change_names_its_operator(device: Laptop) -> None:
    """A second operator works under their own name; the last administrator cannot be removed."""
    person = device.add_person(**ROW)
    added = device.attempt("operator", "add", "kedua", "--json", stdin=f"{SECOND}\n")
    assert added.check().json == {"operator": "kedua", "role": "operator"}
    assert device.run("operator", "list") == {
        "operators": [OPERATOR, "kedua"],
        "roles": {OPERATOR: "administrator", "kedua": "operator"},
        "recovery_key": None,
    }
    again = device.attempt("operator", "add", "kedua", stdin=f"{SECOND}\n")
    assert again.error_code == "OPERATOR_EXISTS"
    assert device.attempt("operator", "add", "x", stdin="pendek\n").error_code == "PASSPHRASE_WEAK"
    try_client(device.home, "edit", person, "rt=004", operator="kedua", passphrase=SECOND).check()
    changes = device.run("history", person)["changes"]
    assert [change["operator"] for change in changes] == [OPERATOR, "kedua"]
    wrong = try_client(device.home, "status", operator="kedua", passphrase=PASSPHRASE)
    assert wrong.error_code == "PASSPHRASE_WRONG"
    assert PASSPHRASE not in wrong.stderr
    device.attempt("operator", "passphrase", "kedua", stdin="frasa-baru-petugas\n").check()
    lost = try_client(device.home, "status", operator="kedua", passphrase=SECOND)
    assert lost.error_code == "PASSPHRASE_WRONG"
    assert device.run("operator", "remove", "kedua") == {"operator": "kedua", "rekeyed": True}
    assert device.attempt("operator", "remove", OPERATOR).error_code == "OPERATOR_LAST"
    assert device.attempt("status").check().stderr == ""
    gone = try_client(device.home, "status", operator="kedua", passphrase="frasa-baru-petugas")
    assert gone.error_code == "OPERATOR_UNKNOWN"


def test_only_an_administrator_decides_about_others(device: Laptop) -> None:
    """An operator adds, removes and resets nobody, and changes the own passphrase."""
    device.attempt("operator", "add", "kedua", stdin=f"{SECOND}\n").check()

    def attempt(*words: str, passphrase: str = SECOND) -> Finished:
        new = "frasa-baru-petugas\n"
        return try_client(
            device.home, "operator", *words, operator="kedua", passphrase=passphrase, stdin=new
        )

    for words in (("add", "ketiga"), ("remove", OPERATOR), ("passphrase", OPERATOR)):
        assert attempt(*words).error_code == "OPERATOR_NOT_ADMINISTRATOR"
    attempt("passphrase").check()
    *listed, help_of_office = attempt("list").check().stdout.splitlines()
    assert listed == [f"{OPERATOR} (pengelola)", "kedua"]
    assert help_of_office.startswith("Kantor belum dapat menolong")
    device.attempt("operator", "add", "ketiga", "--administrator", stdin=f"{SECOND}\n").check()
    ousted = try_client(
        device.home, "operator", "remove", OPERATOR, operator="ketiga", passphrase=SECOND
    )
    ousted.check()
    assert device.attempt("status").error_code == "OPERATOR_UNKNOWN"


def test_a_conflict_is_listed_with_its_writers_and_closed_by_a_choice(device: Laptop) -> None:
    """The choice names every value it replaces; made twice it is made once."""
    person = device.add_person(**ROW)
    pull(device, UUID(person), 1, **{**ROW, "name": "Jubir Contoh"})
    assert device.status()["attention"] == 1
    (conflict,) = device.run("conflicts", "list")["conflicts"]
    assert (conflict["record"], conflict["field"]) == (person, "name")
    heads = {head["value"]: head for head in conflict["heads"]}
    assert heads["Djoebir Contoh"]["operator"] == OPERATOR
    assert heads["Djoebir Contoh"]["shown"]
    assert heads["Jubir Contoh"]["device"] == ELSEWHERE.device.hex()
    screen = device.attempt("conflicts", "list").check().stdout
    chosen = heads["Jubir Contoh"]["change"]
    assert chosen in screen
    wrong = device.attempt("conflicts", "decide", person, "name", "f" * 16)
    assert wrong.error_code == "CONFLICT_UNKNOWN"
    assert device.run("conflicts", "decide", person, "name", chosen)["changed"]
    assert not device.run("conflicts", "decide", person, "name", chosen)["changed"]
    assert device.run("conflicts", "list")["count"] == 0
    shown = device.run("show", person)
    assert (shown["values"]["name"], shown["state"]) == ("Jubir Contoh", "waiting")
    assert len(device.run("history", person)["changes"]) == 3


def test_people_who_look_alike_are_pointed_out_and_kept(device: Laptop) -> None:
    """The same NIK, or family card with date and name; among own records and the office's."""
    card = "5315051705080001"
    first = device.add_person(**ROW, nik=NIK)
    same_nik = device.add("person", [{**ROW, "name": "Lain", "nik": NIK}])
    assert same_nik["saved"] == 1
    (notice,) = same_nik["notices"]
    assert (notice["code"], notice["id"], notice["line"]) == ("POSSIBLE_DUPLICATE", first, 1)
    roster = record_id(ELSEWHERE, 7)
    pull(device, roster, 1, **{**ROW, "name": "H. Warga Contoh"}, kk_number=card)
    family = [
        {**ROW, "name": "warga contoh", "kk_number": card},
        {**ROW, "name": "Anak Contoh", "kk_number": card},
        {**ROW, "name": "warga contoh", "kk_number": card, "birth_date": "1971-01-01"},
    ]
    alike, *others = device.add("person", family)["notices"]
    assert (alike["line"], alike["id"], alike["field"]) == (1, str(roster), "kk_number")
    assert (alike["band"], {each["line"] for each in others}) == ("certain", {2, 3})
    assert {each["band"] for each in others} == {"review"}, "a relative, another year of birth"
    assert "Nama: sama, Tanggal lahir: sama" in alike["text"]
    best = device.run("search", "--like", roster)["records"][0]
    assert (best["values"]["name"], best["band"]) == ("warga contoh", "certain")
    assert "Tanggal lahir: sama" in device.attempt("search", "--like", roster).stdout


def test_verify_names_what_was_altered(device: Laptop) -> None:
    """A sound store passes; one whose sealed batch was swapped is named, exit code not 0."""
    device.add_person(**ROW)
    device.run("export", device.home.with_name("kiriman.jemput"))
    sound = device.run("verify")
    assert (sound["sound"], sound["changes"], sound["batches"]) == (True, 1, 1)
    with sqlite3.connect(device.home / "spool.db") as spool:
        spool.execute("UPDATE batches SET hash = zeroblob(16)")
    spool.close()
    found = device.attempt("verify", "--json")
    assert found.error_code == "STORE_UNSOUND"
    assert found.returncode != 0
    assert [finding["code"] for finding in found.json["findings"]] == ["BATCH_ALTERED"]


def test_verify_notices_a_record_that_does_not_follow_from_the_log(device: Laptop) -> None:
    """Whatever wrote past the log, the record is named."""
    person = device.add_person(**ROW)
    config = Config(home=device.home, operator=OPERATOR, passphrase=PASSPHRASE)
    with open_app(config) as app:
        app.tables.records.update({"mine": None}, doc_ids=[person])
    found = device.attempt("verify", "--json").json
    assert {"code": "RECORD_DIFFERS", "place": person} in found["findings"]
    with open_app(config) as app:
        app.tables.changes.truncate()
    codes = {finding["code"] for finding in device.attempt("verify", "--json").json["findings"]}
    assert "LOG_GAP" in codes


def test_enrolment_refuses_what_would_not_work(tmp_path: Path) -> None:
    """A mistyped code, a weak passphrase, another office: nothing is left behind, or harmed."""
    home = tmp_path / "laptop"
    code = code_text(
        EnrolmentCode(
            url="", signing=bytes(32), sealing=b"\x09" * 32, secret=bytes(16), expires_ms=1 << 41
        )
    )
    assert try_client(home, "enrol", code[:-3]).error_code == "ENROL_CODE_INVALID"
    assert try_client(home, "enrol", code, passphrase="x").error_code == "PASSPHRASE_WEAK"
    assert try_client(home, "status").error_code == "VAULT_MISSING"
    done = try_client(home, "enrol", code, "--operator", "petugas-satu", "--json").check().json
    assert (done["operator"], done["enrolled"]) == ("petugas-satu", False)
    named = try_client(home, "operator", "list", "--json", operator="").check().json
    assert (named["operators"], named["recovery_key"]) == (["petugas-satu"], None)
    assert named["roles"] == {"petugas-satu": "administrator"}
    assert try_client(home, "status", "--json", operator="").check().json["waiting"] == 0
    other = create_device(tmp_path / "other", code, OPERATOR, PASSPHRASE, calibrate=False)
    other.close()
    foreign = code_text(
        EnrolmentCode(
            url="", signing=b"s" * 32, sealing=b"\x09" * 32, secret=bytes(16), expires_ms=1 << 41
        )
    )
    assert try_client(tmp_path / "other", "enrol", foreign).error_code == "VAULT_EXISTS"


@pytest.mark.parametrize("words", [(), ("--nope",), ("add",), ("list", "--state", "lost")])
def test_a_mistyped_command_is_an_error_like_all_others(words: tuple[str, ...]) -> None:
    """Exit code 2; with a command, one line with the code USAGE."""
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert not words or done.stderr.startswith("error [USAGE]: ")


def test_every_command_explains_itself_and_takes_language_and_json() -> None:
    """--help works everywhere, and every leaf takes --lang and --json."""
    for words, command in walk(main, ()):
        done = CliRunner().invoke(main, [*words.split(), "--help"])
        assert done.exit_code == 0, words
        assert {"--lang", "--json"} <= {opt for each in command.params for opt in each.opts}, words


def test_json_is_one_document_and_the_language_may_stand_anywhere(device: Laptop) -> None:
    """Warnings go to standard error; the flags work before and after the command."""
    odd = {**ROW, "sex": "P", "nik": NIK}
    source = device.home.with_name("satu.jsonl")
    source.write_text(json.dumps(odd), encoding="utf-8")
    before = device.attempt("--json", "--lang", "en", "add", "person", "--from", source)
    assert before.json["drafts"] == 1
    assert "warning [LEFT_AS_DRAFT]: Line 1 is kept as a draft" in before.stderr
    after = device.attempt("add", "person", "--from", source, "--json")
    assert after.json["already"] == 1
    assert "warning [LEFT_AS_DRAFT]: Baris 1 disimpan sebagai draf" in after.stderr
    again = device.attempt("add", "person", "--from", source, "--again", "--json")
    assert (again.json["already"], again.json["drafts"]) == (0, 1)


def test_a_draft_is_thrown_away_without_a_trace_in_the_log(device: Laptop) -> None:
    """`void` on a draft removes it and the visit that waited for it; nothing was ever final."""
    saved = device.add("person", [{**ROW, "sex": "P", "nik": NIK, "outcome": "moved"}])
    draft = saved["records"][0]
    assert draft["state"] == "draft"
    gone = device.run("void", draft["id"], "--reason", "salah ketik")
    assert (gone["state"], gone["discarded"]) == ("discarded", 2)
    assert device.attempt("show", draft["visit"]).error_code == "RECORD_UNKNOWN"
    assert device.run("verify")["changes"] == 0
    assert device.attempt("void", draft["id"], "--reason", "x").error_code == "RECORD_UNKNOWN"
