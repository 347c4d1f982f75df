"""Rules for every test: which sockets may be used, how long Hypothesis looks, no silent skips."""

import gc
import os
import socket
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import sockets, stretching, templates

TESTS = Path(__file__).parent
WITHOUT_NETWORK = frozenset({"unit", "property"})
CANNOT_RUN_HERE = "cannot run here: "
# What takes longest begins first, so that no worker is left alone with it in the end.
LONGEST = (
    "stateful/test_regency.py",
    "faults/test_vault_io_errors.py",
    "faults/test_vault_kill.py",
    "faults/test_main_job_faults.py",
    "browser/",
    "e2e/test_operations.py",
    "e2e/test_field_guide.py",
    "e2e/test_relay.py",
    "e2e/test_day.py",
    "e2e/test_watch.py",
)

settings.register_profile(
    "default", deadline=None, max_examples=50, stateful_step_count=20, print_blob=True
)
# A commit's outcome must not depend on luck; new examples are looked for locally and by the soak.
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.register_profile(
    "soak",
    settings.get_profile("default"),
    max_examples=5000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
stretching.remember()
templates.remember()
IN_CI = os.environ.get("CI") == "true"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "default"))


def kind_of(path: Path) -> str:
    """Name the folder below tests/ that a test file stands in (unit, property, e2e, ...)."""
    parts = path.relative_to(TESTS).parts
    return parts[0] if len(parts) > 1 else "tests"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin every worker's share, which is as long as the others', with some of the longest."""
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    longest = [item for item in items if item.nodeid.removeprefix("tests/").startswith(LONGEST)]
    known = set(longest)
    rest = iter([item for item in items if item not in known])
    left = len(items)
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        share = left // (workers - worker)
        begun = longest[worker::workers]
        ordered += [*begun, *islice(rest, max(0, share - len(begun)))]
        left -= share
    items[:] = [*ordered, *rest]


def pytest_collection_finish() -> None:
    """Look no more for garbage among the thousands of objects that are there before any test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _socket_policy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every socket in unit and property tests, and all but loopback in the others."""
    allowed = sockets.nothing if kind_of(request.path) in WITHOUT_NETWORK else sockets.loopback
    for method in ("connect", "connect_ex", "sendto", "bind"):
        guarded = sockets.guard(getattr(socket.socket, method), allowed)
        monkeypatch.setattr(socket.socket, method, guarded)
    monkeypatch.setattr(socket, "getaddrinfo", sockets.guard_names(socket.getaddrinfo, allowed))


class _Tally:
    """What ran, by kind, and what was skipped without saying that it cannot run here."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.skipped: list[str] = []
        self.seeds: list[int] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed[report.nodeid.removeprefix("tests/").split("/")[0]] += 1
        if report.when == "call":
            self.seeds += [
                int(str(value)) for name, value in report.user_properties if name == "seed"
            ]
        self._note_skip(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note_skip(report)

    def _note_skip(self, report: Any) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(CANNOT_RUN_HERE):
            self.skipped.append(f"{report.nodeid}: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if IN_CI and self.skipped and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        ran = ", ".join(f"{kind} {count}" for kind, count in sorted(self.passed.items()))
        terminalreporter.write_line(f"passed by kind: {ran or 'none'}")
        if self.seeds:
            seeds = ", ".join(map(str, sorted(self.seeds)))
            terminalreporter.write_line(f"seeds of the histories: {seeds}")
        if IN_CI:
            for line in self.skipped:
                terminalreporter.write_line(f"SKIPPED, and so failed, in CI: {line}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Count in the process that reports; its workers only run."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Tally(), "jemput-tally")
