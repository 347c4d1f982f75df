"""Interim letters: numbers, how long they hold, revoking, and the paper whose code is verified."""

import socket
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image

from shared_schema.regions import RegionTable
from shared_schema.suket_code import LetterForged, verified
from sync_server import ingest, suket
from sync_server.papers import pdf, picture
from sync_server.reports.suket_letter import letter
from sync_server.suket import Basis, Policy, State
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

USER = "user:penyelia"
ON = date(2023, 11, 15)
NIKS = [f"53150517057000{at:02}" for at in range(20)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def resident(bench: Bench, device: RawDevice, *, recorded: bool = True, **values: Any) -> UUID:
    """Let a device register somebody, recorded in the field."""
    known = device.change(person("Warga Uji 12") | values)
    visit = {"person": str(known.record), "outcome": "recorded" if recorded else "not_at_home"}
    batch = device.batch([known, device.change(visit, type="visit")])
    assert bench.exchange(device, batch).errors == []
    return known.record


def issue(bench: Bench, who: UUID) -> suket.Entry:
    """Issue a letter."""
    with bench.office.store.write() as connection:
        return suket.issue(bench.office, connection, who, USER)


def test_numbers_go_on_within_the_year_and_none_comes_twice(bench: Bench) -> None:
    """Also after one was revoked; another series begins anew."""
    device = bench.device()
    people = [resident(bench, device, nik=nik) for nik in NIKS[:4]]
    first, second = (issue(bench, one) for one in people[:2])
    assert (first.number, second.number) == ("470/1/SKT/2023", "470/2/SKT/2023")
    assert (first.expires_on, first.state) == ("2024-05-15", State.HOLDS)
    with pytest.raises(suket.SuketStands):
        issue(bench, people[0])
    with bench.office.store.write() as connection:
        gone = suket.revoke(bench.office, connection, second.number, "salah cetak", USER)
        assert (gone.state, gone.reason) == (State.REVOKED, "salah cetak")
    assert issue(bench, people[1]).number == "470/3/SKT/2023"
    with bench.office.store.write() as connection:
        suket.set_policy(connection, Policy(series="{year}.SK.{n}", months=0))
        with pytest.raises(suket.SuketPolicyInvalid):
            suket.set_policy(connection, Policy(series="470/2023"))
    other = issue(bench, people[2])
    assert (other.number, other.expires_on) == ("2023.SK.1", "")


def test_a_letter_ends_with_its_day_or_with_the_card(bench: Bench) -> None:
    """Six months later it is expired; from the last of August it holds to the end of February."""
    device = bench.device()
    made = issue(bench, resident(bench, device, nik=NIKS[0]))
    with bench.office.store.read() as connection:
        states = [
            suket.found(connection, made.number, day).state
            for day in (date(2024, 5, 15), date(2024, 5, 16))
        ]
    assert states == [State.HOLDS, State.EXPIRED]
    assert Policy().expires(date(2023, 8, 31)) == date(2024, 2, 29)


def test_only_who_is_recorded_and_has_no_card_gets_one(bench: Bench) -> None:
    """By the field's word or by the ministry's; with a NIK."""
    device = bench.device()
    with pytest.raises(suket.SuketNotRecorded):
        issue(bench, resident(bench, device, recorded=False, nik=NIKS[0]))
    with pytest.raises(suket.SuketNikMissing):
        issue(bench, resident(bench, device))
    with bench.office.store.read() as connection:
        who = resident(bench, device, nik=NIKS[1])
    with bench.office.store.read() as connection:
        assert suket.basis(connection, who)[0] is Basis.FIELD
    set_status(bench, who, "PRINT_READY_RECORD")
    with bench.office.store.read() as connection:
        assert suket.basis(connection, who)[0] is Basis.MINISTRY
    made = issue(bench, who)
    set_status(bench, who, "CARD_PRINTED")
    with bench.office.store.read() as connection:
        assert suket.found(connection, made.number, ON).state is State.CARD_PRINTED
    with pytest.raises(suket.SuketCardPrinted):
        issue(bench, who)


def set_status(bench: Bench, who: UUID, status: str) -> None:
    """Let the ministry's list say something of somebody."""
    edit = ingest.Edit(record=who, type="person", values={"central_status": status})
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [edit], USER)


def test_the_printed_code_is_verified_with_the_network_off_and_a_forged_one_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is read off the picture of the paper; the published key alone tells."""
    made = issue(bench, resident(bench, bench.device(), nik=NIKS[0]))
    with bench.office.store.read() as connection:
        code = suket.code(bench.office, connection, made)
        regions = RegionTable.from_rows([("53.15.05.2001", "Golo Bilas")])
    said = letter(bench.office, "Kabupaten Uji", made, Policy(), code, regions, "id")

    def no_network(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", no_network)
    paper = Image.open(BytesIO(picture("suket", said)))
    (read,) = zxingcpp.read_barcodes(paper)
    published = [bench.office.keys.signing.public_key()]
    found = verified(read.text, published)
    assert (found.number, found.nik, found.name) == (made.number, NIKS[0], "Warga Uji 12")
    forged = read.text.replace("Warga Uji 12", "Warga Uji 13")
    with pytest.raises(LetterForged):
        verified(forged, published)
    document = pdf("suket", said)
    assert document.startswith(b"%PDF-")
    assert document == pdf("suket", said), "the same letter is the same file"
