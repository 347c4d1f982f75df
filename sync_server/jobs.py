"""Long work that is begun on a page and can be left: comparing and folding anew, and checking.

One at a time, in a thread of the server. How far it is lies in memory: each kind can be begun
again at any time, and does no harm where it is cut short.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from threading import Lock, Thread
from typing import Any

from shared_schema.errors import InputError, JemputError
from sync_server import auditing, rebuilding, rematching
from sync_server.accounts import Actor, Right, require
from sync_server.office import Office
from sync_server.store.queries import audit


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
    """The long work of one office, of the kinds that a page offers to who has a right."""

    def __init__(
        self, office: Office, kinds: "Mapping[str, Work] | None" = None, right: Right = Right.USERS
    ) -> None:
        """Begin with none; the kinds are the administrator's unless others are given."""
        self._office, self._lock = office, Lock()
        self._kinds, self._right = KINDS if kinds is None else kinds, right
        self._last: Job | None = None

    def last(self) -> Job | None:
        """Return the work that goes on, or ended last."""
        return self._last

    def begin(self, actor: Actor, kind: str) -> None:
        """Begin work and return at once. Raises RightMissing, JobUnknown, JobRunning."""
        require(actor, self._right)
        if kind not in self._kinds:
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
            result, trouble = self._kinds[job.kind](self._office, tell), None
        except JemputError as error:
            trouble = error
        finally:  # whatever it was: work that never ends would keep out all that follows
            now_ms = self._office.now_ms()
            self._last = replace(self._last or job, ended_ms=now_ms, result=result, trouble=trouble)


Tell = Callable[[int, int], None]
Work = Callable[[Office, Tell], dict[str, Any]]


def _rematch(office: Office, tell: Tell) -> dict[str, Any]:
    return asdict(rematching.rematch(office, registers=False, progress=tell))


def _rebuild(office: Office, tell: Tell) -> dict[str, Any]:
    return asdict(rebuilding.rebuild(office, tell))


def _check_audit(office: Office, tell: Tell) -> dict[str, Any]:
    with office.store.read() as connection:
        entries = audit.check(connection, tell)
        return {"entries": entries, "head": audit.head(connection)[1].hex()}


KINDS: Mapping[str, Work] = {"rematch": _rematch, "rebuild": _rebuild}
CHECKS: Mapping[str, Work] = {"audit": _check_audit}
