"""What is sent a moment too late: held in memory, and carried out once its sender is back.

Whoever typed for longer than the pages stay open presses *Save* on a store that is closed. The
form waits for the PIN, or the passphrase of the same operator in the same browser: one form of
each browser, of those rooms only in which something is typed, never on the disk. It is gone after
`HELD_S`, with a lock that somebody asked for, and when anybody else unlocks.
"""

import threading
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, redirect, request, url_for
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.test import EnvironBuilder, stream_encode_multipart
from werkzeug.wrappers import Response

from field_client.web.desk import Desk
from field_client.web.visitors import Guest, Held, Visitors

HELD_S = 600.0
HELD_BYTES = 16 << 20
ROOMS = frozenset({"forming", "visiting", "points", "outages", "stock", "attention"})
_FORM_KEY = "form_key"
_SAME_LINE = ("SERVER_NAME", "SERVER_PORT", "HTTP_HOST", "REMOTE_ADDR", "wsgi.url_scheme")
_FORM = "/form/"


def hold(desk: Desk, visitors: Visitors, token: str) -> None:
    """Hold the form at hand, where it may be held: it was shown while the store was open.

    A field that is told of beside the tap on *Save* does not take the place of what was saved.
    """
    guest, size = visitors.here, request.content_length
    given = request.form.get(_FORM_KEY, "")
    if request.blueprint not in ROOMS or size is None or not visitors.is_from_inside(token, given):
        return
    whole = guest.held is not None and not guest.held.after
    if size > HELD_BYTES or (_is_of_one_field() and whole and waits(desk, guest)):
        return
    form = MultiDict(request.form)
    form.pop(_FORM_KEY, None)
    guest.let_go()
    guest.held = Held(
        path=request.full_path,
        at_s=desk.clock(),
        form=form,
        files=MultiDict((name, _copied(file)) for name, file in request.files.items(multi=True)),
        after=_page_at_hand() if _is_of_one_field() else "",
        end=_timer(guest),
    )


def waits(desk: Desk, guest: Guest) -> bool:
    """Tell whether something is held for a browser, and not for too long."""
    return guest.held is not None and desk.clock() - guest.held.at_s < HELD_S


def taken(desk: Desk, guest: Guest) -> Held | None:
    """Return what is held for a browser, which holds it no longer; None where it is too late."""
    on_time, found = waits(desk, guest), guest.let_go()
    return found if on_time else None


def carried_out(visitors: Visitors, found: Held, token: str, environ_mark: str = "") -> Response:
    """Carry out what was held for a browser that is back under the cookie ``token``.

    Returns the answer to it. ``environ_mark``: what marks a phone's requests, where this is one.
    """
    environ = _environ(found, token, visitors.form_key(token), environ_mark)
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    with app.app_context(), app.request_context(environ):
        answer = app.full_dispatch_request()
    if found.after:
        return redirect(found.after, 303)
    if answer.status_code == 303:
        return redirect(answer.location, 303)
    return Response(answer.get_data(), answer.status_code, mimetype=answer.mimetype)


def _environ(found: Held, token: str, form_key: str, environ_mark: str) -> dict[str, object]:
    """Return the request that is held as it would come from who is let in now."""
    cookies = {**request.cookies, g.cookie_name: token}
    headers = Headers({"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})
    if found.after:
        headers["HX-Request"] = "true"
    form = MultiDict([*found.form.items(multi=True), (_FORM_KEY, form_key)])
    built = EnvironBuilder(path=found.path, method="POST", headers=headers, **_body(form, found))
    try:
        line = {name: request.environ[name] for name in _SAME_LINE if name in request.environ}
        marked = {environ_mark: request.environ[environ_mark]} if environ_mark else {}
        return {**built.get_environ(), **line, **marked}
    finally:
        built.close()


def _body(form: MultiDict[str, str], found: Held) -> dict[str, Any]:
    """Return a form's body, made in memory: a file may be large, and never lies on the disk."""
    if not found.files:
        return {"data": form}
    parts: MultiDict[str, Any] = MultiDict(form)
    parts.update(found.files)
    stream, size, boundary = stream_encode_multipart(parts, use_tempfile=False)
    said = f'multipart/form-data; boundary="{boundary}"'
    return {"input_stream": stream, "content_length": size, "content_type": said}


def _copied(file: FileStorage) -> FileStorage:
    """Return a file that outlives its request."""
    content = BytesIO(file.read())
    return FileStorage(content, file.filename, file.name, file.content_type)


def _is_of_one_field() -> bool:
    return request.headers.get("HX-Request") == "true"


def _page_at_hand() -> str:
    """Return the page of a form whose field was left, else the list of drafts."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    return path if path.startswith(_FORM) else url_for("reading.records", state="draft")


def _timer(guest: Guest) -> threading.Timer:
    """Return what lets go of the form that is held from now on, begun."""
    timer = threading.Timer(HELD_S, guest.let_go)
    timer.daemon = True
    timer.start()
    return timer
