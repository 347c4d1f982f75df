"""Records that come back to their officer: until the officer saves them again, and no longer."""

from pathlib import Path

import pytest

from shared_schema.ids import derived_id
from shared_schema.links import Verdict
from shared_schema.reviews import review_id
from sync_server import ingest, reconcile, reviewing
from sync_server.ingest import Edit
from sync_server.reviewing import CommentMissing, NotFromField, NotReviewed, Review
from sync_server.store.queries import log
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

MARIA = {
    "name": "Maria Jumut",
    "sex": "P",
    "village": "53.15.05.2001",
    "birth_date": "1970-05-17",
    "birth_date_precision": "day",
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def awaiting(bench: Bench) -> list[Review]:
    """List what waits for its officer."""
    with bench.office.store.read() as connection:
        return list(reviewing.reviews(connection, only_awaiting=True))


def give_back(bench: Bench, record: object, comment: str = "Cek NIK") -> Review:
    """Return a record as a supervisor."""
    with bench.office.store.write() as connection:
        return reviewing.give_back(connection, str(record), comment, "user:penyelia")


def test_a_returned_record_waits_until_its_officer_saves_it_again(bench: Bench) -> None:
    """The office's own edits do not answer; another return does ask again; accepting ends it."""
    device: RawDevice = bench.device()
    made = device.change(MARIA)
    bench.exchange(device, device.batch([made]))
    assert give_back(bench, made.record).as_dict() == {
        "id": str(review_id(made.record)),
        "record": str(made.record),
        "type": "person",
        "state": "returned",
        "comment": "Cek NIK",
        "awaits": True,
    }
    give_back(bench, made.record)
    with bench.office.store.write() as connection:
        assert log.count(connection) == 2
        edit = Edit(record=made.record, type="person", values={"address": "Jalan A"})
        ingest.write_own(connection, [edit], "user:penyelia")
    assert [one.record.record for one in awaiting(bench)] == [made.record]
    device.hlc = awaiting(bench)[0].review.stamps("state")[0].hlc
    later = device.change({"name": "Maria Yumut"}, record=made.record)
    bench.exchange(device, device.batch([later]))
    assert awaiting(bench) == []


def test_an_accepted_record_waits_for_nobody(bench: Bench) -> None:
    """A return that is not answered may be taken back; a decision is not reviewed itself."""
    device = bench.device()
    made = device.change(MARIA)
    bench.exchange(device, device.batch([made]))
    give_back(bench, made.record)
    with bench.office.store.write() as connection:
        said = reviewing.accept(connection, str(made.record), None, "user:penyelia")
    assert (said.awaits, said.as_dict()["comment"], awaiting(bench)) == (False, None, [])
    with pytest.raises(CommentMissing):
        give_back(bench, made.record, "  ")
    with pytest.raises(NotReviewed):
        give_back(bench, review_id(made.record))


def test_what_no_officer_wrote_is_not_returned(bench: Bench) -> None:
    """A register's row has nobody to correct it; named instead is what an officer wrote of them."""
    known = derived_id("test", b"1")
    with bench.office.store.write() as connection:
        ingest.write_own(
            connection, [Edit(record=known, type="person", values=MARIA)], "user:penyelia/register"
        )
    with pytest.raises(NotFromField) as alone:
        give_back(bench, known)
    assert str(alone.value).endswith("that they wrote: -.")
    device = bench.device()
    met = device.change({**MARIA, "name": "Orang Lain"})
    bench.exchange(device, device.batch([met]))
    with bench.office.store.write() as connection:
        ends = (str(known), str(met.record))
        reconcile.decide_pair(connection, ends, Verdict.SAME, "satu orang", "user:penyelia")
    with pytest.raises(NotFromField, match=str(met.record)):
        give_back(bench, known)
    assert awaiting(bench) == []
    assert give_back(bench, met.record).awaits
    edited = device.change({"phone": "0812000000"}, record=known)
    bench.exchange(device, device.batch([edited]))
    assert give_back(bench, known).awaits, "an officer has written in it since"
