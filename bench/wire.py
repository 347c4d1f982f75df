"""Bytes of 1,000 registrations: our sealed, receipted exchange beside gzip JSON posts of 50.

Prints one JSON line. Counted are the bytes of the messages in both directions, sealing,
signatures and receipts included, without HTTP or TCP around either. The peer's answers are
counted as the 1,000 ids it would have to return. People are drawn from a fixed seed.
"""

import gzip
import json
import tempfile
from pathlib import Path

from tests.support.offices import code_of, found_office
from tests.support.raw_device import RawDevice
from tests.support.synthetic import population

COUNT, BATCH, SEED = 1_000, 50, 48


def registrations() -> list[dict[str, object]]:
    """Return the people: name, sex, village, birth, NIK, family card and a few more."""
    return [dict(row) for row in population(SEED, "53.15.05").people(COUNT)]


def ours(rows: list[dict[str, object]], folder: Path) -> tuple[int, int]:
    """Return the bytes of one exchange with a real office, up and down, pages not wanted."""
    bench = found_office(folder)
    device = RawDevice.of(code_of(bench.office))
    bench.exchange(device, device.enrol())
    batches = [
        device.batch([device.change(row) for row in rows[at : at + BATCH]])
        for at in range(0, len(rows), BATCH)
    ]
    body = device.section(*batches, hello=device.hello(pull=False))
    reply = bench.answer(body)
    received = device.read(reply).receipts
    assert sum(receipt.status == "accepted" for receipt in received) == len(batches)
    return len(body), sum(len(frame.to_bytes()) for frame in reply)


def gzip_posts(rows: list[dict[str, object]]) -> tuple[int, int]:
    """Return the bytes of the peer: one gzip JSON body for each 50, and the ids it returns."""
    sizes = [
        len(gzip.compress(json.dumps(rows[at : at + BATCH], ensure_ascii=False).encode(), 9))
        for at in range(0, len(rows), BATCH)
    ]
    answers = COUNT * len('"00000000-0000-0000-0000-000000000000",')
    return sum(sizes), answers


def main() -> None:
    """Measure both and print the figures."""
    rows = registrations()
    with tempfile.TemporaryDirectory() as folder:
        up, down = ours(rows, Path(folder))
    peer_up, peer_down = gzip_posts(rows)
    plain = sum(len(json.dumps(row, ensure_ascii=False).encode()) for row in rows)
    print(
        json.dumps(
            {
                "bench": "wire",
                "registrations": COUNT,
                "fields": sorted({name for row in rows for name in row}),
                "json_bytes_each": round(plain / COUNT, 1),
                "ours_up_bytes_each": round(up / COUNT, 1),
                "ours_down_bytes_each": round(down / COUNT, 1),
                "gzip_json_up_bytes_each": round(peer_up / COUNT, 1),
                "gzip_json_down_bytes_each": round(peer_down / COUNT, 1),
                "ratio_up": round(up / peer_up, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
