"""Bytes of a registration: our sealed, receipted exchange by codec, beside gzip JSON and Kinto.

Prints one JSON line. Counted are the bytes of the messages in both directions, sealing,
signatures and receipts included, without HTTP or TCP around any. The peers post the same people to
servers of their own over loopback: gzip JSON 50 at a time, answered with ids; Kinto 25 at a time,
the most it takes as it comes, in its batch request. They send no clocks and no evidence, ours does.
A round trip is a connection made or a request answered; ours are those of the real programs
(`programs`, whose bytes have HTTP around them; bench/growth.py has other numbers). The people come
from a seed and a list of names on which the dictionary of codec 2 was not trained; what training is
worth is told by `codec2_untrained`, and what known names would save by `codec2_trained_names`.
"""

import json
import os
import tempfile
from pathlib import Path

from bench.growing import records
from bench.peers.beside import PEERS, over_loopback
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


def registrations(count: int, names: NameList = ELSEWHERE) -> list[Person]:
    """Return the people: name, sex, village, birth, NIK, family card and a few more."""
    return population(SEED, AREA, names).people(count)


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
    """Measure, and print the figures."""
    load = round(os.getloadavg()[0], 1)
    rows = registrations(HEADLINE)
    plain = sum(len(json.dumps(row, ensure_ascii=False).encode()) for row in rows)
    figures = {f"codec{codec}": ours(rows, codec) for codec in sorted(CODECS)}
    figures["codec2_untrained"] = ours(rows, UNTRAINED)
    figures["codec2_trained_names"] = ours(registrations(HEADLINE, FLORES), 2)
    with tempfile.TemporaryDirectory() as folder:
        programs = records.measured(Path(folder), HEADLINE)
    peers = {peer: over_loopback(peer, rows) for peer in PEERS}
    for peer in peers.values():
        if "both" in peer:
            peer["times_ours"] = round(peer["both"] / figures["codec2"]["both"], 1)
    print(
        json.dumps(
            {
                "bench": "wire",
                "registrations": HEADLINE,
                "fields": sorted({name for row in rows for name in row}),
                "json_bytes_each": round(plain / HEADLINE, 1),
                "load": load,
                "goal_both": GOAL_BOTH,
                "met": figures["codec2"]["both"] <= GOAL_BOTH,
                **figures,
                "goal_round_trips": 2,
                "programs": programs,
                **peers,
                "untrained_is_worse_by": round(
                    figures["codec2_untrained"]["both"] / figures["codec2"]["both"] - 1, 3
                ),
            }
        )
    )


if __name__ == "__main__":
    main()
