"""Search, one record with its history, and its numbers in full for a reason."""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync_server import auditing, reviewing
from sync_server.accounts import Right, require
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.people import search
from sync_server.web.errors import RevealReasonMissing
from sync_server.web.guard import actor
from sync_server.web.looking import looking_at
from sync_server.web.sheets import row, sheet

Page = str | Response | tuple[str, int]


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/search")
    def find() -> Page:
        return render_template("pages/search.html", wanted="", rows=None)

    @pages.post("/search")
    def seek() -> Page:
        wanted = request.form.get("q", "").strip()
        with office.store.write() as connection:
            look = looking_at(connection)
            found = search(connection, wanted, actor().area)
            auditing.note(office, connection, actor(), "search", "", {"found": len(found)})
            return render_template(
                "pages/search.html", wanted=wanted, rows=[row(look, one) for one in found]
            )

    _add_record(pages, office)


def _add_record(pages: Blueprint, office: Office) -> None:
    @pages.get("/record/<record>")
    def show(record: str) -> Page:
        with office.store.write() as connection:
            found = seen_by(actor(), connection, record)
            shown = sheet(looking_at(connection), found, actor().covers)
            for one in (found.record, *(joined.row.id for joined in shown.joined)):
                auditing.note(office, connection, actor(), "record-seen", str(one), {})
            return render_template("pages/record.html", sheet=shown)

    @pages.post("/record/<record>/reveal")
    def reveal(record: str) -> Page:
        require(actor(), Right.REVEAL)
        reason = " ".join(request.form.get("reason", "").split())
        if not reason:
            raise RevealReasonMissing
        with office.store.write() as connection:
            found = seen_by(actor(), connection, record)
            told = {"reason": reason}
            auditing.note(office, connection, actor(), "reveal", str(found.record), told)
            look = replace(looking_at(connection), full=True)
            shown = sheet(look, found, actor().covers)
            return render_template("pages/record.html", sheet=shown)

    @pages.post("/record/<record>/return")
    def give_back(record: str) -> Page:
        require(actor(), Right.DECIDE)
        with office.store.write() as connection:
            found = seen_by(actor(), connection, record)
            name, comment = str(found.record), request.form.get("comment", "")
            made = reviewing.give_back(connection, name, comment, actor().operator)
            told = {"review": str(made.review.record)}
            auditing.note(office, connection, actor(), "return", name, told)
        return redirect(url_for("pages.show", record=record), 303)

    @pages.get("/record/<record>/reveal")
    def after_reveal(record: str) -> Page:
        return redirect(url_for("pages.show", record=record), 303)
