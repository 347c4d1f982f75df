"""The main job while the line is cut, the server is killed and the laptop's battery dies."""

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.line import Line
from tests.support.scenes import (
    Laptop,
    Office,
    Seed,
    exchange_by_file,
    kill_within,
    people,
    regency,
    stick,
    until_it_succeeds,
)
from tests.support.synthetic import write_jsonl

MANY = 1000
CUT = ("LINE_CUT", "SERVER_UNREACHABLE")
ONCE = ("--patience", "0")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


@pytest.fixture
def line(office: Office) -> Iterator[Line]:
    """Give a line that can be cut."""
    with Line(server_port=office.process.port) as found:
        yield found


def wait_for(condition: Callable[[], bool], patience_s: float = 30) -> bool:
    """Wait until something is so; False where it did not become so in time."""
    deadline_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.001)
    return True


def require_all(office: Office, device: Laptop, count: int) -> None:
    """Check that all is received, once, with the same values, and that both stores are sound."""
    assert device.status() == {"draft": 0, "waiting": 0, "received": count, "attention": 0}
    stats = office.stats()
    assert (stats["persons"], stats["changes"], stats["quarantined"]) == (count, count, 0)
    assert office.values() == device.values()
    assert device.sync()["sent_batches"] == 0
    office.run("verify")
    assert device.run("verify")["sound"] is True


def strike(
    line: Line, device: Laptop, victim: Callable[[subprocess.Popen[bytes]], None], at: int
) -> bool:
    """Begin a sync and let ``victim`` strike when ``at`` more bytes went over the line.

    Returns whether the sync was still running then.
    """
    mark = len(line.captured) + at
    running = device.start("sync", *ONCE)
    reached = wait_for(lambda: len(line.captured) >= mark or running.poll() is not None)
    alive = reached and running.poll() is None
    victim(running)
    running.communicate(timeout=60)
    return alive


def test_kills_on_both_sides_end_where_a_calm_day_ends(office: Office, line: Line) -> None:
    """The server is killed three times and the laptop twice, at random moments of one sync."""
    chance = Seed().chance()
    device = office.laptop("laptop", url=line.url)
    device.add("person", people(1, MANY))

    def server_dies(_running: subprocess.Popen[bytes]) -> None:
        office.process.kill()

    def laptop_dies(running: subprocess.Popen[bytes]) -> None:
        running.kill()

    struck = 0
    for victim in (server_dies, laptop_dies, server_dies, laptop_dies, server_dies):
        struck += strike(line, device, victim, chance.randint(1200, 9000))
        if office.process.process is None:
            office.process.start()
    assert struck == 5, "each kill came in the middle"
    assert 0 < office.stats()["changes"] < MANY
    until_it_succeeds(device, "sync")
    require_all(office, device, MANY)


def test_cut_after_the_commit_and_before_the_receipt(office: Office, line: Line) -> None:
    """What the office has committed and the laptop has not heard of is not committed twice."""
    device = office.laptop("laptop", url=line.url)
    device.sync()
    device.add("person", people(2, 120))
    for left in (350, 800):
        line.cut_after(left, "down")
        cut = device.attempt("sync", *ONCE)
        assert (cut.returncode != 0, cut.error_code in CUT) == (True, True), cut.stderr
        committed = office.stats()["changes"]
        assert committed > device.status()["received"] or left == 800
        office.process.kill()
        line.up()
        office.process.start()
    device.sync()
    require_all(office, device, 120)


def test_a_sync_says_what_is_through_and_one_goes_on_over_cuts(office: Office, line: Line) -> None:
    """Given up, it sums in changes and bytes; where the line comes back, it ends well by itself."""
    device = office.laptop("laptop", url=line.url)
    device.sync()
    device.add("person", people(4, 600))
    line.cut_after(1_500, "down")
    done = device.attempt("sync", "--patience", "1", "--json")
    assert (done.returncode != 0, done.error_code in CUT) == (True, True), done.stderr
    through, waiting = done.json["confirmed_changes"], done.json["waiting_changes"]
    assert 0 < through < through + waiting == 600
    assert done.json["waiting"] == waiting == device.status()["waiting"]
    assert done.json["waiting_bytes"] > done.json["confirmed_bytes"] > 0
    line.up()
    line.cut_after(1_000, "down")
    running = device.start("sync", "--json")
    assert wait_for(lambda: not line.is_up or running.poll() is not None)
    line.up()
    said, complaint = running.communicate(timeout=60)
    assert running.returncode == 0, complaint
    outcome = json.loads(said)
    assert outcome["cuts"] >= 1
    assert (outcome["confirmed_changes"], outcome["waiting_bytes"]) == (waiting, 0)
    require_all(office, device, 600)


