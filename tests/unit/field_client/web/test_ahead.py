"""What the lists are made of is read while the officer looks at the first page."""

from field_client.commands.unlocking import check_context
from field_client.entries import Edit
from field_client.tasks import Tasks
from field_client.web import memo
from field_client.web.ahead import read_ahead
from field_client.web.desk import Desk
from tests.support.laptop import OPERATOR, PASSPHRASE, write
from tests.unit.field_client.web.conftest import Browser

VILLAGE = "53.15.05.2001"


def test_the_list_of_where_the_last_visit_was_is_read_ahead(browser: Browser, desk: Desk) -> None:
    """Nobody who opens it waits for what only the store's opening took from memory."""
    browser.unlock()
    with desk.use() as app:
        person = app.journal.new_record()
        write(app, person, name="Warga Uji", village=VILLAGE, sex="P", birth_date="1970-05-17")
        met = {"person": str(person), "outcome": "revisit"}
        visit = Edit(record=app.journal.new_record(), type="visit", version=1, values=met)
        app.journal.write([visit])
    desk.end()
    desk.unlock(OPERATOR, PASSPHRASE)
    read_ahead(desk).join()
    with desk.use() as app:
        today = check_context(app).today
        found = memo.remembered(app, ("tasks", VILLAGE, today), _nobody)
    assert found is not None, "it was not read ahead"
    assert [one.id for one in found.again] == [person]


def _nobody() -> Tasks | None:
    return None


def test_a_store_that_is_locked_is_read_by_nobody(desk: Desk) -> None:
    """The thread ends and says nothing."""
    read_ahead(desk).join()
    assert desk.closing
