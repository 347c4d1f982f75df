"""Splink as a peer, and what makes its data (faker, pseudopeople): one virtual environment.

Its packages are locked with hashes in splink.lock; made when first needed. Raises
`bench.peers.kinto.Absent` where it cannot be installed.
"""

from pathlib import Path

from bench.peers.kinto import HERE, environment

LOCK = HERE / "splink.lock"


def programs() -> Path:
    """Return the folder of the environment's programs, installed where they are not."""
    return environment("splink")
