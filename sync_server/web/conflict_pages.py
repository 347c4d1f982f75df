"""Fields with several values: one at a time, with who said what; a choice can be made anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import InputError
from sync_server import auditing, choice_undo, choices, choosing
from sync_server.accounts import Right, require
from sync_server.choices import Conflict
from sync_server.looking_up import seen_by
from sync_server.lookup import changes_of
from sync_server.office import Office
from sync_server.queue import Filters
from sync_server.web import filtering
from sync_server.web.guard import actor
from sync_server.web.letters import Marked, marked
from sync_server.web.looking import Looking, looking_at
from sync_server.web.sheets import Row, row

Page = str | Response | tuple[str, int]
_CHOSEN_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One of a field's values: the change that wrote it, and who and when."""

    change: str
    value: Marked
    source: str
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One field in conflict, or one that was: then ``choice`` is what let its value stand."""

    row: Row
    key: str
    name: str
    label: str
    values: Sequence[Value]
    choice: str = ""
    reason: str = ""


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/conflicts")
    def conflicts() -> Page:
        with office.store.write() as connection:
            look = looking_at(connection)
            filters, after = _where(connection)
            choosing.keep_place(connection, actor(), filters, after)
            found = choosing.waiting(connection, actor(), filters)
            first = next((one for one in found if one.key > after), None)
            if first is not None:
                told = {"field": first.field}
                auditing.note(office, connection, actor(), "conflicts-seen", first.record, told)
            chosen = islice(choices.chosen(look.connection), _CHOSEN_SHOWN)
            return render_template(
                "pages/conflicts.html",
                conflict=_shown(look, choices.opened(connection, first)) if first else None,
                left=len(found),
                filters=filtering.shown(look, filters),
                chosen=[_chosen(look, one) for one in chosen if actor().covers(one.current.area)],
                last=_last(look, request.args.get("last", "")),
                undone=request.args.get("undone", ""),
            )

    @pages.post("/conflicts/<record>/<field>")
    def choose(record: str, field: str) -> Page:
        require(actor(), Right.DECIDE)
        change, after = request.form.get("change", ""), request.form.get("after", "")
        with office.store.write() as connection:
            look = looking_at(connection)
            reason = request.form.get("reason", "") or _said_by(look, record, change)
            wanted = record, field, change
            made = choosing.by(office, connection, actor(), wanted, reason)
            if after:
                _, filters = choosing.kept_place(connection, actor())
                choosing.keep_place(connection, actor(), filters, after)
        return redirect(url_for("pages.conflicts", last=made), 303)

    @pages.post("/conflicts/undo")
    def undo_choice() -> Page:
        require(actor(), Right.DECIDE)
        wanted = request.form.get("decision", "")
        with office.store.write() as connection:
            done = choice_undo.by(office, connection, actor(), wanted)
            if done.in_conflict:
                _, filters = choosing.kept_place(connection, actor())
                choosing.keep_place(connection, actor(), filters, str(done.record))
        return redirect(url_for("pages.conflicts", undone="kept" if done.kept else "done"), 303)


def _where(connection: Connection) -> tuple[Filters, str]:
    """Return filters and place as the address says, else where the user stood."""
    if request.args.keys() & {"after", "area", "campaign"}:
        asked = filtering.asked()
        return Filters(area=asked.area, campaign=asked.campaign), request.args.get("after", "")
    after, filters = choosing.kept_place(connection, actor())
    return filters, after


def _said_by(look: Looking, record: str, change: str) -> str:
    """Return who wrote a value and when: the reason of whoever chooses and names no other."""
    found = seen_by(actor(), look.connection, record)
    made = changes_of(look.connection, found.record)
    return next(
        (f"{look.writer(one)}, {look.when(one)}" for one in made if str(one.id) == change), ""
    )


def _chosen(look: Looking, conflict: Conflict) -> Shown:
    record = conflict.current.record
    made = choice_undo.standing_choice(look.connection, record, conflict.field)
    reason = choosing.reason_of(look.connection, record, made) if made else ""
    return replace(_shown(look, conflict), choice=str(made or ""), reason=reason)


def _last(look: Looking, decision: str) -> tuple[str, str, str] | None:
    """Return the choice that was made just now: its id, whose, of which field."""
    try:
        made = choice_undo.choice_named(look.connection, decision)
        found = seen_by(actor(), look.connection, str(made.record))
    except InputError:
        return None
    labels = ", ".join(look.label(made.type, name) for name in sorted(made.writes))
    return decision, look.title(found), labels


def _shown(look: Looking, conflict: Conflict) -> Shown:
    kind, name = conflict.current.state.type, conflict.field
    said = [look.value(kind, name, head.value) for head, _ in conflict.heads]
    now = look.value(kind, name, conflict.current.state.shown(name))
    return Shown(
        row=row(look, conflict.current),
        key=conflict.key,
        name=name,
        label=look.label(kind, name),
        values=[
            Value(
                change=str(change.id),
                value=pieces,
                source=f"{look.writer(change)}, {look.when(change)}",
                shown=text == now,
            )
            for (_, change), pieces, text in zip(conflict.heads, marked(said), said, strict=True)
        ],
    )
