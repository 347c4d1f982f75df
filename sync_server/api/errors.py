"""How the routes say that something went wrong: a status and a stable code, never a traceback."""

from flask import Flask, Response, current_app, jsonify
from werkzeug.exceptions import HTTPException

from shared_schema.errors import JemputError

_BY_STATUS = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "REQUEST_TOO_LARGE"}


def install(app: Flask) -> None:
    """Make every failure of a route a JSON answer."""
    app.register_error_handler(Exception, answer)


def error_response(error: JemputError) -> Response:
    """Return ``{"error": {"code", "message"}}`` with the error's status."""
    return _response(error.http_status, error.code, error.message())


def answer(error: Exception) -> Response:
    """Return a failure as JSON."""
    if isinstance(error, JemputError):
        return error_response(error)
    if isinstance(error, HTTPException):
        status = error.code or 500
        return _response(status, _BY_STATUS.get(status, "REQUEST_INVALID"), error.name)
    current_app.logger.error("route failed: %s", type(error).__name__)
    return error_response(JemputError())


def _response(status: int, code: str, message: str) -> Response:
    reply = jsonify({"error": {"code": code, "message": message}})
    reply.status_code = status
    reply.headers["Connection"] = "close"
    return reply
