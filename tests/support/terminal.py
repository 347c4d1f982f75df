"""A program in a terminal of its own, for what only happens where somebody sits and types."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping

from tests.support.processes import console


class Terminal:
    """A program in a terminal, and someone who reads and types."""

    def __init__(self, name: str, *args: str, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        # Started in the background, the tests inherit that Ctrl-C is ignored; a terminal's
        # program does not.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            [console(name), *args],
            env={**env, "TERM": "dumb"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def read_until(self, pattern: str, patience_s: float = 20) -> str:
        """Read until the screen's unread part matches; return what was read."""
        seen, deadline_s = "", time.monotonic() + patience_s
        while not re.search(pattern, seen):
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"waited for {pattern!r}, saw:\n{self.screen}"
            if not select.select([self._master], [], [], left_s)[0]:
                continue
            try:
                text = os.read(self._master, 4096).decode(errors="replace")
            except OSError:
                break
            seen += text
            self.screen += text
        return seen

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._master, f"{text}\n".encode())

    def answer(self, answers: dict[str, str]) -> None:
        """Answer each question by its label until the program ends; an empty line for others."""
        while ":" in (asked := self.read_until(r": $")):
            label = re.split(r" \*| \(|:", asked.splitlines()[-1])[0]
            self.type(answers.get(label, ""))

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        self.read_until(r"(?!)")
        code = self.process.wait(timeout=20)
        os.close(self._master)
        return code
