"""Every kind of work that faults are tried on, by name."""

from pathlib import Path
from tempfile import TemporaryDirectory

from field_client.vault import slots
from tests.support import stretching
from tests.support.device_work import Day, Slots
from tests.support.photo_work import Photos
from tests.support.vault_work import Documents, Sealed, Work

WORKS: dict[str, type[Work]] = {
    "documents": Documents,
    "sealed": Sealed,
    "day": Day,
    "slots": Slots,
    "photos": Photos,
}


def warm_up() -> None:
    """Do a little of a day's work, so that what is slow at first use is done."""
    stretched, slots.stretch = slots.stretch, stretching.quick
    with TemporaryDirectory(prefix="jemput-") as folder:
        home = Path(folder) / "home"
        keys = Day.prepare(home)
        day = Day(home=home, keys=keys)
        for word in day.words(5):
            day.act(word)
        day.close()
        Day.found(home, keys)
    slots.stretch = stretched
