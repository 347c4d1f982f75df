"""Registering with no office in reach: what `add`, `edit`, `void` save, refuse, leave open."""

import json
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import OPERATOR, PASSPHRASE, client_environment
from tests.support.scenes import Laptop, far_laptop
from tests.support.terminal import Terminal

VILLAGE = "53.15.05.2001"
ROW: dict[str, Any] = {
    "name": "Warga Contoh Satu",
    "sex": "P",
    "village": VILLAGE,
    "birth_date": "1980-05-17",
    "nik": "5315055705800001",
}
ODD = {**ROW, "name": "Warga Contoh Ganjil", "nik": "5315051705800002"}


def seated(device: Laptop, *args: str) -> Terminal:
    """Run `field-client ARGS` in a terminal."""
    env = client_environment(device.home, PASSPHRASE, OPERATOR)
    return Terminal("field-client", *args, env=env)


@pytest.fixture
def device(tmp_path: Path) -> Laptop:
    """Give a laptop that has never met its office."""
    return far_laptop(tmp_path / "laptop")


def lines(device: Laptop, *rows: object, name: str = "baris.jsonl") -> Path:
    """Write lines as they are given."""
    path = device.home.with_name(name)
    texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def codes(found: Iterable[dict[str, Any]]) -> list[tuple[int, str]]:
    """Return line and code of findings."""
    return [(each["line"], each["code"]) for each in found]


def test_an_invalid_line_keeps_the_whole_file_out(device: Laptop) -> None:
    """Each line is named with its code; --skip-invalid saves the others, and only those."""
    source = lines(device, ROW, "not json", {**ROW, "sex": "X"}, {"name": "Tanpa Desa"})
    refused = device.attempt("add", "person", "--from", source, "--json")
    assert refused.returncode != 0
    assert refused.error_code == "LINES_INVALID"
    expected = [(2, "LINE_JSON"), (3, "CODE_UNKNOWN")] + [(4, "REQUIRED")] * 3
    assert sorted(codes(refused.json["invalid"])) == expected
    assert refused.json["saved"] == 0
    assert device.run("list")["count"] == 0
    saved = device.run("add", "person", "--from", source, "--skip-invalid")
    assert (saved["saved"], saved["skipped"]) == (1, 3)
    assert device.status() == {"draft": 0, "waiting": 1, "received": 0, "attention": 0}


def test_a_warning_needs_a_reason_of_its_own_or_one_for_all(device: Laptop) -> None:
    """Without a reason the line is a draft; a draft is finished by giving the file a reason."""
    left = device.run("add", "person", "--from", lines(device, ROW, ODD))
    assert (left["saved"], left["drafts"]) == (1, 1)
    assert codes(left["warnings"]) == [(2, "NIK_SEX_MISMATCH")]
    assert device.status()["draft"] == 1
    done = device.run(
        "add", "person", "--from", lines(device, ROW, ODD), "--accept-warnings", "cocok KK"
    )
    assert (done["saved"], done["already"]) == (1, 1)
    assert device.status() == {"draft": 0, "waiting": 2, "received": 0, "attention": 0}
    own = {**ODD, "nik": "5315051705800003", "_reasons": {"NIK_SEX_MISMATCH": "salah cetak"}}
    other = {**ODD, "nik": "5315051705800004", "_reasons": {"NIK_DATE_IMPOSSIBLE": "lain"}}
    mixed = device.run("add", "person", "--from", lines(device, own, other))
    assert (mixed["saved"], mixed["drafts"]) == (1, 1)
    kept = device.run("show", mixed["records"][0]["id"])
    assert kept["reasons"] == {"NIK_SEX_MISMATCH": "salah cetak"}


def test_a_person_line_with_an_outcome_makes_its_visit(device: Laptop) -> None:
    """Person and visit are saved together, or are drafts together."""
    campaign = device.add("campaign", [{"name": "Jemput Bola", "area": "53.15.05"}])
    campaign = campaign["records"][0]["id"]
    visited = {**ROW, "outcome": "recorded", "campaign": campaign, "note": "di kebun"}
    found = device.add("person", [visited])["records"][0]
    visit = device.run("show", found["visit"])["values"]
    assert visit == {"person": found["id"], "outcome": "recorded", "campaign": campaign}
    assert device.run("show", found["id"])["values"]["note"] == "di kebun"
    bad = {**ROW, "nik": "5315055705800009", "outcome": "no such outcome"}
    refused = device.attempt("add", "person", "--from", lines(device, bad), "--json")
    assert codes(refused.json["invalid"]) == [(1, "CODE_UNKNOWN")]
    assert device.run("list", "person")["count"] == 1
    draft = device.add("person", [{**ODD, "outcome": "refused"}])["records"][0]
    assert {device.run("show", draft[name])["state"] for name in ("id", "visit")} == {"draft"}
    device.run("edit", draft["id"], "--accept-warnings", "cocok KK")
    assert {device.run("show", draft[name])["state"] for name in ("id", "visit")} == {"waiting"}


