"""What happens in the state machine's regency, and what must hold in the end.

Every change that anybody saves carries a *mark*, a value that no other change has: a person's name,
or the phone number of a correction. A mark *must* reach the office once it was saved, unless the
only disk that holds it is rolled back or the office is restored without it.
"""

import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from field_client.entries import Edit, state_of_document
from field_client.opened import App
from field_client.sync.errors import ClockOff, DeviceRevokedWaiting
from field_client.sync.outcome import Outcome
from field_client.sync.patience import Patience
from field_client.sync.transport_file import read_reply, write_export
from field_client.verification import examine
from shared_schema.enrolment import (
    DeviceRevoked,
    DeviceUnknown,
    EnrolExpired,
    EnrolRefused,
    EnrolUsed,
)
from shared_schema.fold import RecordState
from shared_schema.frames import Kind, read_frames
from tests.support.bad_line import FINE, BadLine, Weather
from tests.support.disks import put_back
from tests.support.field_laptop import FieldLaptop, Stopwatch, Watch
from tests.support.furnished_stage import Stage
from tests.support.raw_device import NOW_MS, person
from tests.support.regency import EVERYWHERE, VILLAGES, Unheard
from tests.support.regency_checks import (
    compare_corrections,
    compare_marks,
    compare_people,
    compare_photos,
    compare_replica,
    compare_saves,
)

HOUR_MS = 3_600_000
ROUNDS = 8
REPLIES_KEPT = 8
_NIKS = ["5315054101700001", "5315054101700002"]
_REFUSED = (DeviceUnknown, EnrolRefused, EnrolExpired, EnrolUsed)


@dataclass(frozen=True, slots=True)
class Later:
    """What comes behind the cuts of a sync that goes on. ``slow``: so slow that it falls back."""

    weathers: tuple[Weather, ...]
    slow: bool


