"""How far long work is, said on the console every few seconds, beside what the command answers."""

import time

import click

_EVERY_S = 5.0


class Progress:
    """Says how far it is, how fast, and how long it will take; ``counted`` says of what."""

    def __init__(self, counted: str) -> None:
        """Begin; ``counted``: a text with {count}, {total}, {rate} and {left}."""
        self._counted = counted
        self._begun = self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Say it on standard error where the last time is long enough ago."""
        now = time.monotonic()
        if now - self._said < _EVERY_S or not done:
            return
        self._said = now
        rate = done / (now - self._begun)
        left = _duration(max(total - done, 0) / rate)
        said = self._counted.format(count=done, total=total, rate=round(rate), left=left)
        click.echo(said, err=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
