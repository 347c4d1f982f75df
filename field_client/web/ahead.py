"""What the first look at *Tugas* needs, read while the officer looks at the first page."""

from contextlib import suppress
from threading import Thread
from uuid import UUID

from field_client.entries import shown
from field_client.opened import App
from field_client.web.assigned import counted_of, tasks_in
from field_client.web.desk import Desk
from field_client.web.form_fields import villages_of
from shared_schema.errors import JemputError

_PERSON, _VISIT = "person", "visit"
_NEWEST = 50


def read_ahead(desk: Desk) -> Thread:
    """Read in the background what stands on the lists; who locks meanwhile waits for one list."""
    thread = Thread(target=_read, args=(desk,), daemon=True)
    thread.start()
    return thread


def _read(desk: Desk) -> None:
    with suppress(JemputError):  # what is wrong shows where it is looked at
        with desk.borrow() as app:
            villages = villages_of(app)
            village = villages[0] if len(villages) == 1 else _last_village(app)
        if village:
            with desk.borrow() as app:
                tasks_in(app, village)
        if len(villages) > 1:
            with desk.borrow() as app:
                counted_of(app, villages)


def _last_village(app: App) -> str:
    """Return where the last residents were registered or met on this laptop, "" for nowhere."""
    for brief in list(app.journal.own_briefs())[: -_NEWEST - 1 : -1]:
        if brief.type == _PERSON and brief.counted[0]:
            return str(brief.counted[0])
        if brief.type == _VISIT and brief.counted[0]:
            person = app.tables.records.get(doc_id=str(UUID(str(brief.counted[0]))))
            if person is not None and (village := shown(person).get("village")):
                return str(village)
    return ""