class Outpost:
    """One run: who is there, what is on its way, and what must arrive."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.office = stage.office
        self.relay = stage.relay
        self.office.begin()
        self.relay.begin()
        self.laptops: list[FieldLaptop] = []
        self.spare = list(stage.boxed)
        self.sticks: list[bytes] = []
        self.replies: list[bytes] = []
        self.must: set[str] = set()
        self.about: dict[str, str] = {}
        self.photos: set[str] = set()
        self.revoked: set[bytes] = set()
        self.forgotten: set[str] = set()
        self.marked = 0
        self.going_on: Counter[bytes] = Counter()
        self.copies = stage.folder / "copies"

    def close(self) -> None:
        """Close every store; what was copied goes."""
        for laptop in self.laptops:
            laptop.app.close()
        shutil.rmtree(self.copies, ignore_errors=True)

    def arrive(self, *, old: bool) -> None:
        """Take a laptop out of the box."""
        home, keys, image = self.spare.pop()
        put_back(home, image)
        laptop = FieldLaptop(home, keys, Watch(monotonic_ms=self._running_ms()))
        laptop.old = old
        self.laptops.append(laptop)

    # What officers do

    def _mark(self) -> int:
        self.marked += 1
        return self.marked

    def _running_ms(self) -> int:
        """Return since when a laptop has been running: no two ever read the same time."""
        return self._mark() * HOUR_MS

    def register(self, laptop: FieldLaptop, count: int, *, twins: bool) -> None:
        """Register people in one commit."""
        names = [f"Warga Contoh {self._mark()}" for _ in range(count)]
        nik = _NIKS[count % len(_NIKS)] if twins else None
        journal = laptop.app.journal
        with journal.transaction():
            for at, name in enumerate(names):
                values = person(name, VILLAGES[at % len(VILLAGES)])
                values |= {"nik": nik} if nik else {}
                _write(laptop.app, journal.new_record(), "person", values)
                nik = None
        self.must.update(names)

    def correct(self, laptop: FieldLaptop, pick: int) -> None:
        """Give some person another phone number; a few move to another village."""
        known = _people(laptop.app)
        if known:
            phone = f"08{self._mark():010d}"
            host = known[pick % len(known)]
            moved = {"village": VILLAGES[pick // 3 % len(VILLAGES)]} if pick % 3 == 0 else {}
            self.about[phone] = str(host.shown("name"))
            _write(laptop.app, host.record, "person", {"phone": phone, **moved})
            self.must.add(phone)

    def visit(self, laptop: FieldLaptop, pick: int) -> None:
        """Note a visit; its note says whom it was paid to."""
        known = _people(laptop.app)
        if known:
            host = known[pick % len(known)]
            values = {"person": str(host.record), "outcome": "recorded"}
            values["note"] = str(host.shown("name"))
            _write(laptop.app, laptop.app.journal.new_record(), "visit", values)

    def attach(self, laptop: FieldLaptop, pick: int) -> None:
        """Attach a photo of one to three pieces to somebody."""
        known = _people(laptop.app)
        if known:
            photo = f"foto {self._mark()} ".encode() * (pick % 3 * 1300 + 20)
            values = {
                "record": str(known[pick % len(known)].record),
                "sha256": hashlib.sha256(photo).hexdigest(),
                "media_type": "image/webp",
                "bytes": len(photo),
            }
            app = laptop.app
            with app.attachments.keeping(photo, [app.device.server_sealing]):
                _write(app, app.journal.new_record(), "attachment", values)
            self.photos.add(str(values["sha256"]))

    def begin_draft(self, laptop: FieldLaptop) -> None:
        """Keep what is known of a person so far."""
        journal = laptop.app.journal
        values = {"name": f"Draf {self._mark()}"}
        journal.save_draft(journal.new_record(), "person", 1, values)

    def finish_draft(self, laptop: FieldLaptop, pick: int) -> None:
        """Register the person of a draft."""
        drafts = list(laptop.app.journal.drafts())
        if drafts:
            # It may have been copied with the laptop, and be finished there as well.
            name = f"Draf {self._mark()}"
            _write(laptop.app, drafts[pick % len(drafts)].record, "person", person(name))
            self.must.add(name)

    def keep_what_was_saved(self, laptop: FieldLaptop) -> None:
        """After a crash: what is on the disk must arrive, whoever was told of it or not."""
        self.must |= laptop.marks()

    # Lines and sticks

    def sync(
        self, laptop: FieldLaptop, weather: Weather, later: Later | None = None
    ) -> Outcome | None:
        """Sync as far as it goes; None where the laptop is not let in or was wiped."""
        try:
            return laptop.sync(*self._line(weather, later))
        except ClockOff:
            return None
        except _REFUSED:
            self.enrol_again(laptop)
        except DeviceRevoked:
            self.laptops.remove(laptop)
        return None

    def visit_relay(self, laptop: FieldLaptop, weather: Weather) -> None:
        """Leave with the relay what waits, and take along what the office answered."""
        try:
            laptop.visit(BadLine(self.relay, weather))
        except (ClockOff, DeviceRevokedWaiting):
            return
        except _REFUSED:
            self.enrol_again(laptop)
        except DeviceRevoked:
            self._wiped(laptop)

    def pass_on(self, weather: Weather) -> None:
        """Let the relay speak with the office."""
        self.relay.pass_on(BadLine(self.office, weather))

    def _line(self, weather: Weather, later: Later | None) -> tuple[BadLine, Patience | None]:
        """Give the line to the office, and the patience of who does not end at a cut."""
        if later is None:
            return BadLine(self.office, weather), None
        weathers = list(later.weathers)
        return BadLine(self.office, weather, weathers), Stopwatch(later.slow).patience()

    def sync_locked(
        self, laptop: FieldLaptop, weather: Weather, later: Later | None = None
    ) -> None:
        """Sync from the spool alone."""
        try:
            laptop.sync_locked(*self._line(weather, later))
        except _REFUSED:
            self.enrol_again(laptop)
        except DeviceRevokedWaiting:
            return

    def enrol_again(self, laptop: FieldLaptop, scope: tuple[str, ...] = EVERYWHERE) -> None:
        """Give a laptop a new code, maybe for another area."""
        laptop.enrol_again(self.office.invite(scope))

    def do(self, what: str, laptop: FieldLaptop, pick: int) -> None:
        """Do one of the things during which a laptop may die."""
        work: dict[str, Callable[[], object]] = {
            "register": lambda: self.register(laptop, 2, twins=False),
            "correct": lambda: self.correct(laptop, pick),
            "attach": lambda: self.attach(laptop, pick),
            "sync": lambda: self.sync(laptop, FINE),
            "locked": lambda: self.sync_locked(laptop, FINE),
            "visit": lambda: self.visit_relay(laptop, FINE),
            "export": lambda: self.export(laptop),
            "restart": laptop.restart,
        }
        work[what]()

    def export(self, laptop: FieldLaptop) -> None:
        """Write what waits to a stick."""
        path = self.stage.folder / "keluar"
        path.unlink(missing_ok=True)
        laptop.does(partial(write_export, path=path))
        self.sticks.append(path.read_bytes())

    def carry(self, chosen: list[int], lost: int | None) -> None:
        """Let the office answer a stick with several exports, the end of which may be missing."""
        content = b"".join(self.sticks[pick % len(self.sticks)] for pick in chosen)
        frames = read_frames(content)
        frames = frames[: len(frames) - lost] if lost else frames
        with suppress(Unheard):
            said = self.office.answer(frames)
            self.replies.append(b"".join(frame.to_bytes() for frame in said))
            del self.replies[:-REPLIES_KEPT]

    def take_reply(self, laptop: FieldLaptop, pick: int) -> None:
        """Import a reply."""
        path = self.stage.folder / "masuk"
        path.write_bytes(self.replies[pick % len(self.replies)])
        try:
            read_reply(laptop.app, path)
        except DeviceRevoked:
            self._wiped(laptop)
        except (*_REFUSED, DeviceRevokedWaiting, ClockOff):
            return

    def replay(self, pick: int, order: random.Random) -> None:
        """Let the office hear a request again, its frames in some other order and number."""
        frames = self.office.requests[pick % len(self.office.requests)]
        if pick % 2:
            first, rest = frames[:1], [one for one in frames[1:] if one.kind == Kind.BATCH]
            frames = first + order.choices(rest, k=len(rest)) if rest else frames
        with suppress(Unheard):
            self.office.answer(frames)

    # Disks and people

    def in_service(self) -> set[bytes]:
        """Return the devices that are here and were never revoked."""
        return {laptop.device for laptop in self.laptops} - self.revoked

    def revoke(self, laptop: FieldLaptop) -> None:
        """Revoke a laptop."""
        self.revoked.add(laptop.device)
        self.office.revoke(laptop.device)

    def copy(self, laptop: FieldLaptop, *, told_apart: bool) -> None:
        """Copy a laptop's folder."""
        self.going_on[laptop.device] += not told_apart
        self.copies.mkdir(exist_ok=True)
        home, running_ms = self.copies / str(self._mark()), self._running_ms()
        self.laptops.append(laptop.copied(home, told_apart=told_apart, running_ms=running_ms))

    def roll_back(self, laptop: FieldLaptop) -> None:
        """Put the image of a laptop's disk back."""
        if laptop.image:
            self.going_on[laptop.device] += 1
            laptop.roll_back(laptop.image)
            self._mourn()

    def crowded(self) -> bool:
        """Tell whether three stores that never noticed one another went on under one branch.

        `docs/architecture.md` says who may then be there twice when the office is restored.
        """
        return any(others > 1 for others in self.going_on.values())

    def restore(self, *, old: bool) -> None:
        """Let the office go on from its backup; it has forgotten what it told whom since."""
        had = self._set_aside()
        self.office.restore(old=old)
        self.forgotten |= had - self._set_aside()
        self._mourn()

    def _set_aside(self) -> set[str]:
        """Return what the office was handed by revoked laptops."""
        return {mark for device in self.revoked for mark in self.office.set_aside(device)}

    def _wiped(self, laptop: FieldLaptop) -> None:
        """Expect no more what was wiped by an answer that the restored office does not know of.

        It was on its way, at a relay or on a stick: nobody there can tell.
        """
        self.laptops.remove(laptop)
        self.must -= self.forgotten - set(self.office.marks()) - self._set_aside()

    def _mourn(self) -> None:
        """Expect no more what no disk holds any longer."""
        held, photos = set(self.office.marks()), self.office.photos()
        for laptop in self.laptops:
            held |= laptop.marks()
            photos |= laptop.photos()
        self.must &= held
        self.photos &= photos

    # The end

    def settle(self) -> None:
        """Set clocks right, bring programs up to date, sync until nothing moves."""
        self.office.update()
        self.office.clock[0] = NOW_MS
        for laptop in self.laptops:
            laptop.watch.wall_ms, laptop.old = NOW_MS, False
        heard: dict[FieldLaptop, tuple[int, int, int]] = {}
        self.pass_on(FINE)
        self._sync_everybody(heard)
        self.pass_on(FINE)
        self.office.release_everything()
        self._sync_everybody(heard)

    def _sync_everybody(self, heard: dict[FieldLaptop, tuple[int, int, int]]) -> None:
        """Let everybody sync until each has synced since the office heard anything new."""
        for _ in range(ROUNDS):
            version = self.office.version()
            behind = [laptop for laptop in self.laptops if heard.get(laptop) != version]
            if not behind:
                return
            for laptop in behind:
                done = self.sync(laptop, FINE)
                heard[laptop] = self.office.version() if done else (0, 0, 0)
        raise AssertionError("it never settles")

    def compare(self) -> None:
        """Check that everything arrived once, and that every replica equals the office."""
        self.office.verify()
        compare_marks(self.office, self.must)
        compare_saves(self.office)
        states = self.office.states()
        compare_people(states, self.must)
        compare_corrections(self.office, states, self.about)
        # A revoked laptop is wiped once its records are handed over; its photos go with it.
        photos = set[str]() if self.revoked else self.photos
        compare_photos(self.office, self.laptops, states, photos)
        for laptop in self.laptops:
            visible = self.office.visible(laptop.device)
            here = {id_: state for id_, state in states.items() if id_ in visible}
            compare_replica(laptop.app, here)
        if self.laptops:
            faults = examine(self.laptops[0].app).faults
            assert faults == (), faults


def _write(app: App, record: Any, kind: str, values: Mapping[str, Any]) -> None:
    app.journal.write([Edit(record=record, type=kind, version=1, values=values)])


def _people(app: App) -> list[RecordState]:
    found = (state_of_document(document) for document in app.tables.records)
    return [state for state in found if state.type == "person"]
