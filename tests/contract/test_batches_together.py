"""Batches that lie there together are answered as if each had come alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared_schema.custody import Receipt, Status
from tests.support.offices import Bench
from tests.support.raw_device import RawDevice, person


def brought(device: RawDevice) -> dict[str, bytes]:
    """Seal a chain of four, and what a copy of the laptop sent in place of the second."""
    begun = device.batch(device.people(3))
    copy = replace(device)
    remarked = device.batch([device.change(person("Warga Salah", "bukan desa")), *device.people(2)])
    unread = device.batch(device.people(1), payload=b"\x00")
    last = device.batch(device.people(2))
    return {
        "begun": begun,
        "remarked": remarked,
        "unread": unread,
        "last": last,
        "forked": copy.batch(copy.people(1)),
    }


ORDERS = [
    ("begun", "remarked", "unread", "last"),
    ("begun", "begun", "remarked", "remarked", "unread", "last", "last"),
    ("begun", "unread", "remarked", "last", "unread", "last"),
    ("begun", "forked", "remarked", "unread", "last", "begun"),
    ("begun", "remarked", "forked", "unread", "forked", "last"),
    ("last", "unread", "remarked", "begun"),
]


def told(receipts: Sequence[Receipt]) -> list[tuple[Any, ...]]:
    """Return what receipts say, but for the chain that an answer to a fork repeats anew."""
    return [
        (one.status, one.first, one.hash, one.sequence, one.head, one.remarks) for one in receipts
    ]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_the_answers_are_those_of_batches_alone(
    bench: Bench, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Whatever repeats, is missing, is forked or cannot be read among them; records too."""
    device = bench.device()
    sealed = brought(device)
    (tmp_path / "alone").mkdir()
    alone = bench.copy(tmp_path / "alone")
    answer = bench.exchange(device, *(sealed[name] for name in order))
    each = [alone.exchange(device, sealed[name]) for name in order]
    assert answer.errors == []
    assert told(answer.receipts) == told([one for reply in each for one in reply.receipts])
    assert Status.ACCEPTED in {one.status for one in answer.receipts}
    assert _records(bench) == _records(alone)


def _records(bench: Bench) -> list[tuple[Any, ...]]:
    rows = bench.projections()["records"]
    return sorted((row["record"], row["state"], row["area"], row["outside"]) for row in rows)
