"""What a console gives out of people: once a second person agreed, as on the pages."""

from collections.abc import Sequence

from sync_server import auditing, exporting
from sync_server.commands.opening import actor_of
from sync_server.office import Office


def give_out(office: Office, kinds: Sequence[str]) -> None:
    """Note that people's data goes out. Raises ExportNotAgreed where nobody agreed to it.

    Where the office has nobody who could agree, it goes out and the note says so.
    """
    with office.store.read() as connection:
        actor = actor_of(connection)
        alone = not exporting.could_agree(connection, actor)
    for kind in () if alone else kinds:
        exporting.require_agreed(office, actor, kind)
    with office.store.write() as connection:
        for kind in kinds:
            told = {"kind": kind, "at": "console", "alone": alone}
            auditing.note(office, connection, actor, "export-take", "", told)