def test_cut_at_any_byte_nothing_is_lost(office: Office, line: Line) -> None:
    """Short lines in both directions, enrolment included: every repetition gets further."""
    chance = Seed().chance()
    device = office.laptop("laptop", url=line.url)
    device.add("person", people(3, 60))
    done = None
    for attempt in range(12):
        line.up()
        if attempt < 6:
            line.cut_after(chance.randint(0, 1500 + 900 * attempt), chance.choice(("up", "down")))
        done = device.attempt("sync", *ONCE)
        if done.returncode == 0 and attempt >= 6:
            break
        assert done.returncode == 0 or done.error_code in CUT, done.stderr
    assert done is not None
    assert done.returncode == 0
    require_all(office, device, 60)


def test_a_laptop_killed_while_saving_keeps_all_or_nothing(office: Office) -> None:
    """`add --from` is one commit: killed at any moment and repeated it saves each line once."""
    chance = Seed().chance()
    device = office.laptop("laptop")
    rows = people(4, 200)
    device.add("person", rows[:1])
    source = write_jsonl(device.home.with_name("baris.jsonl"), rows)
    for _ in range(4):
        code = kill_within(device.start("add", "person", "--from", source), chance, 2.0)
        assert device.status()["waiting"] in ((200,) if code == 0 else (1, 200))
    until_it_succeeds(device, "add", "person", "--from", source)
    device.sync()
    require_all(office, device, 200)


def test_kills_while_a_stick_is_written_and_read(office: Office) -> None:
    """Export, exchange and import killed at random moments: repeated, they end the same."""
    chance = Seed().chance()
    device = office.laptop("laptop", url="")
    device.add("person", people(5, 300))
    out, answer = stick(device, "kiriman")
    for _ in range(2):
        kill_within(device.start("export", out), chance, 1.2)
    assert not out.exists() or office.attempt("exchange", out, answer).returncode == 0
    device.run("export", out)
    for _ in range(2):
        kill_within(office.start("exchange", out, answer), chance, 2.0)
    office.run("exchange", out, answer)
    for _ in range(3):
        kill_within(device.start("import", answer), chance, 1.2)
    device.run("import", answer)
    exchange_by_file(office, device, "lagi")
    assert device.status() == {"draft": 0, "waiting": 0, "received": 300, "attention": 0}
    assert office.stats()["changes"] == 300
    assert office.values() == device.values()


def test_a_random_walk_of_several_laptops_ends_complete(office: Office, line: Line) -> None:
    """Whatever was said to be saved is at the office exactly once, with the same values."""
    walk = Walk(office=office, line=line, chance=Seed().chance())
    for _ in range(24):
        walk.step()
    walk.finish()


class Walk:
    """Three laptops that add, edit, sync and die at random."""

    def __init__(self, office: Office, line: Line, chance: random.Random) -> None:
        self.office, self.line, self.chance = office, line, chance
        self.devices = [office.laptop(name, "53.15.05", line.url) for name in ("a", "b", "c")]
        self.fresh = iter(people(chance.randrange(10_000), 400, "53.15.05"))
        self.saved: dict[str, dict[str, object]] = {}

    def step(self) -> None:
        """Do one thing with one of them."""
        device = self.chance.choice(self.devices)
        does = self.chance.choice((self.add, self.add, self.edit, self.sync, self.killed, self.cut))
        does(device)

    def add(self, device: Laptop) -> None:
        """Save a few people."""
        rows = [next(self.fresh) for _ in range(self.chance.randint(1, 20))]
        for row, line in zip(rows, device.add("person", rows)["records"], strict=True):
            self.saved[line["id"]] = row

    def edit(self, device: Laptop) -> None:
        """Correct one of one's own people."""
        own = sorted(device.records("person"))
        if own:
            record = self.chance.choice(own)
            value = f"{self.chance.randrange(1000):03}"
            device.edit(record, rt=value)
            self.saved[record] = {**self.saved[record], "rt": value}

    def sync(self, device: Laptop) -> None:
        """Sync in peace."""
        device.sync()

    def killed(self, device: Laptop) -> None:
        """Sync, and one side dies."""
        running = device.start("sync", *ONCE)
        if self.chance.random() < 0.5:
            kill_within(running, self.chance, 1.5)
            return
        time.sleep(self.chance.uniform(0, 1.5))
        self.office.process.kill()
        running.communicate(timeout=60)
        self.office.process.start()

    def cut(self, device: Laptop) -> None:
        """Sync over a line that breaks."""
        self.line.cut_after(self.chance.randint(0, 6000), self.chance.choice(("up", "down")))
        device.attempt("sync", *ONCE)
        self.line.up()

    def finish(self) -> None:
        """Let everybody sync twice and compare everything with what was said to be saved."""
        for device in self.devices * 2:
            until_it_succeeds(device, "sync")
        assert self.office.values() == self.saved
        for device in self.devices:
            assert device.status()["waiting"] == 0
            shown = {**device.values(), **device.roster()}
            assert shown == self.saved
        self.office.run("verify")
