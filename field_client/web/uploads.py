"""Files that a page brings: read in memory, never laid on the disk as they came.

A photo fresh from a camera is nobody's but the officer's; werkzeug would put what is large into a
temporary file, in the clear. Large requests are taken only where a page asks for a file.

A browser forgets the file of a form that comes back with an error. A photo that was read is kept
for that form, in memory and with the open store: it goes when that is closed.
"""

import secrets
from io import BytesIO
from typing import IO, Any
from weakref import WeakKeyDictionary

from flask import Request, request

from field_client.journal import Journal
from field_client.opened import App
from shared_schema.errors import InputError

_ROOM_BYTES = 1 << 20
PHOTO_BYTES = (64 << 20) + _ROOM_BYTES
STICK_BYTES = (128 << 20) + _ROOM_BYTES
LIMITS = {
    "outages.report": PHOTO_BYTES,
    "outages.attach": PHOTO_BYTES,
    "syncing.take_in": STICK_BYTES,
}
_NAME_BYTES = 16
_MOST_KEPT = 4
_KEPT: WeakKeyDictionary[Journal, dict[str, Any]] = WeakKeyDictionary()


class FileNotChosen(InputError):
    """No file was chosen. Choose one, then send the form again."""

    code = "FILE_NOT_CHOSEN"


class PagesRequest(Request):
    """A request whose files stay in memory."""

    def _get_file_stream(self, *_args: Any, **_more: Any) -> IO[bytes]:
        return BytesIO()


def allow() -> None:
    """Let the request at hand be as large as its page needs; ask before its form is read."""
    limit = LIMITS.get(request.endpoint or "")
    if limit is not None:
        request.max_content_length = limit


def given(name: str) -> bytes | None:
    """Return the file that the form brought, None for none or an empty one."""
    file = request.files.get(name)
    return (file.read() or None) if file is not None else None


def required(name: str) -> bytes:
    """Return the file that the form brought. Raises FileNotChosen."""
    content = given(name)
    if content is None:
        raise FileNotChosen
    return content


def keep(app: App, photo: Any) -> str:
    """Keep a photo for a form that comes back; return its name. The last few are kept."""
    kept = _KEPT.setdefault(app.journal, {})
    name = secrets.token_urlsafe(_NAME_BYTES)
    kept[name] = photo
    for oldest in list(kept)[:-_MOST_KEPT]:
        del kept[oldest]
    return name


def kept(app: App, name: str) -> Any:
    """Return a photo that was kept, None where it is there no more."""
    return _KEPT.get(app.journal, {}).get(name)


def drop(app: App, name: str) -> None:
    """Keep a photo no longer; its form was saved."""
    _KEPT.get(app.journal, {}).pop(name, None)
