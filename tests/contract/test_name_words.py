"""How common a name is here decides what it is worth: counted at import, and kept for good."""

from pathlib import Path
from uuid import UUID

import pytest

from shared_schema.canonical import decode
from shared_schema.matching.parameters import shipped
from shared_schema.matching.people import unpack
from shared_schema.matching.score import score
from sync_server import blocks, name_words, rebuilding, reconcile, rematching
from sync_server.people import members_of
from sync_server.registry import Import, import_register
from sync_server.store.driver import ask
from sync_server.store.queries import matching
from tests.support.offices import Bench, found_office

MET = {
    "name": "Wayan",
    "sex": "L",
    "village": "53.15.05.2001",
    "birth_date": "1971-05-17",
    "birth_date_precision": "day",
}
HEADER = "NIK,NAMA,JK,DESA,TGL LAHIR\n"
LIKE_HIM = "5315081705710001,Wayan,L,53.15.08.2002,17-05-1971\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def others(name: str, count: int) -> str:
    """Give lines of so many men of one name, none of whom was born on his day."""
    return "".join(
        f"531508{n % 28 + 1:02}01{n // 28 % 60 + 10:02}{n % 9_000 + 1:04},{name},L,53.15.08.2002,"
        f"{n % 28 + 1:02}-01-19{n // 28 % 60 + 10}\n"
        for n in range(count)
    )


def import_(bench: Bench, tmp_path: Path, text: str) -> None:
    """Import a register of these lines."""
    file = tmp_path / "register.csv"
    file.write_text(HEADER + text)
    outcome = import_register(bench.office, Import(file=file, operator="user:penyelia"))
    assert outcome.rejected == []


def arrive(bench: Bench) -> tuple[UUID, str, str | None]:
    """Let a device register him; give the id, how it was judged, and the record that is best."""
    device = bench.device()
    change = device.change(dict(MET))
    assert bench.exchange(device, device.batch([change])).errors == []
    with bench.office.store.read() as connection:
        found = matching.arrivals_since(connection, 0)
    judged = next(one for one, _ in found if one.record == str(change.record))
    return change.record, judged.band, judged.other


def version(bench: Bench) -> str:
    """Give the version by which the office compares now."""
    with bench.office.store.read() as connection:
        return name_words.parameters_of(connection).version


@pytest.mark.parametrize(("name", "band"), [("Kondradus", "known"), ("Wayan", "doubtful")])
def test_a_name_that_many_bear_here_joins_nobody(
    bench: Bench, tmp_path: Path, name: str, band: str
) -> None:
    """Another district, the same birth date: certain where the name is rare, else a question."""
    import_(bench, tmp_path, LIKE_HIM + others(name, 1_800))
    met, judged, best = arrive(bench)
    assert judged == band
    with bench.office.store.read() as connection:
        together = {str(one) for one in members_of(connection, met)}
    assert (best in together) == (band == "known")


def test_each_weight_can_be_worked_out_again(bench: Bench, tmp_path: Path) -> None:
    """Also once the counts are others: the version names those by which it was found."""
    import_(bench, tmp_path, LIKE_HIM + others("Kondradus", 60))
    arrive(bench)
    import_(bench, tmp_path, others("Wayan", 300))
    with bench.office.store.read() as connection:
        (made,) = reconcile.decisions(connection)
        weight, by, _ = matching.decision(connection, made.decision) or (0.0, "", "")
        a, b = matching.packed_of(connection, [str(made.a), str(made.b)]).values()
        then = name_words.parameters_named(connection, by)
        now = name_words.parameters_of(connection)
    assert then is not None
    assert by == then.version != now.version
    assert score(unpack(a), unpack(b), then).weight == pytest.approx(weight, abs=1e-3)
    assert score(unpack(a), unpack(b), now).weight < weight - 1


def test_versions_that_are_not_known_give_nothing(bench: Bench) -> None:
    """Those of another program, and counts that were never kept; before any count the shipped."""
    with bench.office.store.read() as connection:
        assert name_words.parameters_named(connection, "1") is None
        assert name_words.parameters_named(connection, f"{shipped().version}-00000000") is None
        assert name_words.parameters_named(connection, shipped().version) is shipped()
    assert version(bench) == shipped().version


def test_rematching_and_rebuilding_count_anew(bench: Bench, tmp_path: Path) -> None:
    """The same people are counted the same, and are kept once."""
    import_(bench, tmp_path, LIKE_HIM + others("Wayan", 40))
    first = version(bench)
    rebuilding.rebuild(bench.office)
    rematching.rematch(bench.office, registers=False)
    with bench.office.store.read() as connection:
        ((people, counts),) = ask(connection, "SELECT people, counts FROM match_words")
    assert (version(bench), people, decode(counts.encode())) == (first, 41, {"wajan": 41})


def test_without_a_register_the_field_s_own_people_are_counted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time that half as many have come since."""
    monkeypatch.setattr(blocks, "LATE_LIMIT", 3)
    device = bench.device()
    counted = []
    for _ in range(12):
        bench.exchange(device, device.batch(device.people(2)))
        with bench.office.store.read() as connection:
            counted.append((matching.newest_words(connection) or ("", 0))[1])
    assert counted == sorted(counted)
    assert 2 < len(set(counted)) < 7
