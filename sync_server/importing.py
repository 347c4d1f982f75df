"""Registers brought in through pages and API: uploaded, tried dry, imported, left and returned to.

Each upload has a folder of its own beside the photos: the file, how far it came, the lines that
were rejected. A run is a thread of the server. One that a restart cut short says so and can be
begun again: what is in already is then unchanged. The file itself goes once it is imported, all of
it after a week.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from uuid import UUID, uuid4

from shared_schema.canonical import decode, encode
from shared_schema.clock import DAY_MS
from shared_schema.errors import AccessError, InputError, JemputError
from shared_schema.i18n import LANGUAGES, translator
from sync_server import auditing, register_file, rejections
from sync_server.accounts import Actor, Right, require
from sync_server.keys import write_durably
from sync_server.office import Office
from sync_server.register_file import RegisterColumns
from sync_server.registry import (
    Import,
    Outcome,
    Source,
    import_register,
    import_status,
    source_of,
)

_KEPT_MS = 7 * DAY_MS
_STATE, _REJECTED, _TABLE = "state.json", "rejected.json", "table"
_MODE = 0o600


class ImportUnknown(InputError):
    """There is no such import, or it is over a week old. Look at the list of imports."""

    code = "IMPORT_UNKNOWN"
    http_status = 404


class ImportRunning(InputError):
    """An import is running. Wait until it is over, then try again."""

    code = "IMPORT_RUNNING"
    http_status = 409


class ImportOver(InputError):
    """The file was imported and is no longer kept. Upload it again to import it once more."""

    code = "IMPORT_OVER"
    http_status = 409


class ImportFileMissing(InputError):
    """No file came with the form. Choose a CSV or Excel file, then upload it."""

    code = "IMPORT_FILE_MISSING"


class ColumnTwice(InputError):
    """Two columns are said to be {field}. Choose one of them and leave the other unused."""

    code = "COLUMN_TWICE"


class WholeRegencyOnly(AccessError):
    """Your area is a part of the regency, and an import concerns all of it. Ask somebody else."""

    code = "WHOLE_REGENCY_ONLY"


class Step(StrEnum):
    """How far an upload came."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    INTERRUPTED = "interrupted"
    DONE = "done"
    FAILED = "failed"


