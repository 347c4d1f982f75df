"""The drills of docs/operations.md run as they are written there, from that page alone.

A block `sh` is a script; what people type while it runs stands in the block `typed` behind it. A
line `SHARE n` there stands for the words of a share, copied off the screen that showed them.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.processes import environment
from tests.support.sharing import copied
from tests.support.source import ROOT
from tests.support.warmshell import programs

PAGE = ROOT / "docs" / "operations.md"
_BLOCK = re.compile(r"^```(sh|typed)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(slots=True, kw_only=True)
class Step:
    """A script of the page, and what is typed while it runs."""

    script: str
    typed: str = ""


@dataclass(slots=True, kw_only=True)
class Terminal:
    """A shell whose variables last from step to step, and the shares that were copied off it.

    ``programs``: the folder in which it finds ours.
    """

    folder: Path
    programs: Path
    shares: list[str] = field(default_factory=list)

    def run(self, step: Step) -> str:
        """Run a step, which must succeed; return what stood on the screen."""
        variables = self.folder / ".variables"
        before = f". {variables}\n" if variables.exists() else ""
        script = f"set -euo pipefail\n{before}{step.script}\nexport -p > {variables}\n"
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=environment() | {"PATH": path},
            input=re.sub(r"SHARE (\d+)", self._share, step.typed),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{step.script}\n{done.stdout}{done.stderr}"
        self.shares = copied(done.stdout) or self.shares
        return done.stdout

    def _share(self, named: re.Match[str]) -> str:
        return self.shares[int(named[1]) - 1]


def steps() -> list[Step]:
    """Return the scripts of the page in their order."""
    found: list[Step] = []
    for kind, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "sh":
            found.append(Step(script=text))
        else:
            found[-1].typed = text
    return found


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Give a shell in an empty folder that finds both programs."""
    for name in ("work", "programs"):
        (tmp_path / name).mkdir()
    with programs(tmp_path / "programs") as found:
        yield Terminal(folder=tmp_path / "work", programs=found)


@pytest.mark.timeout(300)
def test_the_page_runs_as_written(terminal: Terminal) -> None:
    """From the first block to the last, in an empty folder; nothing of it is left behind."""
    screens = [terminal.run(step) for step in steps()]
    assert [path.name for path in terminal.folder.iterdir()] == [".variables"]
    scripts = [step.script for step in steps()]
    recovered = next(at for at, script in enumerate(scripts) if "recover apply" in script)
    assert "Warga Contoh" in screens[recovered]
    assert all("Warga Contoh" not in screen for screen in screens[:recovered])
    assert "shares 1, 3" in next(screen for screen in screens if "Last exercise" in screen)
    refused = [line for screen in screens for line in screen.splitlines() if "refused" in line]
    assert refused == ["half a file: refused", "a swapped answer: refused"]


def test_the_drill_has_every_step() -> None:
    """Making a key, trying it, asking, answering, applying: none may be left out of the page."""
    scripts = "\n".join(step.script for step in steps())
    for words in (
        "sync-server recovery create",
        "sync-server recovery exercise",
        "sync-server recovery status",
        "field-client recover request",
        "sync-server recovery answer",
        "field-client recover apply",
    ):
        assert words in scripts


def test_shares_are_typed_and_never_written_in_a_command() -> None:
    """Nor does the page lead anybody to put them into a file."""
    for step in steps():
        assert "SHARE" not in step.script
        if "recovery create" in step.script:
            assert not set(step.script) & set(">|")
