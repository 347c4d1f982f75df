"""`web`: the officer's pages in a browser on this laptop."""

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from field_client.commands.unlocking import PACKAGE
from field_client.config import load_config
from field_client.vault.keys import require_not_wiped
from shared_schema.console import emit, language, output_options, text

if TYPE_CHECKING:
    from cheroot.wsgi import Server


@click.command
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8801,
    show_default=True,
    help="Where the pages answer on this laptop; 0 takes any free port.",
)
@click.option("--practice", is_flag=True, help="A village that does not exist, to practise in.")
@output_options
def web(port: int, *, practice: bool) -> None:
    """Show the officer's pages in a browser on this laptop, until stopped (Ctrl-C).

    They answer on this laptop only, until an officer shares them with phones there. They are
    unlocked with the passphrase, and lock after five idle minutes. What waits is sealed first, so
    that a locked laptop still syncs.

    Where there is no store yet they enrol this laptop, or restore a backup.

    Practice has a store of its own beside the real one, and nothing of it is ever sent.
    """
    # Flask and cheroot take longer to load than other commands to run.
    from field_client.web import serving  # noqa: PLC0415
    from field_client.web.desk import Desk  # noqa: PLC0415
    from field_client.web.phones_line import Sharing  # noqa: PLC0415
    from field_client.web.runner import Runner  # noqa: PLC0415

    home = _practice() if practice else load_config().home
    require_not_wiped(home)
    desk, stopped = Desk(home=home), threading.Event()
    runner, sharing = Runner(desk=desk), Sharing(desk=desk)
    server = serving.prepare(
        desk, port, language(), runner=runner, sharing=sharing, practice=practice
    )
    watcher = threading.Thread(target=desk.watch, args=(stopped,))
    stopper = threading.Thread(target=_stop_when, args=(stopped, server))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _signal, _frame: stopped.set())
    url = serving.address(server)
    emit({"url": url}, lambda: text(PACKAGE)("The pages are at {url}").format(url=url))
    sys.stdout.flush()
    serving.warm_up(server)
    watcher.start()
    stopper.start()
    try:
        server.serve()
    finally:
        sharing.stop()
        runner.pause()
        stopped.set()
        stopper.join()
        watcher.join()
        runner.join()


def _practice() -> Path:
    """Return the folder to practise in, furnished."""
    from field_client.web import practice  # noqa: PLC0415 - nobody else needs it

    home = practice.practice_home(load_config().home)
    practice.prepare(home)
    return home


def _stop_when(stopped: threading.Event, server: "Server") -> None:
    """Wait for the word of a signal: a handler that raised could leave a connection to nobody."""
    stopped.wait()
    server.stop()
