"""`user` and `audit` as an administrator types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync_server.cli import main

SETTINGS = {"SYNC_SERVER_ADMIN_PASSPHRASE": "kadis-uji-coba-empat-belas"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give the home of a new server."""
    asked = ("init", "--region", "53.15", "--name", "Kabupaten Uji", "--admin", "penyelia")
    assert run(tmp_path, *asked).exit_code == 0
    return tmp_path


def run(home: Path, *words: str) -> Result:
    """Run `sync-server WORDS`."""
    return CliRunner(env={**SETTINGS, "SYNC_SERVER_HOME": str(home)}).invoke(main, words)


def told(home: Path, *words: str) -> Any:
    """Run a command that must succeed; give its document."""
    done = run(home, *words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_user_is_added_listed_given_a_passphrase_and_disabled(home: Path) -> None:
    """Each step stands in the access log; a passphrase is printed where nobody can type one."""
    added = told(home, "user", "add", "kedua", "--role", "viewer", "--area", "53.15.05")
    assert (added["role"], added["area"]) == ("viewer", ["53.15.05"])
    assert len(added["passphrase"]) >= 16
    again = told(home, "user", "passphrase", "kedua")
    assert again["passphrase"] != added["passphrase"]
    assert told(home, "user", "disable", "kedua")["disabled"] is not None
    listed = {one["name"]: one["role"] for one in told(home, "user", "list")["users"]}
    assert listed == {"kedua": "viewer", "penyelia": "administrator"}
    actions = [one["action"] for one in told(home, "audit")["entries"]]
    assert actions == ["user-disable", "user-passphrase", "user-add"]
    assert told(home, "verify")["audit"] == 3
    assert "Pengamat kecamatan" in run(home, "user", "list").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "penyelia"), "USER_EXISTS"),
        (("add", "a b"), "USER_NAME_INVALID"),
        (("passphrase", "tidak-ada"), "USER_UNKNOWN"),
        (("disable", "penyelia"), "LAST_ADMINISTRATOR"),
    ],
)
def test_a_mistake_is_named(home: Path, words: tuple[str, ...], code: str) -> None:
    """And nothing is changed."""
    done = run(home, "user", *words)
    assert done.exit_code == 3
    assert f"error [{code}]" in done.stderr
    assert told(home, "user", "list")["count"] == 1