def test_the_same_file_twice_saves_nobody_twice(device: Laptop) -> None:
    """A file given again after a crash is recognised; two equal lines of one file are two."""
    source = lines(device, ROW, ROW)
    first = device.run("add", "person", "--from", source)
    again = device.run("add", "person", "--from", source)
    assert (first["saved"], again["saved"], again["already"]) == (2, 0, 2)
    assert [r["id"] for r in first["records"]] == [r["id"] for r in again["records"]]
    assert [notice["code"] for notice in first["notices"]] == ["POSSIBLE_DUPLICATE"]


def test_lines_come_from_standard_input_too(device: Laptop) -> None:
    """`--from -` reads the input."""
    done = device.attempt("add", "person", "--from", "-", "--json", stdin=json.dumps(ROW))
    assert done.check().json["saved"] == 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("add", "ghost", "--from", "-"), "TYPE_UNKNOWN"),
        (("add", "person", "--from", "/nowhere/at-all"), "FILE_UNREADABLE"),
        (("add", "person", "--from", "-"), "FILE_EMPTY"),
        (("edit", "00000000-0000-8000-8000-000000000000", "rt=1"), "RECORD_UNKNOWN"),
        (("show", "zz"), "RECORD_UNKNOWN"),
        (("import", "/nowhere/at-all"), "REPLY_MISSING"),
        (("sync",), "NO_SERVER_ADDRESS"),
    ],
)
def test_what_cannot_be_done_has_a_name(device: Laptop, args: tuple[str, ...], code: str) -> None:
    """A stable code on standard error, never a trace, never exit code 0."""
    done = device.attempt(*args)
    assert (done.error_code, done.returncode == 0) == (code, False), done.stderr
    assert "Traceback" not in done.stderr


def test_an_edit_and_a_void_keep_what_was_there(device: Laptop) -> None:
    """Only the named fields change; an edit that says nothing new is no change."""
    person = device.add_person(**ROW)
    device.edit(person, rt="004", religion="Katholik")
    assert device.edit(person, rt="004")["changed"] is False
    refused = device.attempt("edit", person, "sex=X")
    assert refused.error_code == "VALUE_INVALID"
    unexplained = device.attempt("edit", person, "sex=L")
    assert unexplained.error_code == "WARNING_UNEXPLAINED"
    cleared = device.edit(person, religion="")
    assert cleared["fields"] == ["religion"]
    shown = device.run("show", person)["values"]
    assert shown == {**ROW, "rt": "004", "birth_date_precision": "day"} | {
        name: shown[name] for name in shown if name == "birth_date_precision"
    }
    device.run("void", person, "--reason", "salah orang")
    assert device.run("show", person)["void"] == {"reason": "salah orang"}
    device.run("void", person, "--undo")
    assert device.run("show", person)["void"] is None
    assert [change["own"] for change in device.run("history", person)["changes"]] == [True] * 5


@pytest.mark.parametrize(
    ("lang", "labels"),
    [
        ((), ("Nama", "Jenis kelamin", "Desa/kelurahan", "Tanggal lahir")),
        (("--lang", "en"), ("Name", "Sex", "Village", "Date of birth")),
    ],
)
def test_the_questions_come_in_the_officers_language(
    device: Laptop, lang: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    """Field by field, a wrong answer is asked again; everything answered is final at the end."""
    talk = seated(device, "add", "person", *lang)
    answers = dict(zip(labels, ("Warga Contoh Tanya", "L", VILLAGE, "1970"), strict=True))
    first = talk.read_until(r": $")
    assert first.strip().splitlines()[-1].startswith(labels[0])
    talk.type("")
    assert labels[0] in talk.read_until(r": $")
    talk.type(answers[labels[0]])
    talk.answer(answers)
    assert talk.end() == 0, talk.screen
    (found,) = device.records("person").values()
    assert found["state"] == "waiting"
    assert found["values"] == {
        "name": "Warga Contoh Tanya",
        "sex": "L",
        "village": VILLAGE,
        "birth_date": "1970-01-01",
        "birth_date_precision": "year",
    }


def test_breaking_off_leaves_a_draft(device: Laptop) -> None:
    """Ctrl-C keeps what was typed; the draft is finished later by `edit`."""
    talk = seated(device, "add", "person")
    talk.read_until(r": $")
    talk.type("Warga Contoh Putus")
    talk.read_until(r": $")
    talk.process.send_signal(signal.SIGINT)
    assert talk.end() != 0
    assert "ASKING_INTERRUPTED" in talk.screen
    (found,) = device.records("person").values()
    assert (found["state"], found["values"]) == ("draft", {"name": "Warga Contoh Putus"})
    device.edit(found["id"], sex="P", village=VILLAGE, birth_date="1970")
    assert device.status() == {"draft": 0, "waiting": 1, "received": 0, "attention": 0}


def test_a_killed_conversation_keeps_every_answer_given(device: Laptop) -> None:
    """SIGKILL between two questions: what was answered is a draft."""
    talk = seated(device, "add", "person")
    talk.read_until(r": $")
    talk.type("Warga Contoh Mati Lampu")
    talk.read_until(r": $")
    talk.process.kill()
    talk.end()
    (found,) = device.records("person").values()
    assert (found["state"], found["values"]) == ("draft", {"name": "Warga Contoh Mati Lampu"})
