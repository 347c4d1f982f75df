"""The opened store: everything a command or an exchange works on, as `app` puts it together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from field_client.device import Device, DeviceKeys, load_device
from field_client.errors import NotEnrolled
from field_client.journal import Journal
from field_client.tables import Tables
from field_client.vault.attachments import Attachments
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import Spool
from field_client.vault.store import VaultDB
from shared_schema.clock import Evidence
from shared_schema.errors import JemputError


@dataclass(slots=True, kw_only=True)
class App:
    """Everything a command needs. Close it, or use ``with``.

    ``warnings``: what the user should be told, found on opening. ``changes_a_batch``: how many
    are sealed together, None for what suits the lines of late.
    """

    home: Path
    db: VaultDB
    spool: Spool
    keys: VaultKeys = field(repr=False)
    device_keys: DeviceKeys = field(repr=False)
    journal: Journal
    clocks: Callable[[], Evidence]
    warnings: list[JemputError] = field(default_factory=list)
    changes_a_batch: int | None = None
    closed: bool = False

    @property
    def tables(self) -> Tables:
        """The vault's tables."""
        return self.journal.tables

    @property
    def attachments(self) -> Attachments:
        """The photos on this laptop."""
        return Attachments(self.home, self.db)

    @property
    def device(self) -> Device:
        """What is known of the enrolment now. Raises NotEnrolled."""
        device = load_device(self.tables)
        if device is None:
            raise NotEnrolled
        return device

    def close(self) -> None:
        """Lock the store; closing twice is no error."""
        if not self.closed:
            self.closed = True
            try:
                self.db.close()
            finally:
                self.spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()
