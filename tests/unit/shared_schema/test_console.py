"""What both command lines do when somebody breaks them off."""

import click
import pytest
from click.testing import CliRunner

from shared_schema.console import Console


@pytest.mark.parametrize("broken", [KeyboardInterrupt, EOFError, click.Abort])
def test_a_command_broken_off_is_an_error_like_all_others(broken: type[BaseException]) -> None:
    """Ctrl-C, or the end of the input at a question: a code, what to do, and the exit status."""

    @click.group(cls=Console)
    def console() -> None:
        pass

    @console.command
    def work() -> None:
        raise broken

    told = CliRunner().invoke(console, ["work"])
    assert told.exit_code == 130
    assert told.stderr.startswith("\nerror [INTERRUPTED]: Perintah dihentikan")
    assert told.stdout == ""
