"""Every decoder takes whatever a coverage-guided fuzzer finds, or refuses it by a name."""

import os
import platform
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import fuzz_decoders
from tests.support.effort import SOAK, report
from tests.support.mutations import seed_of

ROOT = Path(__file__).parents[2]
SECONDS = 60


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.skipif(
    find_spec("atheris") is None and not fuzz_decoders.published(),
    reason="cannot run here: Atheris is not published for this system",
)
@pytest.mark.parametrize("decoder", fuzz_decoders.DECODERS)
def test_a_decoder_refuses_by_name_only(decoder: str, tmp_path: Path) -> None:
    """A minute each; what was found lies in the folder that the failure names."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for at, seed in enumerate(fuzz_decoders.seeds().get(decoder, [])):
        (corpus / f"seed-{at}").write_bytes(seed)
    number = seed_of("soak")
    report(decoder=decoder, seed=number)
    limits = (f"-max_total_time={SECONDS * float(os.environ.get(SOAK, '1')):.0f}", "-timeout=30")
    command = [sys.executable, "-m", "tests.support.fuzz_decoders", decoder, f"-seed={number}"]
    done = subprocess.run(
        [*command, *limits, "-rss_limit_mb=2000", str(corpus)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, f"{tmp_path}\n{done.stderr[-4000:]}"


@pytest.mark.parametrize(
    ("machine", "version", "there"),
    [("x86_64", "3.11.7", True), ("x86_64", "3.14.0", False), ("aarch64", "3.11.7", False)],
)
def test_where_the_fuzzer_may_be_missing(
    machine: str,
    version: str,
    there: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only where nobody has published it; elsewhere a soak without it fails."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "python_version_tuple", lambda: tuple(version.split(".")))
    assert fuzz_decoders.published() is there


def test_a_soak_ignores_no_step_that_failed() -> None:
    """A line of the Makefile that begins with a hyphen would."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"^\t[@+]*-(?!-).*", makefile, re.MULTILINE) == []


def test_the_seeds_are_read_by_their_decoders() -> None:
    """A fuzzer that begins with what is refused at once would learn little."""
    for name, seeds in fuzz_decoders.seeds().items():
        for seed in seeds:
            assert fuzz_decoders.targets()[name](seed)
