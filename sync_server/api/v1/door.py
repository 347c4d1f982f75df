"""Who uses the API: a bearer token from `POST /api/v1/session`, never the pages' cookie.

A browser adds no such header by itself, so no other site can act in a user's name.
"""

from collections.abc import Collection
from typing import Any

from flask import Response, g, jsonify, request
from flask_smorest import Blueprint
from werkzeug.exceptions import HTTPException

from sync_server import accounts
from sync_server.accounts import Actor, Right, SignedOut, require
from sync_server.api.v1 import schemas
from sync_server.office import Office
from sync_server.web.guard import HEADERS, require_known_host

_BEARER = "Bearer "
_OPEN = "supervisors.sign_in"


def add(api: Blueprint, office: Office, hosts: Collection[str]) -> None:
    """Put the door before the routes, and add the session's own."""

    @api.before_request
    def admit() -> None:
        require_known_host(hosts)
        if request.endpoint != _OPEN:
            g.actor = accounts.who(office, token(), "api")

    @api.after_request
    def seal(response: Response) -> Response:
        response.headers.extend(HEADERS)
        response.headers["Cache-Control"] = "no-store"
        return response

    api.register_error_handler(HTTPException, _answer)

    @api.post("/session")
    @api.arguments(schemas.SignIn)
    @api.response(200, schemas.Signed)
    def sign_in(asked: dict[str, Any]) -> dict[str, Any]:
        """Sign in; the session ends after half an hour without use, or twelve hours."""
        made, actor = accounts.sign_in(office, asked["name"], asked["passphrase"], "api")
        return {
            "token": made,
            "name": actor.name,
            "role": actor.role,
            "area": list(actor.area),
            "fresh": actor.fresh,
        }

    @api.delete("/session")
    @api.response(204)
    def sign_out() -> None:
        """End the session."""
        accounts.sign_out(office, token())


def token() -> str:
    """Return the token of this request. Raises SignedOut."""
    given = request.headers.get("Authorization", "")
    if not given.startswith(_BEARER):
        raise SignedOut
    return given.removeprefix(_BEARER)


def allowed(right: Right) -> Actor:
    """Return the user of this request, who has a right. Raises RightMissing."""
    actor: Actor = g.actor
    if actor.fresh:
        raise accounts.PassphraseFresh
    require(actor, right)
    return actor


def _answer(error: HTTPException) -> Response:
    """Say what is wrong with a request, by field where a schema found it."""
    found = getattr(error, "data", None) or {}
    status = error.code or 500
    code = "REQUEST_INVALID" if status == 422 else error.name.upper().replace(" ", "_")
    told = {"code": code, "message": error.name, "fields": found.get("messages", {})}
    answer = jsonify({"error": told})
    answer.status_code = status
    return answer
