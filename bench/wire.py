"""Bytes of a registration: our sealed, receipted exchange by codec, beside gzip JSON and Kinto.

Prints one JSON line for each case: `small`, what a household's list has of each; `fuller`, birth
place, father and phone besides; `with_note`, twelve words about everybody besides. `filled` tells
the share of people for whom a field is filled. Counted are the bytes of the messages in both
directions, sealing, signatures and receipts included, without HTTP or TCP around any. The peers
post the same people to servers of their own over loopback: gzip JSON 50 at a time, answered with
ids; Kinto 25 at a time, the most it takes as it comes, in its batch request. They send no clocks
and no evidence, ours does.
A round trip is a connection made or a request answered; ours are those of the real programs
(`programs`, whose bytes have HTTP around them; bench/growth.py has other numbers). The programs,
Kinto and the worth of training are measured in the first case alone. The people come
from a seed and a list of names on which the dictionary of codec 2 was not trained; what training is
worth is told by `codec2_untrained`, and what known names would save by `codec2_trained_names`.
"""

import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from bench.growing import records
from bench.peers.beside import over_loopback
from shared_schema.changes import Change
from shared_schema.wire import CODECS
from shared_schema.wire.compression import compress
from shared_schema.wire.typed_columns import layout
from tests.support.field_days import FieldDay
from tests.support.name_lists import ELSEWHERE, FLORES, NameList
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import RawDevice
from tests.support.synthetic import Person, population

BATCH, SEED, AREA = 50, 48, "53.15.05"
HEADLINE = 1_000
UNTRAINED, GOAL_BOTH = 0, 48
FULLER = {
    "small": (),
    "fuller": ("birth_place", "father_name", "phone"),
    "with_note": ("birth_place", "father_name", "phone", "note"),
}
PLACES, NOTE_WORDS = 40, 12
# Of no note in particular: drawn one by one, they are harder to pack than sentences.
WORDS = (
    "yang dan di ke dari sudah belum akan tidak ada rumah kantor desa jalan sungai jembatan hujan "
    "pagi sore besok minggu bulan tahun anak ibu bapak nenek sakit sekolah pasar kebun ladang "
    "sawah kapal laut bukit surat kartu hilang rusak basah lama baru pindah kembali bekerja "
    "menunggu keluarga tetangga kepala lampu listrik telepon mobil motor uang besar kecil jauh "
    "dekat tinggal"
).split()


def registrations(count: int, names: NameList = ELSEWHERE) -> list[Person]:
    """Return the people: name, sex, village, birth, NIK, family card and a few more."""
    return population(SEED, AREA, names).people(count)


def fuller(rows: list[Person], fields: tuple[str, ...]) -> list[Person]:
    """Return the same people with these fields besides, filled for everybody."""
    chance, others = random.Random(SEED), population(SEED + 1, AREA, ELSEWHERE)
    places = [others.surname() for _ in range(PLACES)]

    def more() -> Person:
        return {
            "birth_place": chance.choice(places),
            "father_name": others.name("L", others.surname()),
            "phone": f"08{chance.randrange(10**10):010}",
            "note": " ".join(chance.choices(WORDS, k=NOTE_WORDS)),
        }

    return [row | {name: value for name, value in more().items() if name in fields} for row in rows]


def filled(rows: list[Person]) -> dict[str, float]:
    """Return the share of people for whom each field is filled."""
    counts = Counter(name for row in rows for name in row)
    return {name: round(count / len(rows), 2) for name, count in sorted(counts.items())}


def sealed(device: RawDevice, changes: list[Change], codec: int) -> bytes:
    """Return a batch; UNTRAINED stands for codec 2 without its dictionary."""
    if codec == UNTRAINED:
        return device.batch(changes, codec=2, payload=compress(*layout(changes), trained=False))
    return device.batch(changes, codec=codec)


def ours(rows: list[Person], codec: int) -> dict[str, float]:
    """Return the bytes each of one exchange with a fresh office, pages not wanted."""
    with tempfile.TemporaryDirectory() as folder:
        return exchanged(found_office(Path(folder)), rows, codec)


def exchanged(office: Bench, rows: list[Person], codec: int) -> dict[str, float]:
    """Return the bytes each of one exchange."""
    device = RawDevice.of(code_of(office.office))
    office.exchange(device, device.enrol())
    changes = FieldDay(stream=device.stream, seed=SEED).registrations(rows)
    batches = [
        sealed(device, changes[at : at + BATCH], codec) for at in range(0, len(changes), BATCH)
    ]
    body = device.section(*batches, hello=device.hello(pull=False))
    reply = office.answer(body)
    received = device.read(reply).receipts
    assert sum(receipt.status == "accepted" for receipt in received) == len(batches)
    return each(len(rows), len(body), sum(len(frame.to_bytes()) for frame in reply))


def each(count: int, up: int, down: int) -> dict[str, float]:
    """Return bytes a registration."""
    return {
        "up": round(up / count, 1),
        "down": round(down / count, 1),
        "both": round((up + down) / count, 1),
    }


def main() -> None:
    """Measure each case, and print its figures."""
    for case, fields in FULLER.items():
        rows = fuller(registrations(HEADLINE), fields)
        print(json.dumps(line(case, rows) | (alone(rows) if case == "small" else {})), flush=True)


def line(case: str, rows: list[Person]) -> dict[str, Any]:
    """Return a case's figures: ours by codec, and gzip JSON's."""
    load = round(os.getloadavg()[0], 1)
    plain = sum(len(json.dumps(row, ensure_ascii=False).encode()) for row in rows)
    figures = {f"codec{codec}": ours(rows, codec) for codec in sorted(CODECS)}
    return {
        "bench": "wire",
        "case": case,
        "registrations": len(rows),
        "filled": filled(rows),
        "json_bytes_each": round(plain / len(rows), 1),
        "load": load,
        "goal_both": GOAL_BOTH,
        "met": figures["codec2"]["both"] <= GOAL_BOTH,
        **figures,
        "gzip_json": beside("gzip_json", rows, figures["codec2"]["both"]),
    }


def alone(rows: list[Person]) -> dict[str, Any]:
    """Return what is measured in one case only."""
    both, untrained = ours(rows, 2)["both"], ours(rows, UNTRAINED)
    with tempfile.TemporaryDirectory() as folder:
        programs = records.measured(Path(folder), len(rows))
    return {
        "codec2_untrained": untrained,
        "codec2_trained_names": ours(registrations(len(rows), FLORES), 2),
        "goal_round_trips": 2,
        "programs": programs,
        "kinto": beside("kinto", rows, both),
        "untrained_is_worse_by": round(untrained["both"] / both - 1, 3),
    }


def beside(peer: str, rows: list[Person], both: float) -> dict[str, Any]:
    """Return a peer's figures for the same people, and how many times ours its bytes are."""
    figures = over_loopback(peer, rows)
    return figures | ({"times_ours": round(figures["both"] / both, 1)} if "both" in figures else {})


if __name__ == "__main__":
    main()
