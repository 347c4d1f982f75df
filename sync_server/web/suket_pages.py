"""Interim letters: their register, issuing, printing, revoking, and telling a forged one."""

from collections import Counter
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.i18n import Label
from shared_schema.suket_code import fingerprint, verified
from sync_server import auditing, suket
from sync_server.accounts import Right, require
from sync_server.looking_up import seen_by
from sync_server.office import Office
from sync_server.papers import pdf
from sync_server.people import search
from sync_server.places import known_regions
from sync_server.registry import context_of
from sync_server.reports.outage_words import day_text
from sync_server.reports.suket_letter import letter, qr_svg
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.suket import Entry, Policy, State
from sync_server.web.errors import RevealReasonMissing
from sync_server.web.files import paper_file
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at
from sync_server.web.sheets import row
from sync_server.web.words import language, text

Page = str | Response | tuple[str, int]
_SHOWN = 100
_FOUND = 20
_STATES = {
    State.HOLDS: (Label(id="Berlaku", en="Holds"), "done", "fine"),
    State.EXPIRED: (Label(id="Kedaluwarsa", en="Expired"), "undecided", "unknown"),
    State.REVOKED: (Label(id="Dicabut", en="Revoked"), "attention", "down"),
    State.CARD_PRINTED: (Label(id="KTP sudah dicetak", en="Card printed"), "done", "wait"),
}


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/suket")
    def suket_list() -> Page:
        return _page(office)

    @pages.post("/suket/search")
    def suket_search() -> Page:
        require(actor(), Right.DECIDE)
        return _page(office, wanted=request.form.get("q", "").strip())

    @pages.post("/suket/issue")
    def suket_issue() -> Page:
        require(actor(), Right.DECIDE)
        try:
            with office.store.write() as connection:
                found = seen_by(actor(), connection, request.form.get("person", ""))
                made = suket.issue(office, connection, found.record, actor().operator)
                auditing.note(office, connection, actor(), "suket-issue", made.record, {})
        except JemputError as error:
            return _page(office, error=error), error.http_status
        return redirect(url_for("pages.suket_list", made=made.record), 303)

    _add_letters(pages, office)
    _add_verifying(pages, office)


def _add_letters(pages: Blueprint, office: Office) -> None:
    @pages.get("/suket/<record>.pdf")
    def suket_paper(record: str) -> Page:
        require(actor(), Right.REVEAL)
        with office.store.write() as connection:
            one = _seen(office, connection, record)
            code, regions = suket.code(office, connection, one), known_regions(connection)
            auditing.note(office, connection, actor(), "suket-print", one.record, {})
            rule, name = suket.policy(connection), facts.need(connection, Fact.NAME)
        said = letter(office, name, one, rule, code, regions, language())
        return paper_file(f"suket-{one.number.replace('/', '-')}.pdf", pdf("suket", said))

    @pages.post("/suket/<record>/revoke")
    def suket_revoke(record: str) -> Page:
        require(actor(), Right.DECIDE)
        reason = " ".join(request.form.get("reason", "").split())
        try:
            if not reason:
                raise RevealReasonMissing
            with office.store.write() as connection:
                one = _seen(office, connection, record)
                suket.revoke(office, connection, one.number, reason, actor().operator)
                told = {"reason": reason}
                auditing.note(office, connection, actor(), "suket-revoke", one.record, told)
        except JemputError as error:
            return _page(office, error=error), error.http_status
        return redirect(url_for("pages.suket_list"), 303)

    @pages.post("/suket/policy")
    def suket_policy() -> Page:
        require(actor(), Right.USERS)
        form = request.form
        months = form.get("months", "")
        try:
            wanted = Policy(
                series=form.get("series", "").strip(),
                months=int(months) if months.isdecimal() else -1,
                signs=form.get("signs", "").strip(),
                place=form.get("place", "").strip(),
            )
            with office.store.write() as connection:
                suket.set_policy(connection, wanted)
                auditing.note(office, connection, actor(), "suket-policy", "", {})
        except JemputError as error:
            return _page(office, error=error), error.http_status
        return redirect(url_for("pages.suket_list"), 303)


