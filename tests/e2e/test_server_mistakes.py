"""What an administrator mistypes is named at once, before it can do harm."""

from pathlib import Path

import pytest

from tests.support.processes import init_server, run, server, server_environment, try_server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a server that nobody serves."""
    made = tmp_path_factory.mktemp("office") / "home"
    init_server(made)
    return made


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("device enrol --label Tim --scope 53.15.05 --url kantor", "ADDRESS_INVALID"),
        ("device enrol --label Tim --scope 53.71", "SCOPE_INVALID"),
        ("campaign add --name Perekaman --area 53.71", "AREA_OUTSIDE"),
        ("report coverage --region 53.15.99", "REGION_NOT_HERE"),
        ("export --format csv", "TYPE_MISSING"),
    ],
)
def test_a_mistake_is_named(home: Path, words: str, code: str) -> None:
    """Each has its code, and nothing was written."""
    done = try_server(home, *words.split())
    assert (done.returncode, done.error_code) == (3, code)
    assert server(home, "stats")["changes"] == 0


def test_an_export_asked_for_as_json_is_json(home: Path) -> None:
    """--json counts more than the layout."""
    assert server(home, "export", "person", "--format", "csv") == {"count": 0, "records": []}


def test_init_without_a_passphrase_and_nobody_to_ask(tmp_path: Path) -> None:
    """Nothing is made."""
    env = server_environment(tmp_path / "home")
    del env["SYNC_SERVER_ADMIN_PASSPHRASE"]
    done = run("sync-server", "init", "--region=53.15", "--name=X", "--admin=x", env=env)
    assert (done.returncode, done.error_code) == (3, "ADMIN_PASSPHRASE_MISSING")
    assert not (tmp_path / "home").exists()
