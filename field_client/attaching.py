"""Attaching a photo to a record: the photo is sealed and kept, and a record of its own names it.

What was returned is on the disk, photo and record together; what was not returned left nothing
but sealed bytes that nobody can open. A photo of a draft is a draft itself, and final with it:
the office never hears of a photo whose record it cannot have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from field_client.capture import Assessment
from field_client.entries import Entry
from field_client.opened import App
from field_client.retention import keep_again
from field_client.saving import save_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A photo on a record. ``already``: it was there before, and was not attached again."""

    id: UUID
    already: bool


def attach(app: App, content: bytes, judged: Assessment) -> Attached:
    """Keep a photo whose record was judged to be final. Raises DiskFull, VaultIO, VaultBusy.

    The same photo on the same record is left as it is, unless that one was declared void. Where
    the photo was damaged on this laptop, it is mended by this.
    """
    recipients = [app.device.server_sealing]
    with app.attachments.keeping(content, recipients):
        known = _known(app, judged.values)
        if known is not None:
            keep_again(app.journal, known)
            return Attached(id=known.id, already=True)
        made = app.journal.new_record()
        return Attached(id=save_answers(app.journal, made, judged), already=False)


def _known(app: App, values: Mapping[str, Any]) -> Entry | None:
    of_record = app.journal.photos(UUID(values["record"]))
    same = (one for one in of_record if one.values.get("sha256") == values["sha256"])
    return next((one for one in same if one.void is None), None)
