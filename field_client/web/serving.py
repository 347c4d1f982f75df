"""The pages' own little web server: cheroot, on this laptop's loopback address and nowhere else.

Phones have a server of their own (`phones_line`), which listens once an officer asks for it.
"""

import gc
from threading import Thread

from cheroot.wsgi import Server
from flask import Flask

from field_client.web.desk import Desk
from field_client.web.errors import PortTaken
from field_client.web.pages import create_app
from field_client.web.phones_line import Sharing
from field_client.web.runner import Runner

HOST = "127.0.0.1"
_THREADS = 6
_HEADER_BYTES = 32 << 10
_SLOWEST_S = 30
_SHUTDOWN_S = 5


def prepare(
    desk: Desk,
    port: int,
    default_language: str,
    *,
    runner: Runner | None = None,
    sharing: Sharing | None = None,
    practice: bool = False,
) -> Server:
    """Return a server that holds its port already; 0 takes any free one. Raises PortTaken."""
    server = Server(
        (HOST, port),
        create_app(desk, default_language, runner=runner, sharing=sharing, practice=practice),
        numthreads=_THREADS,
        server_name="jemput",
        timeout=_SLOWEST_S,
        shutdown_timeout=_SHUTDOWN_S,
    )
    server.max_request_header_size = _HEADER_BYTES
    try:
        server.prepare()
    except OSError as error:
        raise PortTaken(port=port, reason=error.strerror or error) from error
    return server


def warm_up(server: Server) -> None:
    """Compile every template beside the unlocking, so that no page's first view waits for it."""
    pages: Flask = server.wsgi_app
    Thread(target=make_ready, args=(pages,), daemon=True).start()


def make_ready(pages: Flask) -> None:
    """Compile every template, and have what is there by now left alone by the collector."""
    for name in pages.jinja_env.list_templates(extensions=("html",)):
        pages.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()  # what was made so far stays; no page has to look through it again


def address(server: Server) -> str:
    """Return where the pages are."""
    return f"http://{HOST}:{server.bind_addr[1]}/"
