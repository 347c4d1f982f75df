"""The HTTP side of a relay: the same route as an office's, answered by what is held here."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from cheroot.wsgi import Server
from flask import Blueprint, Flask, Response, jsonify

from shared_schema.messages import PROTOCOL
from sync_server.api import errors, exchange, serving
from sync_server.api.doorkeeper import Doorkeeper
from sync_server.relay import holding
from sync_server.relay.errors import CodeMissing, RelayUnready
from sync_server.relay.relay import Relay


def prepare(relay: Relay, arrived: Callable[[], None], listening: serving.Listening) -> Server:
    """Return a server that already holds its address. ``arrived``: called behind each section.

    Raises AddressInUse, TlsFilesInvalid.
    """
    doorkeeper = Doorkeeper(serving.EXCHANGES_AT_ONCE)
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(_about(relay))
    app.register_blueprint(exchange.blueprint(by_relay(relay, arrived), doorkeeper))
    errors.install(app)
    vouched = replace(listening, word=partial(_word, relay))
    return serving.listen(app, doorkeeper, relay.keys, vouched)


def _word(relay: Relay) -> bytes:
    """Return the office's word for this relay, nothing while it has none."""
    with suppress(RelayUnready, CodeMissing), relay.store.read() as connection:
        return relay.certificate(connection)[0]
    return b""


def by_relay(relay: Relay, arrived: Callable[[], None]) -> exchange.Answering:
    """Return how a relay answers."""
    return exchange.Answering(
        open=partial(holding.open_section, relay),
        answer=lambda frames, opening: holding.converse(relay, frames, opening, [], arrived),
    )


def _about(relay: Relay) -> Blueprint:
    api = Blueprint("about", __name__)

    @api.get("/v1/about")
    def about() -> Response:
        with relay.store.read() as connection:
            server = relay.server(connection).hex()
        return jsonify(
            {
                "relay": relay.keys.id.hex(),
                "server": server,
                "protocol": PROTOCOL,
                "server_ms": relay.now_ms(),
            }
        )

    @api.get("/healthz")
    def health() -> Response:
        with relay.store.read() as connection:
            relay.server(connection)
        return jsonify({"status": "ok"})

    return api
