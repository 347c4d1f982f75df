"""Lines as they are in the field, from the pages: none at all, a slow one, a relay in between."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import NARROW, WIDE
from tests.support.line import Line
from tests.support.officers import Hand, officer
from tests.support.pages import Pages
from tests.support.processes import ServerProcess, server
from tests.support.scenes import Laptop, Office, people, regency

pytestmark = pytest.mark.timeout(300)
AREA = "53.15.05"
MANY, SLOW_BYTES_S = 400, 2_000
SOON_MS = 60_000


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path_factory.mktemp("lines")) as found:
        yield found


@pytest.fixture
def line(office: Office) -> Iterator[Line]:
    """Give a line to it."""
    with Line(server_port=office.process.port) as found:
        yield found


def until(said: Callable[[], Any], patience_s: float = 60) -> Any:
    """Ask until the answer is true."""
    deadline_s = time.monotonic() + patience_s
    while not (found := said()):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    return found


def known(office: Office, device: Laptop) -> int:
    """Count whom of a laptop's residents the office has."""
    return len(set(device.values()) & set(office.values()))


def begin(hand: Hand) -> None:
    """Sync."""
    hand.page.goto("/sync")
    hand.press("Sync now")


def test_a_locked_laptop_goes_on_trying_and_syncs(
    browser: Browser, office: Office, line: Line
) -> None:
    """No line, the box ticked, the laptop locked and in the bag; a line appears on the way home."""
    device = office.laptop("bag", AREA, line.url)
    device.add("person", people(31, 7, AREA))
    line.down()
    with Pages(home=device.home) as pages:
        with officer(browser, pages.url, width=NARROW) as hand:
            hand.page.goto("/sync")
            hand.tap("label.tick")
            hand.press("Sync now")
            expect(hand.page.locator("#course.is-resting")).to_be_visible(timeout=SOON_MS)
            hand.page.locator("header").get_by_role("button", name=hand.say("Lock")).click()
            hand.page.wait_for_url("**/unlock")
            line.up()
            until(lambda: office.stats()["persons"] >= 7)
        with officer(browser, pages.url, width=NARROW) as hand:
            hand.page.goto("/outbox/received")
            expect(hand.page.locator("h2").first).to_contain_text("(7)")
            hand.page.goto("/sync")
            hand.press("Pause the sync")
            expect(hand.page.locator("#course.is-paused")).to_be_visible()
    assert known(office, device) == 7


def test_a_sync_is_paused_in_the_middle_and_goes_on(
    browser: Browser, office: Office, line: Line
) -> None:
    """What the office confirmed before the pause stays; in the end everybody is there, once."""
    line.rate_bytes_s = SLOW_BYTES_S
    device = office.laptop("slow", AREA, line.url)
    device.add("person", people(32, MANY, AREA))
    changes = office.stats()["changes"]
    with (
        Pages(home=device.home) as pages,
        officer(browser, pages.url, width=WIDE, lang="en") as hand,
    ):
        begin(hand)
        progress = hand.page.locator("#course progress:not([value='0'])")
        expect(progress).to_be_visible(timeout=SOON_MS)
        hand.press("Pause the sync")
        expect(hand.page.locator("#course.is-paused")).to_be_visible()
        time.sleep(1)
        arrived = office.stats()["changes"] - changes
        assert 0 < arrived < MANY
        line.rate_bytes_s = 0
        begin(hand)
        expect(hand.page.locator("#course.is-done")).to_be_visible(timeout=SOON_MS)
        hand.page.goto("/outbox/received")
        expect(hand.page.locator("h2").first).to_contain_text(f"({MANY})")
    assert office.stats()["changes"] - changes == MANY
    assert known(office, device) == MANY


def test_what_waits_is_left_with_a_relay(browser: Browser, office: Office, tmp_path: Path) -> None:
    """Held and not received while the office's line is down; received when its answer came."""
    device = office.laptop("relayed", AREA)
    device.sync()
    device.add("person", people(33, 3, AREA))
    code = office.code("Kecamatan Contoh", AREA, None, "--relay")
    command = ("relay", "--code", code)
    with (
        ServerProcess(home=tmp_path / "relay", command=command, forked=True) as relay,
        Pages(home=device.home) as pages,
        officer(browser, pages.url, width=NARROW) as hand,
    ):
        until(lambda: server(relay.home, "relay", "--status")["last_contact"])
        office.process.terminate()
        leave(hand, relay)
        expect(hand.page.locator("#course")).to_contain_text("Kecamatan Contoh")
        hand.page.goto("/outbox/held")
        expect(hand.page.locator("h2").first).to_contain_text("(3)")
        hand.page.goto("/outbox/received")
        expect(hand.page.locator("h2").first).to_contain_text("(0)")
        office.process.start()
        until(lambda: server(relay.home, "relay", "--status")["replies"])
        leave(hand, relay)
        hand.page.goto("/outbox/received")
        expect(hand.page.locator("h2").first).to_contain_text("(3)")
    assert known(office, device) == 3


def leave(hand: Hand, relay: ServerProcess) -> None:
    """Leave what waits with the relay; its address is remembered."""
    hand.page.goto("/sync")
    if not hand.page.input_value("#via"):
        hand.fill(via=relay.url)
    hand.press("Leave it with the relay")
    expect(hand.page.locator("#course.is-done")).to_be_visible(timeout=SOON_MS)