def _add_verifying(pages: Blueprint, office: Office) -> None:
    @pages.get("/suket/verify")
    def suket_check() -> Page:
        return _verify_page(office)

    @pages.post("/suket/verify")
    def suket_verify() -> Page:
        code = request.form.get("code", "")
        try:
            found = verified(code, [office.keys.signing.public_key()])
        except JemputError as error:
            return _verify_page(office, code=code, error=error), error.http_status
        with office.store.write() as connection:
            today = context_of(office, connection).today
            known = suket.known(connection, found.number, today)
            auditing.note(office, connection, actor(), "suket-verify", "", {})
        return _verify_page(
            office, code=code, letter=found, expired=found.expired(today), known=known
        )


def _seen(office: Office, connection: Connection, record: str) -> Entry:
    """Return a letter whose resident is this user's to see."""
    one = suket.found(connection, record, context_of(office, connection).today)
    seen_by(actor(), connection, one.person)
    return one


def _page(office: Office, *, wanted: str = "", error: JemputError | None = None) -> str:
    if wanted:
        with office.store.write() as connection:
            auditing.note(office, connection, actor(), "search", "", {"for": "suket"})
    with office.store.read() as connection:
        look, today = looking_at(connection), context_of(office, connection).today
        entries = suket.register(connection, today, actor().covers)
        counts = Counter(one.state for one in entries)
        made = request.args.get("made", "")
        return render_template(
            "pages/suket.html",
            counts=[
                (word.text(language()), counts[state]) for state, (word, _, _) in _STATES.items()
            ],
            rows=[_row(look, one) for one in entries[:_SHOWN]],
            total=len(entries),
            made=next((_row(look, one) for one in entries if one.record == made), None),
            wanted=wanted,
            candidates=_candidates(look, connection, wanted) if wanted else None,
            policy=suket.policy(connection),
            example=suket.policy(connection).number(1, today),
            error=error,
        )


def _row(look: Looking, one: Entry) -> dict[str, Any]:
    word, mark, kind = _STATES[one.state]
    return {
        "record": one.record,
        "number": one.number,
        "person": one.person,
        "name": look.value("person", "name", one.said.get("name")),
        "nik": look.value("person", "nik", one.said.get("nik")),
        "village": look.value("person", "village", one.said.get("village")),
        "issued": _day(one.issued_on, look.lang),
        "expires": _day(one.expires_on, look.lang) if one.expires_on else text()("until the card"),
        "state": word.text(language()),
        "mark": mark,
        "kind": kind,
        "holds": one.state is State.HOLDS,
        "reason": one.reason,
    }


def _day(day: str, lang: str) -> str:
    return day_text(date.fromisoformat(day) if day else None, lang)


def _candidates(look: Looking, connection: Connection, wanted: str) -> list[dict[str, Any]]:
    """Return who was found, and why somebody may not have a letter."""
    found = search(connection, wanted, actor().area)
    told = []
    for one in found[:_FOUND]:
        why, by = None, ""
        try:
            by = suket.basis(connection, one.record)[0].value
        except JemputError as error:
            why = error.message(text())
        told.append({"row": row(look, one), "why": why, "basis": by})
    return told


def _verify_page(office: Office, **found: Any) -> str:
    public = office.keys.signing.public_key()
    shown = {"code": "", "error": None, "letter": None, "expired": False, "known": None}
    known = found.get("known")
    state = _STATES[known.state] if known else None
    return render_template(
        "pages/suket_verify.html",
        **{**shown, **found},
        holds=known is not None and known.state is State.HOLDS,
        state=(state[0].text(language()), state[1], state[2]) if state else None,
        key=public.public_bytes_raw().hex(),
        short=fingerprint(public),
        key_qr=qr_svg(public.public_bytes_raw().hex()),
        day=lambda value: _day(value, language()) if value else "-",
    )
