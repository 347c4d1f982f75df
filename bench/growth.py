"""How cost grows: 10 to 10,000 records of one laptop, and 1 to 100 devices at once, over loopback.

Prints one JSON line for each. A laptop's records go by the real `field-client sync` to a real
server; `bytes_each` is everything within TCP, both ways, HTTP included; a round trip is a
connection made or a request answered. The devices are keys and sealed batches in this program,
which takes its share of the processors; each has one batch of 50 and sends it at the same
instant. A device that the server refuses (SERVER_BUSY) waits 0.2 s, then twice as long each
time, up to 5 s, and sends the same bytes again.

    python bench/growth.py [records|devices]
"""

import json
import os
import sys
import tempfile
from pathlib import Path

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from bench.growing import devices, records

RECORDS = (10, 100, 1_000, 10_000)
DEVICES = (1, 10, 30, 100)
PARTS = {"records": (records.measured, RECORDS), "devices": (devices.measured, DEVICES)}
GOALS = {"records": {"goal_bytes_each": 48, "goal_round_trips": 2}, "devices": {}}


def main(wanted: list[str]) -> None:
    """Measure the parts wanted, or both."""
    for part in wanted or PARTS:
        measure, counts = PARTS[part]
        for count in counts:
            load = round(os.getloadavg()[0], 1)
            with tempfile.TemporaryDirectory() as folder:
                figures = measure(Path(folder), count)
            line = {"bench": "growth", part: count, **GOALS[part], **figures, "load": load}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
