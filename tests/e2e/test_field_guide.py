"""Every command that the officers' guide shows runs as it is written there, in that order."""

import os
import re
import subprocess
from pathlib import Path

from tests.support.pictures import photo
from tests.support.processes import OPERATOR, PASSPHRASE, client_environment
from tests.support.scenes import Laptop, regency
from tests.support.source import ROOT
from tests.support.warmshell import programs

GUIDE = ROOT / "docs" / "field-guide.md"
ANSWERS = ["Warga Contoh Tanya", "P", "53.15.05.2001", "1970"]


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def commands() -> list[str]:
    """Return every command line of the guide."""
    return [line for block in blocks("sh") for line in block.splitlines() if line]


def typed(command: str) -> str:
    """Return what is typed while a command runs."""
    words = command.removeprefix("field-client ")
    if words == "add person":
        return "\n".join([*ANSWERS, *[""] * 30])
    return "frasa-sandi-rekan\n" if words.startswith("operator add ") else ""


def test_the_guide_runs_as_written(tmp_path: Path) -> None:
    """From the enrolment to the stick, with an office that answers."""
    (tmp_path / "warga.jsonl").write_text(blocks("jsonl")[0], encoding="utf-8")
    (tmp_path / "rusak.jpg").write_bytes(photo())
    device = Laptop(home=tmp_path / "laptop")
    settings = client_environment(device.home, PASSPHRASE, OPERATOR)
    (tmp_path / "programs").mkdir()
    with programs(tmp_path / "programs") as found, regency(tmp_path / "office") as office:
        settings["PATH"] = f"{found}{os.pathsep}{settings['PATH']}"
        code = office.code("tim-1", "53.15.05")
        for command in commands():
            line = command.replace("KODE", code)
            if re.search(r"\bID\b", line):
                kind = "attachment" if " photo " in line else "person"
                line = re.sub(r"\bID\b", next(iter(device.records(kind))), line)
            if " import " in line:
                office.run("exchange", tmp_path / "kirim.jemput", tmp_path / "jawaban.jemput")
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=tmp_path,
                env=settings,
                input=typed(command),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        counts = device.status()
    assert counts["waiting"] == counts["draft"] == counts["attention"] == 0
    assert counts["received"] == 6


def test_the_guide_names_every_command_of_an_officers_day() -> None:
    """What the program offers is in the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    offered = "enrol operator add edit void show history list search status sync export import"
    for name in [*offered.split(), "attach", "photo save", "conflicts", "verify"]:
        assert re.search(rf"field-client {name}\b", text), name
