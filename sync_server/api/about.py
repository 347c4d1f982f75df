"""``GET /v1/about`` and ``GET /healthz``: who this server is, and whether it works."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from shared_schema.messages import PROTOCOL
from shared_schema.records import RECORD_TYPES
from shared_schema.wire import CODECS
from sync_server.office import Office
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact


def blueprint(office: Office) -> Blueprint:
    """Return both routes."""
    api = Blueprint("about", __name__)

    @api.get("/v1/about")
    def about() -> Response:
        return jsonify(description(office))

    @api.get("/healthz")
    def health() -> Response:
        with office.store.read() as connection:
            connection.execute(text("SELECT 1 FROM meta LIMIT 1"))
        return jsonify({"status": "ok"})

    return api


def description(office: Office) -> dict[str, object]:
    """Return what a device needs to know before it seals: versions, codecs, keys and time."""
    with office.store.read() as connection:
        epoch = int(facts.need(connection, Fact.EPOCH))
        region, name = facts.need(connection, Fact.REGION), facts.need(connection, Fact.NAME)
        timezone = facts.need(connection, Fact.TIMEZONE)
    return {
        "region": region,
        "name": name,
        "timezone": timezone,
        "server": office.keys.server.hex(),
        "epoch": epoch,
        "protocol": PROTOCOL,
        "types": {name: rtype.version for name, rtype in RECORD_TYPES.items()},
        "codecs": sorted(CODECS),
        "signing": office.keys.signing_public.hex(),
        "sealing": office.keys.sealing_public.hex(),
        "server_ms": office.now_ms(),
    }
