"""``relay``: hold what teams send while the line to the office is down, and pass it on."""

import random
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import click

from shared_schema.console import emit, output_options, report, screen_width, text
from shared_schema.display import iso_time, local_time, pairs, table
from shared_schema.errors import JemputError
from sync_server.app_relay import begin_relay, open_relay
from sync_server.commands.opening import PACKAGE
from sync_server.config import load_config
from sync_server.relay.line import Lines
from sync_server.relay.pacing import Pacer
from sync_server.relay.relay import Fact, Relay, fact
from sync_server.relay.status import status as status_of
from sync_server.relay.upstream import Upstream

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHUTDOWN_S = 5.0
_KILO = 1000


@click.command()
@click.option("--upstream", default="", help="Address of the office; kept for the next start.")
@click.option("--code", default="", help="The first time: what `device enrol --relay` printed.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8810, show_default=True, type=click.IntRange(0, 65535))
@click.option("--tls", is_flag=True, help="Protect the line by a certificate of the relay's own.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain, PEM.")
@click.option("--tls-key", type=_FILE, help="Key of the certificate, PEM.")
@click.option("--status", is_flag=True, help="Say what is held and for whom, and end.")
@output_options
def relay(*, status: bool, upstream: str, code: str, **listening: Any) -> None:
    """Hold what teams send, pass it on to the office, and keep its answers for them.

    Nothing that is held can be opened here.
    """
    if status:
        _show(open_relay(load_config()))
        return
    opened = begin_relay(load_config(), code, upstream)
    _serve(opened, **listening)


def _serve(
    opened: Relay, *, host: str, port: int, tls: bool, tls_cert: Path | None, tls_key: Path | None
) -> None:
    # Flask and cheroot take longer to load than other commands to run.
    from sync_server.api import relaying, serving, stopping  # noqa: PLC0415

    if (tls_cert is None) != (tls_key is None):
        raise serving.TlsFilesInvalid(reason="--tls-cert, --tls-key")
    files = (tls_cert, tls_key) if tls_cert and tls_key else None
    pacer = _pacer(opened)
    place = serving.Listening(host=host, port=port, tls=files, protected=tls)
    server = relaying.prepare(opened, pacer.arrived.set, place)
    forwarding = Thread(target=pacer.run, daemon=True)
    forwarding.start()
    told = stopping.listen()
    url = serving.address(server)
    emit({"url": url}, lambda: text(PACKAGE)("Relaying at {url}").format(url=url))
    sys.stdout.flush()
    try:
        stopping.serve(server, told)
    finally:
        pacer.end()
        forwarding.join(_SHUTDOWN_S)
        opened.store.close()


def _pacer(opened: Relay) -> Pacer:
    with opened.store.read() as connection:
        url, signing = fact(connection, Fact.UPSTREAM), fact(connection, Fact.SIGNING)
    return Pacer(
        relay=opened,
        transport=Upstream(url=url, lines=Lines(signing=bytes.fromhex(signing))),
        draw=random.random,
        report=_complain,
    )


def _complain(error: JemputError) -> None:
    report(error, PACKAGE, level="warning")


def _show(opened: Relay) -> None:
    found = status_of(opened)
    devices = [
        {
            "id": one.device,
            "label": one.label,
            "known": one.known,
            "revoked": one.revoked,
            "batches": one.batches,
            "changes": one.changes,
            "chunks": one.chunks,
            "bytes": one.size,
            "oldest": iso_time(one.oldest_ms),
            "replies": one.replies,
            "reply_bytes": one.reply_size,
            "last_seen": iso_time(one.seen_ms),
        }
        for one in found.devices
    ]
    summed = {name: sum(row[name] for row in devices) for name in _SUMMED}  # type: ignore[misc]
    document = {
        "relay": found.relay,
        "label": found.label,
        "upstream": found.upstream,
        "until": iso_time(found.until_ms),
        "last_contact": iso_time(found.heard_ms),
        "revoked": found.revoked,
        "trouble": found.trouble or None,
        **summed,
        "oldest": min((row["oldest"] for row in devices if row["oldest"]), default=None),
        "devices": devices,
    }
    emit(document, lambda: _screen(document))


def _screen(document: dict[str, Any]) -> str:
    texts = text(PACKAGE)
    never = texts("never")
    lines = pairs(
        [
            (texts("Relay"), f"{document['label']} ({document['relay']})"),
            (texts("Office"), document["upstream"]),
            (texts("Last answer of the office"), _time(document["last_contact"]) or never),
            (texts("Trouble"), document["trouble"] or texts("none")),
            (texts("Batches held"), str(document["batches"])),
            (texts("Bytes held"), str(document["bytes"])),
            (texts("Oldest since"), _time(document["oldest"]) or texts("nothing waits")),
        ]
    )
    headers = [texts(word) for word in _HEADERS]
    rows = [
        [
            row["id"],
            row["label"] or texts("not named by the office"),
            str(row["batches"]),
            str(row["chunks"]),
            str(-(-row["bytes"] // _KILO)),
            _time(row["oldest"]),
            str(row["replies"]),
            _time(row["last_seen"]),
        ]
        for row in document["devices"]
    ]
    return "\n".join([lines, "", table(headers, rows, width=screen_width())]) if rows else lines


def _time(iso: str | None) -> str:
    """Return a time as it stands on this computer's clock."""
    return local_time(iso, None) if iso else ""


_SUMMED = ("batches", "changes", "chunks", "bytes", "replies", "reply_bytes")
_HEADERS = ("ID", "Label", "Batches", "Photo parts", "kB", "Oldest", "Answers", "Last here")

COMMANDS = (relay,)
