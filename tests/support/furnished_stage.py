"""What all runs of the state machine's regency share: one office, its relay, laptops in a box."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from field_client.app import create_device
from field_client.vault.folding import Folding
from tests.support.bad_line import BadLine
from tests.support.disks import Image, image_of
from tests.support.district import District
from tests.support.effort import quick_folder
from tests.support.laptop import OPERATOR, PASSPHRASE
from tests.support.regency import Regency

BOXED = 3
_GARBAGE = 50_000


class Stage:
    """What all runs of a process share: the office, and laptops in their box."""

    def __init__(self, folder: Path) -> None:
        (folder / "office").mkdir()
        self.folder = folder
        self.office = Regency(folder / "office")
        self.relay = District(folder / "relay", self.office)
        self.relay.pass_on(BadLine(self.office))
        self.relay.found()
        self.office.found(BOXED)
        self.boxed = [self._boxed(at) for at in range(BOXED)]

    def _boxed(self, at: int) -> tuple[Path, Any, Image]:
        home, code = self.folder / f"laptop{at}", self.office.codes[at]
        with create_device(home, code, OPERATOR, PASSPHRASE, calibrate=False) as made:
            keys = made.keys
        return home, keys, image_of(home)


@contextmanager
def furnished_stage() -> Iterator[Stage]:
    """Furnish a stage in memory, for thousands of runs.

    Logs are folded within a save, as where the system has no thread left: there are thousands of
    stores. What is here before the first run is not looked through for garbage again.
    """
    found = gc.get_threshold()
    with quick_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Folding, "_begin", lambda _: None)
        stage = Stage(folder)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GARBAGE)
        try:
            yield stage
        finally:
            gc.set_threshold(*found)
