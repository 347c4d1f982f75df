"""Without a line: the same bytes on a stick, taken twice, old ones again, half-copied ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scenes import Laptop, Office, exchange_by_file, people, regency, stick

MANY = 1000
NOTHING_WAITS = {"draft": 0, "waiting": 0, "attention": 0}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give an office that listens to no line: only files travel."""
    with regency(tmp_path, serving=False) as found:
        yield found


@pytest.fixture
def device(office: Office) -> Laptop:
    """Give a laptop whose code names no address."""
    return office.laptop("laptop", url="")


def test_a_thousand_people_arrive_by_file(office: Office, device: Laptop) -> None:
    """Enrolment, batches and receipts on a stick end where a line ends."""
    given = people(1, MANY)
    saved = device.add("person", given)
    done = exchange_by_file(office, device)
    assert (done["enrolled"], done["received"], done["waiting"]) == (True, 20, 0)
    assert device.status() == {**NOTHING_WAITS, "received": MANY}
    values = device.values()
    assert [values[line["id"]] for line in saved["records"]] == given
    assert office.values() == values
    again = exchange_by_file(office, device, "kedua")
    assert again["received"] == 0
    stats = office.stats()
    assert (stats["persons"], stats["changes"], stats["batches"]) == (MANY, MANY, 20)


def test_old_sticks_double_nothing(office: Office, device: Laptop) -> None:
    """An answer imported twice, an old export replayed after newer ones, an old answer late."""
    rows = people(2, 6, "53.15.05")
    device.add("person", rows[:2])
    first = device.run("export", stick(device, "satu")[0])
    assert first["batches"] == 1
    device.add("person", rows[2:4])
    second = device.run("export", stick(device, "dua")[0])
    assert second["batches"] == 2, "what has no receipt goes again"
    out, answer = stick(device, "dua")
    office.run("exchange", out, answer)
    device.run("import", answer)
    assert device.run("import", answer)["sent_changes"] == 0
    assert device.status() == {**NOTHING_WAITS, "received": 4}
    device.add("person", rows[4:])
    exchange_by_file(office, device, "tiga")
    old, old_answer = stick(device, "satu")
    office.run("exchange", old, old_answer)
    assert device.run("import", old_answer)["sent_changes"] == 0
    assert device.run("import", answer)["sent_changes"] == 0
    office.run("exchange", out, answer)
    device.run("import", answer)
    assert device.status() == {**NOTHING_WAITS, "received": 6}
    assert office.stats()["changes"] == 6
    assert office.values() == device.values()
    assert device.run("verify")["sound"] is True
    office.run("verify")


def test_one_stick_carries_several_laptops(office: Office, device: Laptop) -> None:
    """Exports joined end to end are answered in one file, from which each takes its own."""
    other = office.laptop("kedua", url="")
    rows = people(4, 4, "53.15.05")
    device.add("person", rows[:2])
    other.add("person", rows[2:])
    outs = [stick(one, "kiriman")[0] for one in (device, other)]
    for one, out in zip((device, other), outs, strict=True):
        one.run("export", out)
    joined, answer = outs[0].with_name("semua"), outs[0].with_name("jawaban")
    joined.write_bytes(b"".join(out.read_bytes() for out in outs))
    office.run("exchange", joined, answer)
    for one in (device, other):
        one.run("import", answer)
        assert one.status() == {**NOTHING_WAITS, "received": 2}
    assert office.stats()["persons"] == 4


def test_half_a_copy_is_noticed_at_either_end(office: Office, device: Laptop) -> None:
    """A half-copied export or answer is a named error; the whole one afterwards works."""
    device.add("person", people(3, 120))
    out, answer = stick(device, "kiriman")
    device.run("export", out)
    whole = out.read_bytes()
    half = out.with_name("separuh")
    for size in (0, 200, len(whole) // 2, len(whole) - 1):
        half.write_bytes(whole[:size])
        cut = office.attempt("exchange", half, half.with_name("jawaban-separuh"))
        assert cut.returncode != 0, f"{size} of {len(whole)} bytes: {cut.stdout}{cut.stderr}"
        assert cut.error_code, cut.stderr
        assert "Traceback" not in cut.stderr
    office.run("exchange", out, answer)
    received = answer.read_bytes()
    for size in (0, len(received) // 2, len(received) - 1):
        half.write_bytes(received[:size])
        cut = device.attempt("import", half)
        assert cut.returncode != 0
        assert cut.error_code, cut.stderr
        assert device.status()["waiting"] == 120, "half an answer is not used"
    device.run("import", answer)
    assert device.status() == {**NOTHING_WAITS, "received": 120}
    assert office.stats()["persons"] == 120


def test_a_flipped_byte_is_noticed_at_either_end(office: Office, device: Laptop) -> None:
    """No altered byte of a stick is believed."""
    device.add("person", people(3, 5))
    out, answer = stick(device, "kiriman")
    device.run("export", out)
    office.run("exchange", out, answer)
    received = answer.read_bytes()
    for at in (0, 40, len(received) - 5):
        bad = bytearray(received)
        bad[at] ^= 1
        answer.write_bytes(bad)
        refused = device.attempt("import", answer)
        assert (refused.returncode != 0, bool(refused.error_code)) == (True, True), at
        assert device.status()["waiting"] == 5
    answer.write_bytes(received)
    device.run("import", answer)
    device.add("person", people(4, 5))
    device.run("export", out)
    sent = out.read_bytes()
    for at in (2, len(sent) // 2, len(sent) - 5):
        bad = bytearray(sent)
        bad[at] ^= 1
        out.write_bytes(bad)
        refused = office.attempt("exchange", out, answer)
        assert (refused.returncode != 0, bool(refused.error_code)) == (True, True), at
    out.write_bytes(sent)
    office.run("exchange", out, answer)
    device.run("import", answer)
    assert office.stats()["persons"] == 10


def test_answers_for_others_and_other_files_are_refused(office: Office, device: Laptop) -> None:
    """Another laptop's answer changes nothing; an export overwrites nothing that is not its own."""
    other = office.laptop("kedua", url="")
    for one in (device, other):
        one.add("person", people(len(one.home.name), 2))
    out, answer = stick(other, "kiriman")
    other.run("export", out)
    office.run("exchange", out, answer)
    refused = device.attempt("import", answer)
    assert (refused.returncode != 0, refused.error_code) == (True, "REPLY_FOREIGN")
    letter = out.with_name("surat.txt")
    letter.write_text("Yth. Bapak Camat")
    kept = device.attempt("export", letter)
    assert (kept.returncode != 0, kept.error_code) == (True, "EXPORT_FOREIGN")
    assert letter.read_text() == "Yth. Bapak Camat"
    assert office.attempt("exchange", letter, letter.with_name("x")).error_code
    assert device.status()["waiting"] == 2
