"""Bulk correction: select, set, preview; one reason, one undo."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.records import RECORD_TYPES, Origin
from sync_server import bulk
from sync_server.accounts import Right, require
from sync_server.bulk import Wanted
from sync_server.correcting import Why
from sync_server.correction import Plan
from sync_server.office import Office
from sync_server.store.queries import records
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking, looking_at
from sync_server.web.words import language

Page = str | Response | tuple[str, int]
_SHOWN = 20
_TYPE = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would change. ``lines``: name of a record, field, before and after, of the first 20.

    ``warnings``: what would look wrong, and in how many records.
    """

    count: int
    unchanged: int
    refused: int
    unknown: Sequence[str]
    warnings: Sequence[tuple[str, int]]
    lines: Sequence[tuple[str, str, str, str]]


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/corrections")
    def corrections() -> Page:
        require(actor(), Right.DECIDE)
        with looking(office) as look:
            return _page(look)

    @pages.post("/corrections")
    def preview_correction() -> Page:
        require(actor(), Right.DECIDE)
        with looking(office) as look:
            try:
                found = bulk.preview(office, look.connection, actor(), _wanted())
            except JemputError as error:
                return _page(look, error=error), error.http_status
            return _page(look, preview=_preview(look, *found))

    @pages.post("/corrections/apply")
    def apply_correction() -> Page:
        require(actor(), Right.DECIDE)
        expected = request.form.get("count", -1, type=int)
        why = Why(reason=request.form.get("reason", ""), confirm=request.form.get("confirm", ""))
        with office.store.write() as connection:
            bulk.apply(office, connection, actor(), _wanted(), why, expected=expected)
        return redirect(url_for("pages.corrections"), 303)

    @pages.post("/corrections/<int:number>/undo")
    def undo_correction(number: int) -> Page:
        require(actor(), Right.DECIDE)
        with office.store.write() as connection:
            done = bulk.undo(office, connection, actor(), number)
            return _page(looking_at(connection), undone=(number, done.changed, len(done.kept)))


def _wanted() -> Wanted:
    given = {name: value.strip() for name, value in request.form.items()}
    where = given.get("where_field")
    return Wanted(
        type=_TYPE,
        where=(f"{where}={given.get('where_value', '')}",) if where else (),
        region=given.get("region") or None,
        listed=given.get("listed") or None,
        to_set=(f"{given.get('set_field', '')}={given.get('set_value', '')}",),
        lang=language(),
    )


def _preview(look: Looking, plan: Plan, unknown: Sequence[str]) -> Preview:
    first = plan.items[:_SHOWN]
    known = records.many(look.connection, [one.record for one in first])
    return Preview(
        count=len(plan.items),
        unchanged=plan.unchanged,
        refused=len(plan.refused),
        unknown=unknown,
        warnings=[(one.text.text(look.lang), count) for one, count in plan.warnings()],
        lines=[
            (
                look.title(known[one.record]),
                look.label(_TYPE, name),
                look.value(_TYPE, name, one.before.get(name)),
                look.value(_TYPE, name, value),
            )
            for one in first
            for name, value in one.after.items()
        ],
    )


def _page(
    look: Looking,
    *,
    preview: Preview | None = None,
    error: JemputError | None = None,
    undone: tuple[int, int, int] | None = None,
) -> str:
    specs = RECORD_TYPES[_TYPE].fields.items()
    return render_template(
        "pages/corrections.html",
        fields=[(name, spec.label.text(look.lang)) for name, spec in specs],
        settable=[
            (name, spec.label.text(look.lang))
            for name, spec in specs
            if spec.origin is Origin.DEVICE
        ],
        given=request.form,
        preview=preview,
        error=error,
        undone=undone,
        made=bulk.listed(look.connection, actor())[:_SHOWN],
        look=look,
    )
