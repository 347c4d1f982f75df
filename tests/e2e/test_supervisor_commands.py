"""The supervisor's commands: each prints one document or one named error."""

import csv
import json
from contextvars import copy_context
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync_server.cli import main
from tests.support.processes import Finished, init_server, run, server_environment
from tests.support.synthetic import population, write_register

HEADER = "KEY,NO_KK,NAMA,JK,DESA,TGL LAHIR,ALAMAT\n"
CARD = "5315050101080001"
TWINS = (
    f"1,{CARD},Maria Jumut,P,53.15.05.2001,17-05-1970,=HYPERLINK(A1)\n"
    f"2,{CARD},MARIA JUMUT,P,53.15.05.2001,17-05-1970,Jalan A\n"
)


def try_server(home: Path, *args: object) -> Finished:
    """Run a command in this process, in a context of its own; whatever its exit code."""
    command = tuple(map(str, args))
    runner = CliRunner(env=server_environment(home))
    done = copy_context().run(runner.invoke, main, command, prog_name="sync-server")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Finished(
        command=command, returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr
    )


def server(home: Path, *args: object) -> Any:
    """Run a command that must succeed; return its document."""
    return try_server(home, *args, "--json").check().json


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an office with a small register in which one person stands twice."""
    home = tmp_path_factory.mktemp("office")
    init_server(home)
    register = write_register(home / "register.csv", population(11).register(40))
    assert server(home, "registry", "import", register)["added"] == 40
    twins = home / "twins.csv"
    twins.write_text(HEADER + TWINS, encoding="utf-8")
    assert server(home, "registry", "import", twins)["added"] == 2
    return home


def test_the_duplicate_is_listed_decided_undone_and_decided_again(home: Path) -> None:
    """The pair goes, comes back and goes; every step names its decision."""
    (pair,) = server(home, "duplicates", "list")["pairs"]
    assert pair["rules"] == ["family"]
    ends = (pair["a"], pair["b"])
    missing = try_server(home, "duplicates", "decide", *ends, "same")
    assert (missing.returncode, missing.error_code) == (3, "VERDICT_REASON_MISSING")
    decide = ("duplicates", "decide", *ends, "same", "--reason", "satu orang")
    made = server(home, *decide)
    assert server(home, *decide) == made
    assert server(home, "duplicates", "list")["count"] == 0
    shown = server(home, "show", ends[0])
    assert shown["cluster"]["members"] == sorted(ends)
    undone = server(home, "duplicates", "undo", made["decision"])
    assert (undone["verdict"], server(home, "duplicates", "list")["count"]) == (None, 1)
    server(home, "duplicates", "undo", undone["decision"])
    assert server(home, "duplicates", "list")["count"] == 0


def test_a_search_masks_numbers_on_the_screen(home: Path) -> None:
    """The table hides the middle of a NIK; the document is whole."""
    with (home / "register.csv").open(encoding="utf-8", newline="") as rows:
        known = next(csv.DictReader(rows))
    found = server(home, "search", known["nik"])
    assert [one["name"] for one in found["people"]] == [known["name"]]
    screen = try_server(home, "search", known["name"]).check().stdout
    assert known["nik"] not in screen
    assert known["nik"][:6] + "*" in screen
    told = server(home, "history", found["people"][0]["id"])["changes"]
    assert told[0]["operator"].startswith("user:")
    assert told[0]["fields"]["name"]["after"] == known["name"]


def test_an_export_is_a_table_that_runs_nothing(home: Path) -> None:
    """One line a person; a cell that looks like a formula is text; JSON has the plain value."""
    table = try_server(home, "export", "person", "--format", "csv").check().stdout
    rows = list(csv.DictReader(StringIO(table)))
    assert len(rows) == 42
    assert "'=HYPERLINK(A1)" in {row["address"] for row in rows}
    document = server(home, "export", "person")
    assert "=HYPERLINK(A1)" in {one["values"].get("address") for one in document["records"]}
    assert try_server(home, "export", "--format", "csv").error_code == "TYPE_MISSING"
    assert try_server(home, "export", "sidikjari").error_code == "TYPE_UNKNOWN"


def test_the_coverage_report_says_the_same_in_every_form(home: Path, tmp_path: Path) -> None:
    """Document, table and screen; a workbook is refused by name."""
    campaign = server(
        home, "campaign", "add", "--name", "Jemput bola", "--area", "53.15",
        "--eligible-on", "2016-05-01", "--deadline", "2016-09-30",
    )  # fmt: skip
    document = server(home, "report", "coverage", "--on", "2016-09-01")
    assert (document["balanced"], document["policy"]["campaign"]) == (True, campaign["id"])
    regency = document["regions"][0]
    target = tmp_path / "cakupan.csv"
    form = ("report", "coverage", "--on", "2016-09-01", "--format")
    try_server(home, *form, "csv", "--output", target).check()
    rows = list(csv.DictReader(StringIO(target.read_text(encoding="utf-8"))))
    assert (rows[0]["region"], int(rows[0]["wajib"])) == ("53.15", regency["wajib"])
    assert json.loads(try_server(home, *form, "json").check().stdout) == document
    screen = try_server(home, *form, "table", "--lang", "en").check().stdout
    assert "Every total is the sum of its parts." in screen
    book = tmp_path / "cakupan.xlsx"
    try_server(home, *form, "xlsx", "--output", book).check()
    assert book.read_bytes().startswith(b"PK")


def test_a_rebuild_reproduces_what_was_decided(home: Path) -> None:
    """Clusters, keys and pairs follow from the log alone."""
    before = {name: server(home, *name.split()) for name in ("duplicates list --all", "stats")}
    try_server(home, "rebuild").check()
    after = {name: server(home, *name.split()) for name in before}
    assert after == before
    try_server(home, "verify").check()


def test_the_program_itself_reports_by_exit_code_and_one_line(home: Path) -> None:
    """A real process: the document on standard output, the error on standard error."""
    env = server_environment(home)
    found = run("sync-server", "search", "jumut", "--json", env=env).check()
    assert "MARIA JUMUT" in {one["name"] for one in found.json["people"]}
    refused = run("sync-server", "show", "ffffffff", "--lang", "en", env=env)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr.startswith("error [RECORD_UNKNOWN]: ")
