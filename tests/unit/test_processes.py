"""What a finished program is read as; the starting itself is what the e2e tests stand on."""

import pytest

from tests.support import processes


def finished(returncode: int, stderr: str = "") -> processes.Finished:
    """Make the remains of a program that printed one document."""
    return processes.Finished(
        command=("field-client", "status"), returncode=returncode, stdout='{"n": 1}', stderr=stderr
    )


def test_success_gives_the_document() -> None:
    """Standard output is one JSON document."""
    assert finished(0).check().json == {"n": 1}


def test_failure_shows_the_command_and_what_it_said() -> None:
    """A failing test shows the program's own words."""
    with pytest.raises(processes.ProgramFailedError, match=r"status exited 4\n.*\n?.*wrong"):
        finished(4, "error [PASSPHRASE_WRONG]: The passphrase is wrong. Try again.\n").check()


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("error [PASSPHRASE_WRONG]: It is wrong. Try again.\n", "PASSPHRASE_WRONG"),
        ("warning [CLOCK_OFF]: x\nerror [A]: y. z.\n", "A"),
        ("Traceback (most recent call last):\n", ""),
    ],
)
def test_the_error_code_is_read_from_its_line(stderr: str, code: str) -> None:
    """Warnings and tracebacks are not error codes."""
    assert finished(1, stderr).error_code == code


def test_a_program_sees_no_setting_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests do not reach the programs under test."""
    monkeypatch.setenv("FIELD_CLIENT_HOME", "/elsewhere")
    assert "FIELD_CLIENT_HOME" not in processes.environment()
    assert processes.environment(FIELD_CLIENT_HOME="h")["FIELD_CLIENT_HOME"] == "h"
