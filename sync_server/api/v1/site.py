"""The JSON API put together, and its OpenAPI document at /api/v1/openapi.json."""

from collections.abc import Collection

from flask import Flask
from flask_smorest import Api, Blueprint

from sync_server.api.v1 import (
    claiming,
    correcting,
    counting,
    door,
    importing,
    listing,
    reading,
    reconciling,
    supplying,
)
from sync_server.importing import Imports
from sync_server.office import Office

PREFIX = "/api/v1"
_VERSION = "1"
_SETTINGS = {
    "API_TITLE": "Jemput",
    "API_VERSION": _VERSION,
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": PREFIX,
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": "What supervisors can do on the pages, for programs."},
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    },
}


class Documented(Api):
    """The library's API, which leaves errors to ours: other routes of the server have their own."""

    def _register_error_handlers(self) -> None:
        """Register none."""


def install(app: Flask, office: Office, imports: Imports, hosts: Collection[str] = ()) -> None:
    """Add the API to the server's application."""
    app.config.update(_SETTINGS)
    supervisors = Blueprint(
        "supervisors", __name__, url_prefix=PREFIX, description="Reconciliation and records"
    )
    door.add(supervisors, office, hosts)
    reconciling.add(supervisors, office)
    reading.add(supervisors, office)
    listing.add(supervisors, office)
    counting.add(supervisors, office)
    correcting.add(supervisors, office)
    importing.add(supervisors, imports)
    claiming.add(supervisors, office)
    supplying.add(supervisors, office)
    Documented(app).register_blueprint(supervisors)
