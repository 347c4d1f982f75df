"""The regency's register and the ministry's list: uploaded, columns named, tried dry, imported."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema import display
from shared_schema.errors import JemputError
from sync_server import rejections
from sync_server.accounts import Right
from sync_server.importing import (
    ImportFileMissing,
    Imports,
    Step,
    Upload,
    require_import,
)
from sync_server.office import Office
from sync_server.register_rows import STATUS_FIELDS
from sync_server.register_table import KEY, PERSON, REGION_PARTS
from sync_server.registry import Source
from sync_server.store.queries import sources
from sync_server.web.files import table_file
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking
from sync_server.web.words import import_kind, import_step, language, text

Page = str | Response | tuple[str, int]
_SHOWN = 100
_LONG_NUMBER = 12
_COLUMN = "column."


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the file: its header, the field chosen for it, its first values."""

    at: int
    header: str
    field: str
    samples: Sequence[str]


def add(pages: Blueprint, office: Office, imports: Imports) -> None:
    """Add the routes to the pages."""

    @pages.get("/data")
    def data() -> Page:
        return _list_page(office, imports)

    @pages.post("/imports")
    def upload() -> Page:
        require_import(actor())
        file = request.files.get("file")
        try:
            if file is None or not file.filename:
                raise ImportFileMissing
            kind = Source.STATUS if request.form.get("kind") == "status" else Source.REGISTER
            made = imports.add(actor(), kind, file.filename, file.save)
        except JemputError as error:
            return _list_page(office, imports, error=error), error.http_status
        return redirect(url_for("pages.import_page", upload=made.id), 303)

    @pages.get("/imports/<uuid:upload>")
    def import_page(upload: UUID) -> Page:
        require_import(actor())
        return _page(office, imports, upload)

    _add_runs(pages, office, imports)


def _add_runs(pages: Blueprint, office: Office, imports: Imports) -> None:
    @pages.post("/imports/<uuid:upload>/check")
    def check_import(upload: UUID) -> Page:
        require_import(actor())
        known = imports.get(upload)
        sheet = request.form.get("sheet") or None
        another = sheet != known.look["sheet"]
        try:
            imports.look(upload, {} if another else _mapping(known), sheet)
            if not another:
                imports.run(actor(), upload, dry_run=True)
        except JemputError as error:
            return _page(office, imports, upload, error=error), error.http_status
        return redirect(url_for("pages.import_page", upload=upload), 303)

    @pages.post("/imports/<uuid:upload>/start")
    def start_import(upload: UUID) -> Page:
        require_import(actor())
        imports.run(actor(), upload, dry_run=False)
        return redirect(url_for("pages.import_page", upload=upload), 303)

    @pages.post("/imports/<uuid:upload>/remove")
    def remove_import(upload: UUID) -> Page:
        require_import(actor())
        imports.remove(actor(), upload)
        return redirect(url_for("pages.data"), 303)

    @pages.get("/imports/<uuid:upload>/rejected.csv")
    def rejected_lines(upload: UUID) -> Page:
        require_import(actor())
        rows = [list(one.values()) for one in _explained(imports.rejected(upload))]
        return table_file("rejected.csv", rejections.COLUMNS, rows)


def _mapping(known: Upload) -> dict[str, str]:
    return {
        header: request.form.get(f"{_COLUMN}{at}", "")
        for at, header in enumerate(known.look["header"])
        if header
    }


def _list_page(office: Office, imports: Imports, error: JemputError | None = None) -> str:
    may = actor().may(Right.IMPORT) and not actor().area
    with looking(office) as look:
        return render_template(
            "pages/data.html",
            may_import=may,
            error=error,
            uploads=imports.listed() if may else (),
            look=look,
            kind_word=import_kind,
            step_word=import_step,
        )


