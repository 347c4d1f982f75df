"""Fields with several values: one at a time, with who said what; a choice can be made anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import InputError
from sync_server import auditing, choice_undo, choices
from sync_server.accounts import Right, require
from sync_server.choices import Conflict
from sync_server.looking_up import seen_by
from sync_server.office import Office
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


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/conflicts")
    def conflicts() -> Page:
        after = request.args.get("after", "")
        with office.store.write() as connection:
            look = looking_at(connection)
            found = [one for one in choices.waiting(connection) if actor().covers(one.area)]
            first = next((one for one in found if one.key > after), None)
            if first is not None:
                told = {"field": first.field}
                auditing.note(office, connection, actor(), "conflicts-seen", first.record, told)
            chosen = islice(choices.chosen(look.connection), _CHOSEN_SHOWN)
            return render_template(
                "pages/conflicts.html",
                conflict=_shown(look, choices.opened(connection, first)) if first else None,
                left=len(found),
                chosen=[_chosen(look, one) for one in chosen if actor().covers(one.current.area)],
                last=_last(look, request.args.get("last", "")),
                undone=request.args.get("undone", ""),
            )

    @pages.post("/conflicts/<record>/<field>")
    def choose(record: str, field: str) -> Page:
        require(actor(), Right.DECIDE)
        change = request.form.get("change", "")
        with office.store.write() as connection:
            found = seen_by(actor(), connection, record)
            name = str(found.record)
            made = choices.choose(connection, name, field, change, actor().operator)
            told = {"field": field, "change": change, "decision": str(made)}
            auditing.note(office, connection, actor(), "choose", name, told)
        after = request.form.get("after", "")
        return redirect(url_for("pages.conflicts", after=after or None, last=made), 303)

    @pages.post("/conflicts/undo")
    def undo_choice() -> Page:
        require(actor(), Right.DECIDE)
        wanted = request.form.get("decision", "")
        with office.store.write() as connection:
            done = choice_undo.by(office, connection, actor(), wanted)
        return redirect(url_for("pages.conflicts", undone="kept" if done.kept else "done"), 303)


def _chosen(look: Looking, conflict: Conflict) -> Shown:
    made = choice_undo.standing_choice(look.connection, conflict.current.record, conflict.field)
    return replace(_shown(look, conflict), choice=str(made or ""))


def _last(look: Looking, decision: str) -> tuple[str, str, str] | None:
    """Return the choice that was made just now: its id, whose, of which field."""
    try:
        made = choice_undo.choice_named(look.connection, decision)
        found = seen_by(actor(), look.connection, str(made.record))
    except InputError:
        return None
    labels = ", ".join(look.label(made.type, name) for name in sorted(made.writes))
    return decision, look.title(found), labels


def _key(conflict: Conflict) -> str:
    return f"{conflict.current.record}:{conflict.field}"


def _shown(look: Looking, conflict: Conflict) -> Shown:
    kind, name = conflict.current.state.type, conflict.field
    said = [look.value(kind, name, head.value) for head, _ in conflict.heads]
    now = look.value(kind, name, conflict.current.state.shown(name))
    return Shown(
        row=row(look, conflict.current),
        key=_key(conflict),
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
