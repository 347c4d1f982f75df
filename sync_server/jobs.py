"""Long work that the administrator begins on a page and can leave: comparing and folding anew.

One at a time, in a thread of the server. How far it is lies in memory: both kinds can be begun
again at any time, and do no harm where they are cut short.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from threading import Lock, Thread
from typing import Any

from shared_schema.errors import InputError, JemputError
from sync_server import auditing, rebuilding, rematching
from sync_server.accounts import Actor, Right, require
from sync_server.office import Office


class JobRunning(InputError):
    """Other work of this kind is under way. Wait until it is over, then begin again."""

    code = "JOB_RUNNING"
    http_status = 409


class JobUnknown(InputError):
    """There is no such work. Choose one that the page offers."""

    code = "JOB_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work and how far it is. `ended_ms` None while it goes on; `trouble`: why it failed."""

    kind: str
    by: str
    begun_ms: int
    done: int = 0
    total: int = 0
    ended_ms: int | None = None
    result: Mapping[str, Any] | None = None
    trouble: JemputError | None = None

    @property
    def percent(self) -> int:
        """How much of it is done."""
        return min(100 * self.done // self.total, 100) if self.total else 0


class Jobs:
    """The long work of one office."""

    def __init__(self, office: Office) -> None:
        """Begin with none."""
        self._office, self._lock = office, Lock()
        self._last: Job | None = None

    def last(self) -> Job | None:
        """Return the work that goes on, or ended last."""
        return self._last

    def begin(self, actor: Actor, kind: str) -> None:
        """Begin work and return at once. Raises RightMissing, JobUnknown, JobRunning."""
        require(actor, Right.USERS)
        if kind not in KINDS:
            raise JobUnknown
        with self._lock:
            if self._last is not None and self._last.ended_ms is None:
                raise JobRunning
            self._last = Job(kind=kind, by=actor.name, begun_ms=self._office.now_ms())
        with self._office.store.write() as connection:
            auditing.note(self._office, connection, actor, f"job-{kind}", "", {})
        Thread(target=self._work, args=(self._last,), daemon=True).start()

    def _work(self, job: Job) -> None:
        def tell(done: int, total: int) -> None:
            self._last = replace(job, done=done, total=total)

        result: Mapping[str, Any] | None = None
        trouble: JemputError | None = JemputError()
        try:
            result, trouble = KINDS[job.kind](self._office, tell), None
        except JemputError as error:
            trouble = error
        finally:  # whatever it was: work that never ends would keep out all that follows
            now_ms = self._office.now_ms()
            self._last = replace(self._last or job, ended_ms=now_ms, result=result, trouble=trouble)


Tell = Callable[[int, int], None]


def _rematch(office: Office, tell: Tell) -> dict[str, Any]:
    return asdict(rematching.rematch(office, registers=False, progress=tell))


def _rebuild(office: Office, tell: Tell) -> dict[str, Any]:
    return asdict(rebuilding.rebuild(office, tell))


KINDS: Mapping[str, Callable[[Office, Tell], dict[str, Any]]] = {
    "rematch": _rematch,
    "rebuild": _rebuild,
}
