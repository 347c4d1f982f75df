"""Every kind of work that faults are tried on, by name."""

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
