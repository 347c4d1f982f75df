"""Devices that all sync at the same instant: one real server, one HTTP request each."""

import http
import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.growing.records import AREA, SEED, server_cpu_s
from tests.support.field_days import FieldDay
from tests.support.name_lists import ELSEWHERE
from tests.support.offices import code_of, office_in
from tests.support.processes import ServerProcess, init_server
from tests.support.raw_device import RawDevice, post
from tests.support.synthetic import population

RECORDS, PATIENCE_S = 50, 300.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0


@dataclass(slots=True, kw_only=True)
class Turn:
    """One device's sync: its body, and how it went."""

    device: RawDevice
    body: bytes
    reply: bytes = b""
    seconds: float = 0.0
    refusals: dict[str, int] = field(default_factory=dict)

    def send(self, begin: Callable[[], object]) -> None:
        """Post until it is taken; a device that is refused waits longer each time."""
        chance = random.Random(self.device.id)
        wait_s = FIRST_WAIT_S
        begin()
        begun_s = time.perf_counter()
        while time.perf_counter() - begun_s < PATIENCE_S:
            if self.once():
                break
            time.sleep(wait_s * chance.uniform(0.5, 1.5))
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        self.seconds = time.perf_counter() - begun_s

    def once(self) -> bool:
        """Post once; note under what name it was refused."""
        try:
            status, reply = post(self.device.code.url, self.body)
        except (OSError, http.client.HTTPException) as error:
            self.refused(type(error).__name__)
            return False
        if status != http.HTTPStatus.OK:
            self.refused(json.loads(reply)["error"]["code"])
            return False
        self.reply = reply
        return True

    def refused(self, code: str) -> None:
        """Count a refusal."""
        self.refusals[code] = self.refusals.get(code, 0) + 1

    @property
    def is_received(self) -> bool:
        """Whether the office gave its receipt."""
        if not self.reply:
            return False
        receipts = self.device.read(self.reply).receipts
        return [receipt.status for receipt in receipts] == ["accepted"]


def measured(folder: Path, count: int) -> dict[str, Any]:
    """Let ``count`` devices send at once; return how long it took, and who was refused."""
    office = folder / "office"
    init_server(office)
    with ServerProcess(home=office) as serving:
        turns = [turn(device, number) for number, device in enumerate(enrolled(serving, count))]
        before_s = server_cpu_s(serving)
        start = threading.Barrier(count)
        begun_s = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda one: one.send(start.wait), turns))
        seconds = time.perf_counter() - begun_s
        cpu_s = server_cpu_s(serving) - before_s
    received = sum(one.is_received for one in turns)
    records = received * RECORDS
    return {
        "records": records,
        "seconds": round(seconds, 2),
        "records_a_second": round(records / seconds),
        "slowest_device_s": round(max(one.seconds for one in turns), 2),
        "median_device_s": round(sorted(one.seconds for one in turns)[count // 2], 2),
        "server_cpu_ms_each": round(1000 * cpu_s / max(1, records), 2),
        "refusals": total([one.refusals for one in turns]),
        "devices_refused": sum(bool(one.refusals) for one in turns),
        "devices_received": received,
    }


def enrolled(serving: ServerProcess, count: int) -> list[RawDevice]:
    """Return devices that the server knows."""
    office = office_in(serving.home)
    devices = [RawDevice.of(code_of(office, (AREA,), url=serving.url)) for _ in range(count)]
    office.store.close()
    for device in devices:
        answer = device.post(device.section(device.enrol()))
        assert not answer.errors, answer.errors
    return devices


def turn(device: RawDevice, number: int) -> Turn:
    """Seal a device's day: families of its own, everything in one batch."""
    people = population(SEED + number, AREA, ELSEWHERE).people(RECORDS)
    changes = FieldDay(stream=device.stream, seed=number).registrations(people)
    hello = device.hello(pull=False)
    return Turn(device=device, body=device.section(device.batch(changes), hello=hello))


def total(counts: list[dict[str, int]]) -> dict[str, int]:
    """Add up refusals by their code."""
    names = sorted({name for one in counts for name in one})
    return {name: sum(one.get(name, 0) for one in counts) for name in names}
