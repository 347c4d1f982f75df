"""The queue of possible duplicates, of people and of outages: one case at a time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import InputError
from shared_schema.links import Verdict
from sync_server import auditing, deciding, queueing
from sync_server.accounts import Actor, Right, require
from sync_server.deciding import CaseInvalid, Ruling
from sync_server.office import Office
from sync_server.queue import Case, Filters
from sync_server.web import filtering
from sync_server.web.errors import CaseGone, CaseReasonMissing, RevealReasonMissing
from sync_server.web.guard import actor
from sync_server.web.looking import looking_at
from sync_server.web.sides import sides_of
from sync_server.web.verdicts import kept_fields, last_decisions

Page = str | Response | tuple[str, int]
_CHOICE = "choice."


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/duplicates")
    def queue() -> Page:
        with office.store.write() as connection:
            filters, after = _where(connection, actor())
            step = queueing.step(connection, actor(), filters, after)
            queueing.keep_place(connection, actor(), filters, after)
            return _page(office, connection, step.case, filters, left=step.left)

    @pages.get("/duplicates/<record>")
    def case(record: str) -> Page:
        with office.store.write() as connection:
            found, filters = _named(connection, record)
            left = queueing.count(connection, actor(), filters)
            return _page(office, connection, found, filters, left=left)

    @pages.post("/duplicates/<record>/reveal")
    def reveal_case(record: str) -> Page:
        require(actor(), Right.REVEAL)
        reason = _words(request.form.get("reason", ""))
        if not reason:
            raise RevealReasonMissing
        with office.store.write() as connection:
            found, filters = _named(connection, record)
            told = {"reason": reason, "records": [str(one) for one in found.records]}
            auditing.note(office, connection, actor(), "reveal", str(found.records[0]), told)
            left = queueing.count(connection, actor(), filters)
            return _page(office, connection, found, filters, left=left, full=True)

    _add_deciding(pages, office)


def _add_deciding(pages: Blueprint, office: Office) -> None:
    @pages.post("/duplicates/<record>")
    def decide(record: str) -> Page:
        require(actor(), Right.DECIDE)
        with office.store.write() as connection:
            found, filters = _named(connection, record)
            try:
                made = deciding.by(
                    office,
                    connection,
                    found,
                    _ruling(found, request.form),
                    actor(),
                    second=bool(request.form.get("second")),
                )
            except (CaseReasonMissing, CaseInvalid) as error:
                left = queueing.count(connection, actor(), filters)
                page = _page(office, connection, found, filters, left=left, error=error)
                return page, error.http_status
            queueing.keep_place(connection, actor(), filters, found.key)
        last = ",".join(str(one.decision) for one in made)
        return redirect(filtering.address(filters, after=found.key, last=last), 303)

    @pages.get("/duplicates/<record>/reveal")
    def after_reveal_case(record: str) -> Page:
        return redirect(url_for("pages.case", record=record), 303)


def _ruling(case: Case, form: Mapping[str, Any]) -> Ruling:
    try:
        verdict = Verdict(form.get("verdict", ""))
        wanted = {UUID(one) for one in request.form.getlist("record")}
        chosen = {
            name.removeprefix(_CHOICE): UUID(value)
            for name, value in form.items()
            if name.startswith(_CHOICE)
        }
    except ValueError as error:
        raise CaseInvalid from error
    there = [one for one in case.records if one in wanted]
    reason = _words(form.get("reason", "")) or _words(form.get(f"suggested.{verdict.value}", ""))
    if not reason:
        raise CaseReasonMissing
    kept = {name: record for name, record in chosen.items() if record in there}
    return Ruling(records=there, verdict=verdict, reason=reason, chosen=kept)


def _where(connection: Connection, user: Actor) -> tuple[Filters, str]:
    """Return filters and place as the address says, else where the user stood."""
    if "kind" in request.args and len(request.args) > 1:
        return filtering.asked(), request.args.get("after", "")
    kind = request.args.get("kind", queueing.KINDS[0])
    place, filters = queueing.kept_place(connection, user, kind)
    return filters, place


def _named(connection: Connection, record: str) -> tuple[Case, Filters]:
    """Return the case of a record. Raises CaseGone, RecordUnknown."""
    found = queueing.case_seen_by(connection, actor(), record)
    if found is None:
        raise CaseGone
    return found, replace(filtering.asked(), kind=found.kind)


def _page(
    office: Office,
    connection: Connection,
    case: Case | None,
    filters: Filters,
    *,
    left: int,
    full: bool = False,
    error: InputError | None = None,
) -> str:
    """Render a case, or the end of the queue, with what was decided last."""
    look = replace(looking_at(connection), full=full)
    if case is not None:
        ids = [str(one) for one in case.records]
        auditing.note(office, connection, actor(), "case-seen", ids[0], {"records": ids})
    return render_template(
        "pages/case.html",
        sides=sides_of(look, case) if case else None,
        filters=filtering.shown(look, filters),
        left=left,
        after=request.args.get("after", ""),
        full=full,
        error=error,
        last=last_decisions(look, request.args.get("last", "")),
        kept=kept_fields(look),
    )


def _words(text: str) -> str:
    return " ".join(text.split())
