"""A backup made behind the pages: nobody waits for it, and whoever locks ends it."""

import sys
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from field_client.backups import back_up
from field_client.errors import StoreLocked
from field_client.opened import App
from field_client.vault.container import Manifest, require_new
from field_client.web.desk import Desk
from field_client.web.errors import FolderMissing
from shared_schema.errors import JemputError

_MOUNTS = ("/media", "/run/media", "/Volumes", "/mnt")
_LETTERS = "DEFGHIJKLMNOP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Where the backup stands. ``share``: from 0 to 1. ``manifest``: what is in it, once whole."""

    path: Path | None = None
    share: float = 0.0
    running: bool = False
    manifest: Manifest | None = None
    error: JemputError | None = None


@dataclass(slots=True)
class Copies:
    """At most one backup at a time behind the pages of one desk."""

    desk: Desk
    _copy: Copy = field(default_factory=Copy)
    _thread: threading.Thread | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def copy(self) -> Copy:
        """Where it stands now."""
        with self._turn:
            alive = self._thread is not None and self._thread.is_alive()
            return replace(self._copy, running=self._copy.running and alive)

    def start(self, path: Path) -> bool:
        """Begin a backup into ``path``, unless one is under way; return whether it began.

        Raises BackupExists, FolderMissing.
        """
        if not path.parent.is_dir():
            raise FolderMissing(folder=path.parent)
        require_new(path)
        with self._turn:
            if self._thread is not None and self._thread.is_alive():
                return False
            self._copy = Copy(path=path, running=True)
            self._thread = threading.Thread(target=self._run, args=(path,), daemon=True)
            self._thread.start()
            return True

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until nothing is under way."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, path: Path) -> None:
        try:
            with self.desk.borrow() as app:
                self._put(manifest=back_up(app, path, self._progress), share=1.0)
        except JemputError as error:
            self._put(error=error.with_traceback(None))
        finally:
            self._put(running=False)

    def _progress(self, share: float) -> None:
        if self.desk.closing:
            raise StoreLocked
        self._put(share=share)

    def _put(self, **values: object) -> None:
        with self._turn:
            self._copy = replace(self._copy, **values)  # type: ignore[arg-type]


def file_name(app: App) -> str:
    """Return what a backup of this laptop made now is called."""
    made = datetime.fromtimestamp(app.journal.evidence().best_ms() / 1000, tz=UTC)
    return f"jemput-{app.device_keys.device.hex()[:8]}-{made:%Y%m%d-%H%M%S}.backup"


def sticks() -> list[str]:
    """Return the folders of sticks and other drives that are plugged in, as far as can be told."""
    if sys.platform == "win32":
        drives = (Path(f"{letter}:\\") for letter in _LETTERS)
        return [str(drive) for drive in drives if drive.is_dir()]
    return sorted({str(place) for mount in _MOUNTS for place in _mounted(Path(mount))})


def _mounted(mount: Path) -> list[Path]:
    """Return what is mounted in a folder, or in the folder of each user in it."""
    try:
        inside = [one for one in mount.iterdir() if one.is_dir()]
        deeper = [one for user in inside if not user.is_mount() for one in user.iterdir()]
    except OSError:
        return []
    return [one for one in (*inside, *deeper) if one.is_mount()]