def _page(
    office: Office, imports: Imports, wanted: UUID, *, error: JemputError | None = None
) -> str:
    upload = imports.get(wanted)
    rejected = imports.rejected(wanted) if upload.result else []
    with looking(office) as look:
        return render_template(
            "pages/import.html",
            upload=upload,
            busy=upload.step in (Step.CHECKING, Step.IMPORTING),
            percent=min(99, 100 * upload.lines // upload.total) if upload.total else 0,
            columns=_columns(upload),
            missing=_missing(look, upload),
            choices=_choices(upload.kind, look.lang),
            differences=_differences(look, upload),
            absent=_absent(look, upload),
            absent_count=len((upload.result or {}).get("absent", ())),
            fields=[
                (look.label(PERSON.name, name), count)
                for name, count in (upload.result or {}).get("fields", {}).items()
            ],
            reasons=_reasons(rejected),
            rejected=_explained(rejected[:_SHOWN]),
            labels=lambda name: look.label(PERSON.name, name or ""),
            error=error,
            kind_word=import_kind,
            step_word=import_step,
        )


def _missing(look: Looking, upload: Upload) -> list[str]:
    parts = (name.split(" / ") for name in upload.look["missing"])
    return [" / ".join(look.label(PERSON.name, one) for one in names) for names in parts]


def _columns(upload: Upload) -> list[Column]:
    look, chosen = upload.look, _fields(upload.kind)
    return [
        Column(
            at=at,
            header=header,
            field=name if name in chosen else "",
            samples=[_sample(row[at]) for row in look["samples"] if at < len(row) and row[at]],
        )
        for at, (header, name) in enumerate(zip(look["header"], look["columns"], strict=True))
        if header
    ]


def _sample(value: str) -> str:
    is_number = value.isdigit() and len(value) >= _LONG_NUMBER
    return display.masked(value) if is_number else value


def _fields(kind: Source) -> Sequence[str]:
    if kind is Source.STATUS:
        return ("nik", *STATUS_FIELDS)
    return (*PERSON.fields, *REGION_PARTS, KEY)


def _choices(kind: Source, lang: str) -> list[tuple[str, str]]:
    texts = text()
    named = {
        KEY: texts("Number of the row in your register"),
        "no_prop": texts("Code of the province"),
        "no_kab": texts("Code of the regency"),
        "no_kec": texts("Code of the district"),
        "no_kel": texts("Code of the village, last digits"),
    }
    return [
        (name, PERSON.fields[name].label.text(lang) if name in PERSON.fields else named[name])
        for name in _fields(kind)
    ]


def _differences(
    look: Looking, upload: Upload
) -> list[tuple[int, str, list[tuple[str, str, str]]]]:
    found: Sequence[Mapping[str, Any]] = (upload.result or {}).get("differences", ())
    kind = PERSON.name
    return [
        (
            one["line"],
            one["record"],
            [
                (look.label(kind, name), look.value(kind, name, a), look.value(kind, name, b))
                for name, (a, b) in one["fields"].items()
            ],
        )
        for one in found
    ]


def _absent(look: Looking, upload: Upload) -> list[tuple[str, str, str]]:
    """Return the first whom the file does not name: record, name, village."""
    ids: Sequence[str] = (upload.result or {}).get("absent", ())[:_SHOWN]
    found = sources.shown(look.connection, ids)
    return [
        (
            one,
            str(found[one].get("name", "")),
            look.value(PERSON.name, "village", found[one].get("village")),
        )
        for one in ids
        if one in found
    ]


def _explained(kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    texts = text()
    return [rejections.explained(one, language(), texts, full=False) for one in kept]


def _reasons(kept: Sequence[Mapping[str, Any]]) -> list[tuple[str, str | None, int]]:
    """Return how many lines were rejected for what, the most frequent first."""
    texts, lang = text(), language()
    counts = Counter((one["code"], one["field"]) for one in kept)
    return [
        (rejections.reason(code, name, lang, texts), name, count)
        for (code, name), count in counts.most_common()
    ]
