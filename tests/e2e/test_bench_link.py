"""The bench of the link where no radio link can be laid: a proxy, and it says so."""

import json
import sys

import pytest

from bench import link
from tests.support.radio import Radio

COUNT = 60
SLOW = Radio(rate_bit_s=16_000, delay_s=0.1, up_s=0.4, down_s=0.5)


def test_a_proxy_stands_in_for_the_link(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All is received, no sooner than rate, delay and gaps let it; losses are not pretended."""
    lossy = link.Case(radio=Radio(rate_bit_s=16_000, delay_s=0.1, loss=0.1), count=1, limit_s=1)
    slow = link.Case(radio=SLOW, count=COUNT, limit_s=60, goal={"seconds": 0})
    monkeypatch.setattr(link, "CASES", {"loss": lossy, "slow": slow})
    monkeypatch.setattr(sys, "argv", ["link.py", "--ours", "--proxy"])
    link.main()
    left_out, measured = map(json.loads, capsys.readouterr().out.splitlines())
    assert (left_out["case"], left_out["cannot_run_here"]) == ("loss", "asked for")
    assert (measured["link"], measured["because"]) == ("proxy", "asked for")
    assert not {"goal", "met"} & set(measured)
    ours = measured["ours"]
    assert ours["received"] == COUNT
    assert ours["bytes_up"] > ours["sealed_bytes"]
    assert ours["seconds"] > 4 * SLOW.delay_s + 8 * ours["bytes_up"] / SLOW.rate_bit_s
    assert ours["ratio_without_repeats"] >= ours["ratio_to_bound"] > 1
