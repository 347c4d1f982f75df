"""The feed's address: OData version 4 for spreadsheets and Power BI, to be read only.

Who reads it signs in as spreadsheets can: any name with the feed's key as the password, or the key
as a bearer. The pages' cookie opens nothing here. Each answer is noted in the access log.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, g, jsonify, request

from shared_schema.errors import InputError
from shared_schema.ids import IdInvalid, parse_id
from sync_server import auditing, feed_description, feed_keys, odata, tallies
from sync_server.accounts import Actor
from sync_server.api.errors import error_response
from sync_server.feed_keys import FeedKeyRefused
from sync_server.feed_query import (
    FeedQueryInvalid,
    FeedQueryUnsupported,
    Fits,
    Rows,
    ordering,
    selection,
)
from sync_server.odata import PAGE_ROWS, EntitySet, Wanted
from sync_server.office import Office
from sync_server.web.guard import HEADERS, require_known_host

_VERSION = "4.0"
_KEPT = ("$select", "$filter", "$orderby", "$count")
_KNOWN = frozenset({"$top", "$skip", "$skiptoken", "$format", *_KEPT})
_JSON, _XML = ("json", "application/json"), ("xml", "application/xml")


class FeedFormatUnknown(InputError):
    """The feed does not come in the form that was asked for. Ask for JSON, or leave $format out."""

    code = "FEED_FORMAT_UNKNOWN"
    http_status = 406


def install(app: Flask, office: Office, hosts: Collection[str] = ()) -> None:
    """Add the feed to the server's application."""
    feed = Blueprint("feed", __name__)

    @feed.before_request
    def admit() -> None:
        require_known_host(hosts)
        g.reader = feed_keys.who(office, _key())
        _require_known_options()

    @feed.after_request
    def seal(response: Response) -> Response:
        response.headers.extend({**HEADERS, "OData-Version": _VERSION})
        response.headers["Cache-Control"] = "no-store"
        return response

    @feed.errorhandler(FeedKeyRefused)
    def ask_again(error: FeedKeyRefused) -> Response:
        answer = error_response(error)
        answer.headers["WWW-Authenticate"] = 'Basic realm="Jemput", charset="UTF-8"'
        return answer

    _add_routes(feed, office)
    app.register_blueprint(feed)


def _add_routes(feed: Blueprint, office: Office) -> None:
    @feed.get("/odata")
    @feed.get("/odata/")
    def sets() -> Response:
        found = [
            {"name": one.name, "kind": "EntitySet", "url": f"{_root()}/{one.name}"}
            for one in odata.sets_for(office, g.reader)
        ]
        return _document({"@odata.context": _context(), "value": found})

    @feed.get("/odata/$metadata")
    def metadata() -> Response:
        said = feed_description.metadata(odata.sets_for(office, g.reader))
        return Response(said, mimetype="application/xml")

    @feed.get("/odata/<name>")
    def rows(name: str) -> Response:
        return _document(_page(office, g.reader, name))

    @feed.get("/odata/<name>/$count")
    def how_many(name: str) -> Response:
        one = odata.set_named(office, g.reader, name)
        part = _part(office, g.reader, one, Wanted(most=0, count=True, fits=_fits(one)))
        return Response(str(part.total), mimetype="text/plain")


def _page(office: Office, reader: Actor, name: str) -> dict[str, Any]:
    one = odata.set_named(office, reader, name)
    top, skip, chosen = _count_of("$top"), _count_of("$skip") or 0, _chosen(one)
    most = PAGE_ROWS if top is None else min(top, PAGE_ROWS)
    count = request.args.get("$count") == "true"
    wanted = Wanted(
        after=_after(one), skip=skip, most=most, count=count, fits=_fits(one), ordered=_order(one)
    )
    part = _part(office, reader, one, wanted)
    selected = "" if len(chosen) == len(one.columns) else f"({','.join(chosen)})"
    said: dict[str, Any] = {"@odata.context": f"{_context()}#{name}{selected}"}
    if count:
        said["@odata.count"] = part.total
    said["value"] = [_row(one, chosen, row) for row in part.rows]
    left = None if top is None else top - len(part.rows)
    if part.following and left != 0:
        said["@odata.nextLink"] = _next(name, part.following, left)
    return said


def _part(office: Office, reader: Actor, one: EntitySet, wanted: Wanted) -> odata.Part:
    tallies.catch_up_soon(office)
    with office.store.read() as connection:
        part = odata.part_of(odata.asked_by(office, connection, reader), one, wanted)
    told = {"rows": len(part.rows), "skip": wanted.skip, "after": wanted.after}
    with office.store.write() as connection:
        auditing.note(office, connection, reader, "feed-read", one.name, told)
    return part


def _row(one: EntitySet, chosen: Collection[str], row: Sequence[Any]) -> dict[str, Any]:
    names = zip(one.columns, row, strict=True)
    return {name: value for name, value in names if name in chosen}


def _next(name: str, after: str, left: int | None) -> str:
    """Return the address of the page behind this one, which asks for the same otherwise."""
    kept = {key: request.args[key] for key in _KEPT if key in request.args}
    more = {} if left is None else {"$top": str(left)}
    return f"{_root()}/{name}?{urlencode({**kept, **more, '$skiptoken': after}, safe='$,')}"


def _chosen(one: EntitySet) -> Collection[str]:
    given = request.args.get("$select", "")
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or "*" in names:
        return list(one.columns)
    for name in names:
        if name not in one.columns:
            raise FeedQueryInvalid(option=f"$select={name}")
    return [name for name in one.columns if name in names]


def _fits(one: EntitySet) -> Fits | None:
    asked = request.args.get("$filter")
    return None if asked is None else selection(asked, one.columns)


def _order(one: EntitySet) -> Callable[[Rows], Rows] | None:
    """Return what orders the rows as asked; residents come by their ids, a page at a time."""
    asked = request.args.get("$orderby")
    if asked is None:
        return None
    if one.rows is None:
        raise FeedQueryUnsupported(option="$orderby")
    return ordering(asked, one.columns)


def _count_of(option: str) -> int | None:
    given = request.args.get(option)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise FeedQueryInvalid(option=f"{option}={given}")
    return int(given)


def _after(one: EntitySet) -> str:
    """Return the place that a page before named: a row's number, or a resident's id."""
    given = request.args.get("$skiptoken", "")
    if given and one.rows is not None:
        _count_of("$skiptoken")
    elif given:
        try:
            parse_id(given)
        except IdInvalid as error:
            raise FeedQueryInvalid(option="$skiptoken") from error
    return given


def _require_known_options() -> None:
    for name, given in request.args.lists():
        if name.startswith("$") and name not in _KNOWN:
            raise FeedQueryUnsupported(option=name)
        if name in _KNOWN and len(given) > 1:
            raise FeedQueryInvalid(option=name)
    named = request.args.get("$format", "").partition(";")[0].strip()
    if named and named not in (_XML if request.path.endswith("/$metadata") else _JSON):
        raise FeedFormatUnknown


def _key() -> str:
    """Return the key that came with a request. Raises FeedKeyRefused."""
    given = request.authorization
    if given is None:
        raise FeedKeyRefused
    key = given.token if given.type == "bearer" else given.password
    if not key:
        raise FeedKeyRefused
    return key


def _root() -> str:
    return f"{request.url_root}odata"


def _context() -> str:
    return f"{_root()}/$metadata"


def _document(said: Mapping[str, Any]) -> Response:
    answer = jsonify(said)
    answer.headers["Content-Type"] = "application/json;odata.metadata=minimal;charset=utf-8"
    return answer
