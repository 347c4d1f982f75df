"""One contract for both ways to the office: by line and by file the same comes about.

The server is the real one, with its database, over loopback HTTP or over files.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from field_client.app import read_clocks
from field_client.entries import Edit
from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import ReplyForeign
from field_client.sync.outcome import Outcome
from field_client.sync.transport_file import read_reply, write_export
from field_client.sync.transport_http import HttpTransport
from shared_schema.enrolment import DeviceUnknown
from shared_schema.errors import CustodyError
from shared_schema.frames import FrameReader, Kind, SectionIncomplete
from sync_server import setup
from sync_server.api import serving
from sync_server.app import office_of, wall_ms
from sync_server.enrol import Invitation, invite
from sync_server.exchange import converse, open_section
from sync_server.keys import generate
from sync_server.office import Office
from sync_server.store.engine import open_store
from tests.support.laptop import clone, laptop, reopen
from tests.support.records import WARGA

WAYS = ("line", "file")
Exchange = Callable[[App], Outcome]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Found a regency's office."""
    keys = generate()
    store = open_store(f"sqlite:///{tmp_path / 'server.db'}")
    founding = setup.Founding(
        region="53.15",
        name="Kabupaten Contoh",
        timezone="Asia/Makassar",
        regions=setup.shipped_regions(),
        administrator="admin",
        passphrase="kadis-uji-coba",
    )
    setup.found(store, keys, founding, wall_ms())
    yield office_of(store, keys, tmp_path / "photos")
    store.close()


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Serve on loopback."""
    server = serving.prepare(office, serving.Listening(host="127.0.0.1", port=0, tls=None))
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield serving.address(server)
    server.stop()
    thread.join(10)


def invited(office: Office, url: str) -> str:
    """Return a code for a laptop of the whole regency."""
    invitation = Invitation(
        label="Laptop contoh", scope=("53.15",), url=url, valid_ms=3_600_000, until_ms=None
    )
    return invite(office, invitation)


@pytest.fixture
def app(tmp_path: Path, office: Office, url: str) -> Iterator[App]:
    """Open a laptop with a code."""
    with laptop(tmp_path / "a", invited(office, url), read_clocks) as opened:
        yield opened


def answered(office: Office, request: bytes) -> bytes:
    """Answer an export the way the office's command does."""
    frames = FrameReader().feed(request)
    said = converse(office, frames, open_section(office, frames), [])
    return b"".join(frame.to_bytes() for frame in said)


@pytest.fixture(params=WAYS)
def exchange(request: pytest.FixtureRequest, tmp_path: Path, office: Office) -> Exchange:
    """Give a way to exchange with the office."""

    def by_line(app: App) -> Outcome:
        return synchronise(app, HttpTransport(url=app.device.url))

    def by_file(app: App) -> Outcome:
        (tmp_path / "keluar").unlink(missing_ok=True)
        sent = write_export(app, tmp_path / "keluar")
        (tmp_path / "masuk").write_bytes(answered(office, (tmp_path / "keluar").read_bytes()))
        outcome = read_reply(app, tmp_path / "masuk")
        return Outcome(
            sent=sent.sent,
            received=outcome.received,
            changes=outcome.changes,
            enrolled=outcome.enrolled,
            healed=outcome.healed,
        )

    return by_line if request.param == "line" else by_file


def register(app: App, *names: str) -> None:
    """Register complete people, all in one commit."""
    with app.journal.transaction():
        for name in names:
            values = {**WARGA, "name": name, "birth_date_precision": "day"}
            record = app.journal.new_record()
            app.journal.write([Edit(record=record, type="person", version=1, values=values)])


def people(app: App) -> list[str]:
    """Return the names a laptop shows, its own and others'."""
    return sorted(entry.values["name"] for entry in app.journal.entries("person"))


def test_what_waits_is_received(app: App, exchange: Exchange) -> None:
    """The enrolment and the first batches go in one exchange; a second sends none."""
    register(app, *(f"Warga Contoh {at}" for at in range(9)))
    first = exchange(app)
    assert (first.enrolled, first.sent, first.received, first.changes) == (True, 3, 3, 9)
    assert app.journal.counts() == {"draft": 0, "waiting": 0, "received": 9, "attention": 0}
    assert exchange(app).sent == 0
    assert app.device.scope == ("53.15",)


