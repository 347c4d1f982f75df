"""Bytes of a registration do not creep up: the bench's people, sealed, sent and receipted."""

import pytest

from bench import wire

MOST = {"small": 35.5, "fuller": 51.5, "with_note": 74.2}
"""Bytes of the line, both ways; the figures of the bench with half a byte of room."""


@pytest.mark.parametrize("case", sorted(MOST))
def test_a_registration_costs_no_more_than_it_did(case: str) -> None:
    """The same seed makes the same people; only the sealing is by chance, and of one size."""
    rows = wire.fuller(wire.registrations(wire.HEADLINE), wire.FULLER[case])
    assert wire.ours(rows, 2)["both"] <= MOST[case]
