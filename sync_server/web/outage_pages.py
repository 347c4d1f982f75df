"""Outages: all of an area, one with its timeline and every statement, and a letter about them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from sync_server import noting, queueing
from sync_server import outages as arithmetic
from sync_server.accounts import Right, require
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.outages import Outage, Standing
from sync_server.papers import pdf
from sync_server.queue import OUTAGE
from sync_server.registry import context_of
from sync_server.reports import outage_words as words
from sync_server.reports.outage_letter import letter
from sync_server.reports.outage_report import OutageReport, outage_report
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.timeline import Event, timeline
from sync_server.web import noted
from sync_server.web.errors import PageUnknown
from sync_server.web.files import paper_file
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at
from sync_server.web.outage_places import history, narrowed, places
from sync_server.web.paging import part_of
from sync_server.web.words import language, text

Page = str | Response | tuple[str, int]
_STATEMENT = ("told_by", "told_on", "status", "cause", "expected_restore", "condition", "note")
_OPEN, _RESTORED = 80, 30
_REPAIR = ("by", "date", "result", "note")
_NEW = (
    "component", "office", "place", "started", "started_precision", "diagnosis", "cause", "status",
    "expected_restore", "redirect_to", "people_displaced", "note",
)  # fmt: skip
_FORMS = {"outage_statement": _STATEMENT, "repair_attempt": _REPAIR}
_MARKS = {
    Standing.DOWN: "attention",
    Standing.INTERMITTENT: "undecided",
    Standing.UNKNOWN: "undecided",
    Standing.RESTORED: "done",
}


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/outages")
    def outage_list() -> Page:
        with office.store.read() as connection:
            return _list(connection, _report(office, connection))

    @pages.post("/outages")
    def note_outage() -> Page:
        require(actor(), Right.DECIDE)
        form = noted.said(request.form)
        try:
            with office.store.write() as connection:
                noted.note(office, connection, "outage", form)
        except JemputError as error:
            with office.store.read() as connection:
                page = _list(connection, _report(office, connection), form=form, error=error)
            return page, error.http_status
        return redirect(url_for("pages.outage_list"), 303)

    @pages.get("/outages/<record>")
    def outage_page(record: str) -> Page:
        with office.store.read() as connection:
            return _one(office, connection, record)

    @pages.get("/outages/letter.pdf")
    def outage_letter() -> Page:
        with office.store.read() as connection:
            name = facts.need(connection, Fact.NAME)
            said = letter(_report(office, connection), name, language())
        return paper_file("laporan-gangguan.pdf", pdf("outage_letter", said))

    _add_notes(pages, office)


def _add_notes(pages: Blueprint, office: Office) -> None:
    @pages.post("/outages/<record>/<any(outage_statement, repair_attempt):kind>")
    def note_about_outage(record: str, kind: str) -> Page:
        require(actor(), Right.DECIDE)
        form = noted.said(request.form)
        try:
            with office.store.write() as connection:
                found = seen_by(actor(), connection, record)
                noted.note(office, connection, kind, form | {"outage": str(found.record)})
        except JemputError as error:
            with office.store.read() as connection:
                page = _one(office, connection, record, typed=(kind, form), error=error)
            return page, error.http_status
        return redirect(url_for("pages.outage_page", record=record), 303)

    @pages.post("/outages/<record>/withdraw")
    def withdraw_about_outage(record: str) -> Page:
        named = request.form.get("noted", "")
        noted.withdraw(office, named)
        if named == record:
            return redirect(url_for("pages.outage_list"), 303)
        return redirect(url_for("pages.outage_page", record=record), 303)


def _report(office: Office, connection: Connection) -> OutageReport:
    return outage_report(connection, context_of(office, connection).today, actor().covers)


def _list(
    connection: Connection,
    report: OutageReport,
    *,
    form: Mapping[str, str] | None = None,
    error: JemputError | None = None,
) -> str:
    look, place = looking_at(connection), request.args.get("place", "")
    known = places(report)
    place = place if place in dict(known) else ""
    report = narrowed(report, place)
    ended = [one for one in report.outages if not arithmetic.is_open(one)]
    ended.sort(key=lambda one: arithmetic.restored_on(one) or date.min, reverse=True)
    return render_template(
        "pages/outages.html",
        standing=[
            (words.STANDINGS[Standing(n)].text(look.lang), c, n) for n, c in report.standing.items()
        ],
        displaced=sum(one.most("people_displaced") for one in report.open),
        unsent=sum(one.most("unsent_recordings") for one in report.open),
        open=part_of([_row(report, one, look.lang) for one in report.open], _OPEN),
        restored=[_row(report, one, look.lang) for one in ended[:_RESTORED]],
        ended=len(ended),
        warnings=_warnings(report, look.lang),
        repairs=words.repairs_text(report.repairs, look.lang),
        left_out=report.left_out,
        maybe_one=queueing.left(connection, actor(), OUTAGE),
        day=words.day_text(report.as_of, look.lang),
        places=known,
        place=place,
        events=[
            (words.component_text(one, look.lang), one.id, _event(look, one, event, ()))
            for one, event in (history(report) if place else ())
        ],
        fields=noted.inputs(look, "outage", _NEW, form or {}, {"office": noted.regions(look)}),
        error=error,
    )


def _row(report: OutageReport, outage: Outage, lang: str) -> dict[str, Any]:
    stands = arithmetic.standing(outage)
    mine = [one for one in report.redirects if one.outage == outage.id]
    return {
        "id": outage.id,
        "place": words.place_text(report, outage),
        "component": words.component_text(outage, lang),
        "standing": stands,
        "word": words.STANDINGS[stands].text(lang),
        "mark": _MARKS[stands],
        "since": words.since_text(outage, lang),
        "lasted": words.span_text(report.lasted(outage), lang),
        "repairs": words.repairs_tried(outage, lang),
        "displaced": outage.most("people_displaced"),
        "sent_to": [(_target(report, one), bool(one.warned)) for one in mine],
        "disagree": bool(arithmetic.disagreements(outage)),
    }


def _target(report: OutageReport, one: Any) -> str:
    return report.regions.name(one.target) if one.target else str(one.words)


def _warnings(report: OutageReport, lang: str) -> list[tuple[str, str, str]]:
    """Return (outage, place, sentence) for all that somebody must look at."""
    found = []
    by_id = {one.id: one for one in report.outages}
    for one in report.redirects:
        found += [(one.outage, said) for said in words.warnings(report, one, lang)]
    for outage in report.open:
        found += [(outage.id, f"{f}: {said}") for f, said in words.disagreement_texts(outage, lang)]
    return [(key, words.place_text(report, by_id[key]), said) for key, said in found]


def _one(
    office: Office,
    connection: Connection,
    record: str,
    *,
    typed: tuple[str, Mapping[str, str]] = ("", {}),
    error: JemputError | None = None,
) -> str:
    report, look = _report(office, connection), looking_at(connection)
    named = str(seen_by(actor(), connection, record).record)
    found = [one for one in report.outages if named in {each.record for each in one.reports}]
    if not found:
        raise PageUnknown
    outage = found[0]
    redirects = [one for one in report.redirects if one.outage == outage.id]
    today = report.as_of.isoformat()
    ours = _at_office(connection, outage)
    return render_template(
        "pages/outage.html",
        row=_row(report, outage, look.lang),
        outage=outage,
        facts=_facts(look, outage),
        events=[_event(look, outage, one, ours) for one in timeline(outage)],
        sides=_sides(look, outage),
        redirects=[
            (_target(report, one), words.warnings(report, one, look.lang)) for one in redirects
        ],
        forms=[
            (
                kind,
                noted.inputs(
                    look,
                    kind,
                    names,
                    typed[1] if typed[0] == kind else {"told_on": today, "date": today},
                ),
            )
            for kind, names in _FORMS.items()
        ],
        record=outage.reports[0].record,
        error=error,
    )


def _at_office(connection: Connection, outage: Outage) -> set[str]:
    """Return the ids of what was noted at the office, which can be taken back here."""
    ids = [one.record for one in outage.reports]
    ids += [one.record for one in (*outage.statements, *outage.attempts)]
    return {one for one in ids if noting.is_ours(connection, UUID(one))}


def _facts(look: Looking, outage: Outage) -> list[tuple[str, str]]:
    names = (
        "diagnosis", "symptom", "cause", "reported_to", "owner", "custodian", "repair_payer",
        "expected_restore", "expected_condition", "unsent_recordings", "people_displaced", "note",
    )  # fmt: skip
    return [
        (look.label("outage", name), look.value("outage", name, outage.value(name)))
        for name in names
        if outage.value(name)
    ]


def _event(look: Looking, outage: Outage, event: Event, ours: Collection[str]) -> dict[str, Any]:
    texts = text()
    reported = {one.record for one in outage.reports}
    told = {
        "began": texts("Broken"),
        "repair": f"{texts('Repair')}: {words.result_text(event.result, look.lang)}"
        if event.kind == "repair"
        else "",
        "said": f"{texts('Said')}: {words.status_text(event.result, look.lang)}"
        if event.result
        else texts("Said"),
    }
    day = words.day_text(event.on, look.lang, event.precision)
    if event.kind == "began":
        day = words.since_text(outage, look.lang)
    return {
        "day": texts("day not known") if day == "-" else day,
        "what": told[event.kind],
        "by": words.mouth_text(event.by, look.lang),
        "record": event.record,
        "ours": event.record in ours and (event.kind != "said" or event.record not in reported),
    }


def _sides(look: Looking, outage: Outage) -> dict[str, Any]:
    """Return what each mouth says now, side by side, and in which fields they disagree."""
    current = [word for word in arithmetic.current_words(outage) if word.said]
    differing = arithmetic.disagreements(outage)
    names = [name for name in arithmetic.COMPARED if any(name in one.said for one in current)]
    return {
        "words": [
            (words.mouth_text(one.by, look.lang), words.day_text(one.on, look.lang))
            for one in current
        ],
        "rows": [
            (
                words.field_text(name, look.lang),
                name in differing,
                [_says(one, name, look.lang) for one in current],
            )
            for name in names
        ],
    }


def _says(word: Any, name: str, lang: str) -> str:
    said = word.said.get(name, "")
    return words.status_text(said, lang) if name == "status" and said else said
