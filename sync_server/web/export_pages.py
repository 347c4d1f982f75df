"""Exports: of people, which two have to agree to; of sums, which nobody has to."""

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from sync_server import exporting
from sync_server.accounts import Right, require
from sync_server.exporting import LAYOUTS, Exports
from sync_server.office import Office
from sync_server.web.guard import actor
from sync_server.web.looking import looking
from sync_server.web.words import export_kind

Page = str | Response | tuple[str, int]


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""
    exports = Exports(office)

    @pages.get("/exports", endpoint="exports")
    def export_list() -> Page:
        require(actor(), Right.REVEAL)
        return _page(office, exports)

    @pages.post("/exports")
    def ask_export() -> Page:
        form = request.form
        kind, _, layout = form.get("what", "").partition(".")
        try:
            region, reason = form.get("region", ""), form.get("reason", "")
            exporting.request(office, actor(), kind, layout, region, reason)
        except JemputError as error:
            return _page(office, exports, error), error.http_status
        return redirect(url_for("pages.exports", done="asked"), 303)

    @pages.post("/exports/<int:number>/decide")
    def decide_export(number: int) -> Page:
        try:
            exports.decide(actor(), number, approved=request.form.get("decision") == "approve")
        except JemputError as error:
            return _page(office, exports, error), error.http_status
        return redirect(url_for("pages.exports"), 303)

    @pages.post("/exports/<int:number>/file")
    def take_export(number: int) -> Page:
        name, path = exports.take(actor(), number)
        return send_file(path, as_attachment=True, download_name=name)


def _page(office: Office, exports: Exports, error: JemputError | None = None) -> str:
    found = exports.listed(actor())
    making = {one.id: exports.rows_made(one.id) for one in found}
    with looking(office) as look:
        return render_template(
            "pages/exports.html",
            exports=found,
            making=making,
            busy=any(count is not None for count in making.values()),
            ready={one.id for one in found if exports.is_ready(one)},
            layouts=LAYOUTS,
            export_kind=export_kind,
            look=look,
            districts=[code for code in look.regions.districts() if actor().covers(code)],
            given=request.form,
            error=error,
            done=request.args.get("done", ""),
        )
