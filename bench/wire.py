"""Bytes of a registration: our sealed, receipted exchange by codec, beside gzip JSON posts of 50.

Prints one JSON line. Counted are the bytes of the messages in both directions, sealing,
signatures and receipts included, without HTTP or TCP around either. The peer's answers are
counted as the ids it would have to return; it sends no clocks and no evidence, ours does. The
people come from a seed and a list of names on which the dictionary of codec 2 was not trained;
what training is worth is told by `codec2_untrained`, and what known names would save by
`codec2_trained_names`.
"""

import gzip
import json
import tempfile
from pathlib import Path

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
GROWTH = (10, 100, 1_000, 10_000)
HEADLINE = 1_000
UNTRAINED = 0


def registrations(count: int, names: NameList = ELSEWHERE) -> list[Person]:
    """Return the people: name, sex, village, birth, NIK, family card and a few more."""
    return population(SEED, AREA, names).people(count)


def sealed(device: RawDevice, changes: list[Change], codec: int) -> bytes:
    """Return a batch; UNTRAINED stands for codec 2 without its dictionary."""
    if codec == UNTRAINED:
        return device.batch(changes, codec=2, payload=compress(*layout(changes), trained=False))
    return device.batch(changes, codec=codec)


def ours(office: Bench, rows: list[Person], codec: int) -> dict[str, float]:
    """Return the bytes each of one exchange with a real office, pages not wanted."""
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


def gzip_posts(rows: list[Person]) -> dict[str, float]:
    """Return the bytes each of the peer: one gzip JSON body for each 50, and the ids it returns."""
    sizes = [
        len(gzip.compress(json.dumps(rows[at : at + BATCH], ensure_ascii=False).encode(), 9))
        for at in range(0, len(rows), BATCH)
    ]
    answers = len(rows) * len('"00000000-0000-0000-0000-000000000000",')
    return each(len(rows), sum(sizes), answers)


def each(count: int, up: int, down: int) -> dict[str, float]:
    """Return bytes a registration."""
    return {
        "up": round(up / count, 1),
        "down": round(down / count, 1),
        "both": round((up + down) / count, 1),
    }


def main() -> None:
    """Measure, and print the figures."""
    rows = registrations(HEADLINE)
    plain = sum(len(json.dumps(row, ensure_ascii=False).encode()) for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        office = found_office(Path(folder))
        figures = {f"codec{codec}": ours(office, rows, codec) for codec in sorted(CODECS)}
        figures["codec2_untrained"] = ours(office, rows, UNTRAINED)
        figures["codec2_trained_names"] = ours(office, registrations(HEADLINE, FLORES), 2)
        growth = {str(count): ours(office, registrations(count), 2) for count in GROWTH}
    figures["gzip_json"] = gzip_posts(rows)
    print(
        json.dumps(
            {
                "bench": "wire",
                "registrations": HEADLINE,
                "fields": sorted({name for row in rows for name in row}),
                "json_bytes_each": round(plain / HEADLINE, 1),
                "goal_both": 48,
                **figures,
                "codec2_growth": growth,
                "untrained_is_worse_by": round(
                    figures["codec2_untrained"]["both"] / figures["codec2"]["both"] - 1, 3
                ),
            }
        )
    )


if __name__ == "__main__":
    main()
