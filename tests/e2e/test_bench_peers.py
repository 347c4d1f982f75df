"""The benches and their peers: stopped, counted and left out as the figures say."""

from pathlib import Path

import pytest

from bench.growing.records import measured
from bench.peers import beside, kinto
from bench.peers.beside import over_loopback
from tests.support.synthetic import population


def test_gzip_posts_count_records_bytes_and_round_trips() -> None:
    """60 people go in two posts on one connection."""
    figures = over_loopback("gzip_json", population(1, "53.15.05").people(60))
    assert figures["round_trips"] == 3
    assert figures["down"] == 40
    assert 20 < figures["up"] < 200


def test_a_peer_that_cannot_be_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bench goes on without it."""

    def absent() -> None:
        raise kinto.Absent("no line to a registry")

    monkeypatch.setattr(kinto, "programs", absent)
    assert beside.over_loopback("kinto", []) == {"cannot_run_here": "no line to a registry"}


def test_a_sync_is_two_round_trips(tmp_path: Path) -> None:
    """One connection and one request, counted on the line; several batches change nothing."""
    assert measured(tmp_path, 60)["round_trips"] == 2