def test_laptops_learn_of_each_other(
    app: App, exchange: Exchange, tmp_path: Path, office: Office, url: str
) -> None:
    """What one registered the other sees, after both have exchanged."""
    register(app, "Warga Contoh 1")
    with laptop(tmp_path / "b", invited(office, url), read_clocks) as other:
        register(other, "Warga Contoh 2")
        for one in (app, other, app):
            exchange(one)
        assert people(app) == people(other) == ["Warga Contoh 1", "Warga Contoh 2"]
        assert app.journal.counts()["received"] == other.journal.counts()["received"] == 1


def test_copies_heal(app: App, exchange: Exchange, tmp_path: Path) -> None:
    """Two copies under one branch: everybody is there once, whichever way it goes."""
    register(app, "Warga Contoh 1")
    exchange(app)
    app.close()
    original = reopen(app.home, app.keys)
    copied = clone(original, tmp_path / "b", clocks=read_clocks)
    with original, copied:
        register(original, "Warga Contoh 2")
        register(copied, "Warga Contoh 3")
        exchange(original)
        assert len(exchange(copied).healed) == 1
        for one in (copied, original, copied):
            exchange(one)
        assert people(original) == people(copied)
        assert people(original) == [f"Warga Contoh {at}" for at in (1, 2, 3)]
        assert copied.journal.counts()["waiting"] == 0


def test_a_foreign_laptop_is_told_so(app: App, office: Office) -> None:
    """An enrolled laptop that the server does not know gets its own error, by line at least."""
    app.close()
    with reopen(app.home, app.keys) as again:
        url = again.device.url
        again.tables.write_meta("device", {"enrolled": True})
        with pytest.raises(DeviceUnknown):
            synchronise(again, HttpTransport(url=url))


def test_an_answer_cut_anywhere_is_not_used(app: App, tmp_path: Path, office: Office) -> None:
    """Half a copy changes nothing, wherever it ends; the whole one then does its work."""
    register(app, *(f"Warga Contoh {at}" for at in range(9)))
    write_export(app, tmp_path / "keluar")
    answer = answered(office, (tmp_path / "keluar").read_bytes())
    for size in {0, 1, 5, 99, len(answer) // 2, len(answer) - 70, len(answer) - 1}:
        (tmp_path / "masuk").write_bytes(answer[:size])
        with pytest.raises(ReplyForeign if not size else SectionIncomplete):
            read_reply(app, tmp_path / "masuk")
        assert app.journal.counts()["waiting"] == 9
    (tmp_path / "masuk").write_bytes(answer)
    read_reply(app, tmp_path / "masuk")
    assert app.journal.counts()["received"] == 9
    assert read_reply(app, tmp_path / "masuk").pages == 0
    assert app.journal.counts()["received"] == 9


def test_an_altered_answer_is_refused(app: App, tmp_path: Path, office: Office) -> None:
    """A flipped bit anywhere is noticed before anything is used."""
    register(app, "Warga Contoh 1")
    write_export(app, tmp_path / "keluar")
    answer = answered(office, (tmp_path / "keluar").read_bytes())
    for at in range(0, len(answer), 97):
        spoilt = bytearray(answer)
        spoilt[at] ^= 1
        (tmp_path / "masuk").write_bytes(spoilt)
        with pytest.raises(CustodyError):
            read_reply(app, tmp_path / "masuk")
        assert app.journal.counts()["waiting"] == 1


def test_an_answer_for_another_laptop_is_refused(
    app: App, tmp_path: Path, office: Office, url: str
) -> None:
    """The stick of a colleague says so, and so does one's own export."""
    with laptop(tmp_path / "b", invited(office, url), read_clocks) as other:
        write_export(other, tmp_path / "keluar")
        answer = answered(office, (tmp_path / "keluar").read_bytes())
        for content in (answer, (tmp_path / "keluar").read_bytes()):
            (tmp_path / "masuk").write_bytes(content)
            with pytest.raises(ReplyForeign):
                read_reply(app, tmp_path / "masuk")


def test_an_old_export_replayed_doubles_nothing(app: App, tmp_path: Path, office: Office) -> None:
    """The office may answer the same stick as often as it likes."""
    register(app, "Warga Contoh 1")
    write_export(app, tmp_path / "keluar")
    old = (tmp_path / "keluar").read_bytes()
    synchronise(app, HttpTransport(url=app.device.url))
    register(app, "Warga Contoh 2")
    synchronise(app, HttpTransport(url=app.device.url))
    again = answered(office, old)
    assert sum(frame.kind == Kind.RECEIPT for frame in FrameReader().feed(again)) == 1
    (tmp_path / "masuk").write_bytes(again)
    assert read_reply(app, tmp_path / "masuk").changes == 0
    assert app.journal.counts()["received"] == 2
    assert people(app) == ["Warga Contoh 1", "Warga Contoh 2"]
