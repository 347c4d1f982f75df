"""Times on the screens of both programs: the office's zone for people, UTC for programs."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from click.testing import CliRunner

from sync_server.cli import main
from tests.support.processes import server_environment

FOUNDING = ("init", "--region", "53.15", "--name", "Manggarai Barat", "--admin", "Penyelia Contoh")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) WIT ")


def test_a_supervisor_reads_times_in_the_offices_zone(tmp_path: Path) -> None:
    """The screen is nine hours ahead of the document, and says so by the zone's name."""
    console = CliRunner(env=server_environment(tmp_path))

    def said(*words: str) -> str:
        done = console.invoke(main, words)
        assert done.exit_code == 0, done.output
        return done.stdout

    said(*FOUNDING, "--timezone", "Asia/Jayapura")
    said("campaign", "add", "--name", "Jemput bola contoh", "--area", "53.15.05")
    (change,) = json.loads(said("history", "--json"))["changes"]
    written = datetime.strptime(change["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    shown = MOMENT.search(said("history"))
    assert shown is not None
    there = written.astimezone(ZoneInfo("Asia/Jayapura"))
    assert shown[1] == f"{there:%Y-%m-%d %H:%M}"