_UNDER_WAY = (Step.CHECKING, Step.IMPORTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file and how far it came. `look`: its header, the field of each column, its first lines.

    `result`: what the last run told. `trouble`: why it failed: code, and message by language.
    """

    id: UUID
    kind: Source
    name: str
    by: str
    uploaded_ms: int
    look: Mapping[str, Any]
    step: Step = Step.UPLOADED
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    lines: int = 0
    total: int = 0
    ended_ms: int | None = None
    result: Mapping[str, Any] | None = None
    trouble: Mapping[str, str] | None = None


def require_import(actor: Actor) -> None:
    """Raise RightMissing or WholeRegencyOnly for a user who may not bring a register in."""
    require(actor, Right.IMPORT)
    if actor.area:
        raise WholeRegencyOnly


class Imports:
    """The uploads of one office, and the one run that is under way."""

    def __init__(self, office: Office) -> None:
        """Begin with what lies in the folder."""
        self._office, self._lock = office, Lock()
        self._folder = office.photos.with_name("imports")
        self._live: dict[UUID, Upload] = {}

    def add(self, actor: Actor, kind: Source, name: str, save: Callable[[Path], object]) -> Upload:
        """Keep a file that ``save`` writes; look at its header.

        Raises RegisterUnreadable (the file is not kept), DatabaseFailed.
        """
        made = uuid4()
        folder = self._folder / str(made)
        folder.mkdir(parents=True, mode=0o700)
        try:
            save(folder / _TABLE)
            (folder / _TABLE).chmod(_MODE)
            upload = Upload(
                id=made,
                kind=kind,
                name=name,
                by=actor.operator,
                uploaded_ms=self._office.now_ms(),
                look=self._look(made, name, kind, {}, None),
            )
        except BaseException:
            shutil.rmtree(folder)
            raise
        self._keep(upload)
        self._note(actor, "import-upload", upload, {})
        return upload

    def listed(self) -> list[Upload]:
        """Return every upload, the newest first; those of more than a week ago go."""
        now_ms, found = self._office.now_ms(), []
        for folder in self._folder.glob("*"):
            upload = self._stored(UUID(folder.name))
            if now_ms - upload.uploaded_ms > _KEPT_MS and upload.id not in self._live:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                found.append(upload)
        return sorted(found, key=lambda one: (-one.uploaded_ms, one.id))

    def get(self, wanted: UUID) -> Upload:
        """Return an upload as it is now. Raises ImportUnknown."""
        return self._stored(wanted)

    def rejected(self, wanted: UUID) -> list[dict[str, Any]]:
        """Return the lines that the last run rejected, in order. Raises ImportUnknown."""
        self._stored(wanted)
        path = self._folder / str(wanted) / _REJECTED
        found: list[dict[str, Any]] = decode(path.read_bytes()) if path.is_file() else []
        return found

    def remove(self, actor: Actor, wanted: UUID) -> None:
        """Forget an upload; what was imported stays. Raises ImportUnknown, ImportRunning."""
        with self._lock:
            upload = self._idle(wanted)
            shutil.rmtree(self._folder / str(wanted))
        self._note(actor, "import-remove", upload, {})

    def look(self, wanted: UUID, mapping: Mapping[str, str], sheet: str | None) -> Upload:
        """Look at a file again, with another map or on another sheet.

        Raises ImportUnknown, ImportRunning, ImportOver, RegisterMapInvalid, SheetUnknown.
        """
        with self._lock:
            upload = self._open(wanted)
            look = self._look(wanted, upload.name, upload.kind, mapping, sheet)
            upload = replace(
                upload, step=Step.UPLOADED, mapping=mapping, sheet=sheet, look=look, result=None
            )
            self._keep(upload)
        return upload

    def run(self, actor: Actor, wanted: UUID, *, dry_run: bool) -> Upload:
        """Begin a run with the map and sheet as they are, and return at once.

        Raises ImportUnknown, ImportRunning, ImportOver, RegisterColumns.
        """
        with self._lock:
            upload = self._open(wanted)
            if self._live:
                raise ImportRunning
            for name in upload.look["missing"]:
                raise RegisterColumns(file=upload.name, field=name)
            step = Step.CHECKING if dry_run else Step.IMPORTING
            upload = replace(upload, step=step, lines=0, total=0, result=None, trouble=None)
            self._keep(upload)
            self._note(actor, "import-check" if dry_run else "import", upload, {})
            self._live[wanted] = upload
        Thread(target=self._work, args=(actor, upload), daemon=True).start()
        return upload

    def _work(self, actor: Actor, upload: Upload) -> None:
        try:
            done = self._done(actor, upload)
            self._keep(done)
            if done.step is Step.DONE:
                (self._folder / str(upload.id) / _TABLE).unlink(missing_ok=True)
        finally:
            del self._live[upload.id]

    def _done(self, actor: Actor, upload: Upload) -> Upload:
        dry_run = upload.step is Step.CHECKING
        job = Import(
            file=self._folder / str(upload.id) / _TABLE,
            operator=actor.operator,
            mapping=upload.mapping,
            sheet=upload.sheet,
            dry_run=dry_run,
            progress=lambda lines, total: self._tell(upload, lines, total),
        )
        work = import_register if upload.kind is Source.REGISTER else import_status
        try:
            outcome = work(self._office, job)
        except JemputError as error:
            told = _trouble(error, upload.name)
            return replace(upload, step=Step.FAILED, trouble=told, **self._ended(upload))
        lines = encode([rejections.document(one) for one in outcome.rejected])
        write_durably(self._folder / str(upload.id) / _REJECTED, lines, mode=_MODE)
        result = _result(outcome)
        if not dry_run:
            self._note(actor, "import-done", upload, result["counts"])
        step = Step.CHECKED if dry_run else Step.DONE
        return replace(upload, step=step, result=result, **self._ended(upload))

    def _ended(self, upload: Upload) -> dict[str, Any]:
        live = self._live[upload.id]
        return {"ended_ms": self._office.now_ms(), "lines": live.lines, "total": live.total}

    def _tell(self, upload: Upload, lines: int, total: int) -> None:
        self._live[upload.id] = replace(upload, lines=lines, total=max(lines, total))

    def _open(self, wanted: UUID) -> Upload:
        upload = self._idle(wanted)
        if upload.step is Step.DONE:
            raise ImportOver
        return upload

    def _idle(self, wanted: UUID) -> Upload:
        if wanted in self._live:
            raise ImportRunning
        return self._stored(wanted)

    def _stored(self, wanted: UUID) -> Upload:
        live = self._live.get(wanted)
        if live is not None:
            return live
        path = self._folder / str(wanted) / _STATE
        if not path.is_file():
            raise ImportUnknown
        kept = decode(path.read_bytes())
        step = Step(kept["step"])
        if step in _UNDER_WAY:
            step = Step.INTERRUPTED
        known = {"id": wanted, "kind": Source(kept["kind"]), "step": step}
        return Upload(**{**kept, **known})

    def _keep(self, upload: Upload) -> None:
        kept = {**asdict(upload), "id": str(upload.id)}
        write_durably(self._folder / str(upload.id) / _STATE, encode(kept), mode=_MODE)

    def _look(
        self, wanted: UUID, name: str, kind: Source, mapping: Mapping[str, str], sheet: str | None
    ) -> dict[str, Any]:
        file = self._folder / str(wanted) / _TABLE
        try:
            found = register_file.look(source_of(file, kind, mapping, sheet))
        except JemputError as error:
            error.details["file"] = name
            raise
        used = [one for one in mapping.values() if one]
        for one in {one for one in used if used.count(one) > 1}:
            raise ColumnTwice(field=one)
        return {**asdict(found), "samples": [list(one) for one in found.samples]}

    def _note(self, actor: Actor, action: str, upload: Upload, detail: Mapping[str, Any]) -> None:
        told = {"kind": upload.kind.value, **detail}
        with self._office.store.write() as connection:
            auditing.note(self._office, connection, actor, action, str(upload.id), told)


def _trouble(error: JemputError, name: str) -> dict[str, str]:
    if "file" in error.details:
        error.details["file"] = name
    told = {lang: error.message(translator("sync_server", lang)) for lang in LANGUAGES}
    return {"code": error.code, **told}


def _result(outcome: Outcome) -> dict[str, Any]:
    figures = outcome.as_dict()
    rejected: Sequence[Any] = figures.pop("rejected")
    return {
        "counts": {**figures, "rejected": len(rejected), "found": outcome.found},
        "fields": dict(sorted(outcome.fields.items())),
        "absent": [str(one) for one in outcome.absent],
        "differences": [
            {
                "line": one.line,
                "record": str(one.record),
                "fields": {name: [a, b] for name, (a, b) in one.values.items()},
            }
            for one in outcome.differences
        ],
    }
