"""The office itself: who may use the pages, and what was done on them."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.regions import parse_region
from sync_server import accounts, setup
from sync_server.accounts import Right, Role, require
from sync_server.jobs import CHECKS, JobRunning, Jobs
from sync_server.office import Office
from sync_server.store.queries import audit, users
from sync_server.store.queries.users import User
from sync_server.web.guard import actor
from sync_server.web.looking import looking

Page = str | Response | tuple[str, int]
_ENTRIES = 100


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""
    _add_audit(pages, office)

    @pages.get("/users")
    def user_list() -> Page:
        require(actor(), Right.USERS)
        return _users_page(office)

    @pages.post("/users")
    def add_user() -> Page:
        require(actor(), Right.USERS)
        passphrase = accounts.first_passphrase()
        try:
            user = _new_user(office, setup.hash_passphrase(passphrase))
            with office.store.write() as connection:
                accounts.add(connection, user, actor().operator, office.now_ms())
        except JemputError as error:
            return _users_page(office, error=error), error.http_status
        return _users_page(office, made=(user.name, passphrase))

    @pages.post("/users/<name>/passphrase")
    def reset_user(name: str) -> Page:
        require(actor(), Right.USERS)
        passphrase = accounts.first_passphrase()
        made = setup.hash_passphrase(passphrase)
        with office.store.write() as connection:
            accounts.reset(connection, name, made, actor().operator, office.now_ms())
        return _users_page(office, made=(name, passphrase))

    @pages.post("/users/<name>/disable")
    def disable_user(name: str) -> Page:
        require(actor(), Right.USERS)
        with office.store.write() as connection:
            accounts.disable(connection, name, actor().operator, office.now_ms())
        return redirect(url_for("pages.user_list"), 303)


def _add_audit(pages: Blueprint, office: Office) -> None:
    checks = Jobs(office, CHECKS, Right.AUDIT)

    @pages.get("/audit")
    def audit_log() -> Page:
        require(actor(), Right.AUDIT)
        return _audit_page(office, checks)

    @pages.post("/audit/verify")
    def verify_audit() -> Page:
        try:
            checks.begin(actor(), "audit")
        except JobRunning as error:
            return _audit_page(office, checks, error), error.http_status
        return redirect(url_for("pages.audit_log"), 303)


def _audit_page(office: Office, checks: Jobs, error: JemputError | None = None) -> str:
    before, job = request.args.get("before", type=int), checks.last()
    with looking(office) as look:
        return render_template(
            "pages/audit.html",
            entries=audit.latest(look.connection, before=before, limit=_ENTRIES),
            look=look,
            page=_ENTRIES,
            job=job,
            busy=job is not None and job.ended_ms is None,
            error=error,
        )


def _new_user(office: Office, passphrase_hash: str) -> User:
    role = request.form.get("role", "")
    given = request.form.get("area", "").replace(",", " ").split()
    return User(
        name=request.form.get("name", "").strip(),
        role=role if role in set(Role) else Role.VIEWER,
        passphrase_hash=passphrase_hash,
        created_ms=office.now_ms(),
        area=tuple(parse_region(one) for one in given),
        fresh=True,
    )


def _users_page(
    office: Office,
    *,
    made: tuple[str, str] | None = None,
    error: JemputError | None = None,
) -> str:
    with looking(office) as look:
        return render_template(
            "pages/users.html",
            users=users.everyone(look.connection),
            look=look,
            roles=list(Role),
            made=made,
            error=error,
        )
