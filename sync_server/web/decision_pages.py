"""What was decided, by people and by the matcher: undo at any time, and second looks."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync_server import auditing, deciding, second_looks
from sync_server.accounts import Right, require
from sync_server.looking_up import require_decision
from sync_server.office import Office
from sync_server.web import verdicts
from sync_server.web.entering import local_path
from sync_server.web.guard import actor
from sync_server.web.looking import looking, looking_at

Page = str | Response | tuple[str, int]


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/decisions")
    def decisions() -> Page:
        before = request.args.get("before", type=int)
        everything = request.args.get("all") == "1"
        listed = verdicts.latest if everything else verdicts.standing
        with office.store.write() as connection:
            look = looking_at(connection)
            told = [one for one in listed(look, before) if one.seen]
            auditing.note(office, connection, actor(), "decisions-seen", "", {"count": len(told)})
            return render_template(
                "pages/decisions.html",
                told=told,
                page=verdicts.PAGE,
                everything=everything,
                kept=verdicts.kept_fields(look),
            )

    @pages.get("/second-looks")
    def looks() -> Page:
        require(actor(), Right.DECIDE)
        with looking(office) as look:
            waiting = second_looks.waiting(look.connection, actor().name)
            told = verdicts.named(look, [one.decision for one in waiting])
            return render_template(
                "pages/looks.html",
                told=told[: verdicts.PAGE],
                count=len(told),
                kept=verdicts.kept_fields(look),
            )

    @pages.post("/decisions/undo")
    def undo() -> Page:
        require(actor(), Right.DECIDE)
        wanted = request.form.getlist("decision")
        with office.store.write() as connection:
            done = deciding.undo_by(office, connection, wanted, actor())
        back = local_path(request.form.get("back", ""))
        kept = urlencode({"kept": ",".join(sorted({one.field for one in done.kept}))})
        joint = "&" if "?" in back else "?"
        return redirect(f"{back}{joint}{kept}" if done.kept else back, 303)

    @pages.post("/second-looks/agree")
    def agree() -> Page:
        require(actor(), Right.DECIDE)
        wanted = request.form.get("decision", "")
        with office.store.write() as connection:
            require_decision(actor(), connection, wanted)
            second_looks.agree(connection, wanted, actor().name, office.now_ms())
            auditing.note(office, connection, actor(), "agree", wanted, {})
        return redirect(url_for("pages.looks"), 303)
