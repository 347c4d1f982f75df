"""Records as an officer reads them."""

import time
from uuid import UUID

import pytest

from field_client import display
from shared_schema.clock import Clock
from shared_schema.display import iso_time, local_time
from shared_schema.ids import Stream, record_id
from shared_schema.records import record_type
from shared_schema.regions import RegionTable

PERSON = record_type("person")
EVENING_MS = 1_472_668_200_000  # 31 August 2016, 18:30 UTC
REGIONS = RegionTable.from_rows([("53.15.05.2001", "Golo Contoh")])


def test_a_number_keeps_six_digits_in_front_and_two_behind() -> None:
    """The digits of the birth date and most of the serial are hidden; the length is kept."""
    assert display.masked("5315051705700042") == "531505********42"


def test_columns_are_aligned_by_what_a_terminal_shows() -> None:
    """Combining marks take no room, wide letters take two."""
    shown = display.table(["Nama", "RT"], [["Jose\u0301", "001"], ["\u9ad8", "2"], ["Warga", "3"]])
    assert shown.splitlines() == [
        "Nama   RT",
        "-----  ---",
        "Jose\u0301   001",
        "\u9ad8     2",
        "Warga  3",
    ]


def test_a_table_runs_on_below_where_the_screen_is_narrow() -> None:
    """Headers give way, then the widest column; an id is never cut, however narrow the screen."""
    row = ["b05c58000001", "Maria Goreti Contoh", "Daftar kantor"]
    narrow = display.table(["Nomor", "Nama", "Keadaan sekarang"], [row], width=40)
    assert narrow.splitlines() == [
        "Nomor         Nama    Keadaan",
        "                      sekarang",
        "------------  ------  -------------",
        "b05c58000001  Maria   Daftar kantor",
        "              Goreti",
        "              Contoh",
    ]
    counts = display.table(
        ["Wilayah", "Belum rekam"], [["  Macang", "7"]], width=16, numbers_from=1
    )
    assert counts.splitlines() == [
        "Wilayah   Belum",
        "          rekam",
        "--------  -----",
        "  Macang      7",
    ]
    assert "b05c58000001" in display.table(["Nomor", "Nama", "Keadaan"], [row], width=5)


def test_values_are_shown_in_words() -> None:
    """Codes, regions and yes or no in the language asked for; numbers masked unless in full."""
    values = {
        "nik": "5315051705700042",
        "sex": "P",
        "village": "53.15.05.2001",
        "needs_home_service": True,
    }
    rows = display.field_rows(PERSON, values, lang="id", regions=REGIONS)
    assert rows == [
        ("Jenis kelamin", "Perempuan"),
        ("Desa/kelurahan", "Golo Contoh (53.15.05.2001)"),
        ("NIK", "531505********42"),
        ("Perlu layanan rumah", "Ya"),
    ]
    full = dict(display.field_rows(PERSON, values, lang="en", full=True))
    assert full["NIK"] == "5315051705700042"
    assert full["Village"] == "53.15.05.2001"
    assert full["Sex"] == "female"


def test_a_record_is_called_by_its_naming_fields_else_by_its_type() -> None:
    """A record without a name is still something in a list."""
    outage = record_type("outage")
    values = {"component": "printer", "place": "53.15.05"}
    assert display.title(outage, values, lang="id") == "Pencetak · 53.15.05"
    assert display.title(PERSON, {}, lang="en") == "Resident"


def test_short_ids_tell_the_records_of_one_laptop_apart() -> None:
    """The end of an id differs where its beginning is the device's."""
    stream = Stream(b"device-1", b"br-1")
    short = {display.short_id(record_id(stream, number)) for number in range(1, 50)}
    assert len(short) == 49
    assert display.short_id(UUID(int=0xABC)) == "000000000abc"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "2016-09-01 01:30 WIB"),
        ("Asia/Makassar", "2016-09-01 02:30 WITA"),
        ("Asia/Jayapura", "2016-09-01 03:30 WIT"),
        ("Asia/Dili", "2016-09-01 03:30 UTC+09:00"),
        ("America/St_Johns", "2016-08-31 16:00 UTC-02:30"),
        ("UTC", "2016-08-31 18:30 UTC"),
    ],
)
def test_people_read_a_time_in_their_offices_zone(zone: str, shown: str) -> None:
    """With the zone's short name in Indonesia, with the offset elsewhere; JSON stays in UTC."""
    there = display.time_zone(zone)
    assert display.instant(EVENING_MS, there) == shown
    assert display.moment(Clock().tick(EVENING_MS).reading, there) == shown
    assert iso_time(EVENING_MS) == "2016-08-31T18:30:00Z"
    assert local_time("2016-08-31T18:30:00Z", there) == shown


@pytest.mark.parametrize("name", ["", "Mars/Base", "../zone"])
def test_without_a_known_zone_the_machines_own_is_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that has not synced yet goes by its own setting."""
    monkeypatch.setenv("TZ", "WIB-7")
    time.tzset()
    try:
        assert display.time_zone(name) is None
        assert display.instant(EVENING_MS, display.time_zone(name)) == "2016-09-01 01:30 WIB"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_time_beyond_the_calendar_is_shown_as_unknown() -> None:
    """A clock that is far off does not stop a list."""
    assert display.instant(1 << 60, display.time_zone("Asia/Jakarta")) == "?"
    assert iso_time(1 << 60) is None
    assert local_time(None, None) == "?"
    assert local_time("9999-12-31T23:59:59Z", display.time_zone("Asia/Jakarta")) == "?"
