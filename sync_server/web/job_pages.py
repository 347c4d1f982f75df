"""Long work that an administrator begins here: comparing everybody anew, making tables anew."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from sync_server.accounts import Right, require
from sync_server.jobs import KINDS, Jobs
from sync_server.office import Office
from sync_server.web.guard import actor
from sync_server.web.looking import looking
from sync_server.web.words import job_word

Page = str | Response | tuple[str, int]


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""
    jobs = Jobs(office)

    @pages.get("/jobs", endpoint="jobs")
    def show_jobs() -> Page:
        require(actor(), Right.USERS)
        return _page(office, jobs)

    @pages.post("/jobs")
    def begin_job() -> Page:
        try:
            jobs.begin(actor(), request.form.get("kind", ""))
        except JemputError as error:
            return _page(office, jobs, error), error.http_status
        return redirect(url_for("pages.jobs"), 303)


def _page(office: Office, jobs: Jobs, error: JemputError | None = None) -> str:
    require(actor(), Right.USERS)
    with looking(office) as look:
        job = jobs.last()
        return render_template(
            "pages/jobs.html",
            job=job,
            busy=job is not None and job.ended_ms is None,
            kinds=[(kind, *job_word(kind)) for kind in KINDS],
            words={kind: job_word(kind) for kind in KINDS},
            look=look,
            error=error,
        )
