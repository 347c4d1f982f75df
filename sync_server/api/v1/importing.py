"""Routes: registers and status lists uploaded, tried dry, imported in the background."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from sync_server import rejections
from sync_server.accounts import Actor, Right
from sync_server.api.v1 import schemas_import
from sync_server.api.v1.door import allowed
from sync_server.importing import Imports, Upload, require_import


def add(api: Blueprint, imports: Imports) -> None:
    """Add the routes."""
    _add_uploads(api, imports)
    _add_runs(api, imports)


def _add_uploads(api: Blueprint, imports: Imports) -> None:
    @api.post("/imports")
    @api.arguments(schemas_import.UploadKind, location="form")
    @api.arguments(schemas_import.UploadFile, location="files")
    @api.response(201, schemas_import.Import)
    def upload_file(asked: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
        """Upload a CSV or Excel file; nothing is imported yet. Say how its columns read."""
        actor, file = _importer(), files["file"]
        made = imports.add(actor, asked["kind"], file.filename or "-", file.save)
        return _document(made)

    @api.get("/imports")
    @api.response(200, schemas_import.Imports)
    def list_imports() -> dict[str, Any]:
        """List the uploads of the last week, the newest first."""
        _importer()
        return {"imports": [_document(one) for one in imports.listed()]}

    @api.get("/imports/<uuid:upload>")
    @api.response(200, schemas_import.Import)
    def show_import(upload: UUID) -> dict[str, Any]:
        """Show how far an upload came, and what its last run told."""
        _importer()
        return _document(imports.get(upload))

    @api.delete("/imports/<uuid:upload>")
    @api.response(204)
    def remove_import(upload: UUID) -> None:
        """Forget an upload; what was imported stays."""
        imports.remove(_importer(), upload)


def _add_runs(api: Blueprint, imports: Imports) -> None:
    @api.post("/imports/<uuid:upload>/run")
    @api.arguments(schemas_import.Run)
    @api.response(202, schemas_import.Import)
    def run_import(asked: dict[str, Any], upload: UUID) -> dict[str, Any]:
        """Begin a dry run, or the import; it goes on in the background."""
        actor = _importer()
        if asked["mapping"] is not None or asked["sheet"] is not None:
            imports.look(upload, asked["mapping"] or {}, asked["sheet"])
        return _document(imports.run(actor, upload, dry_run=asked["dry_run"]))

    @api.get("/imports/<uuid:upload>/rejected")
    @api.arguments(schemas_import.Part, location="query")
    @api.response(200, schemas_import.RejectedLines)
    def list_rejected(asked: dict[str, Any], upload: UUID) -> dict[str, Any]:
        """List the lines that the last run rejected, each with its reason, numbers masked."""
        _importer()
        found = imports.rejected(upload)
        part = [one for one in found if one["line"] > asked["after"]][: asked["limit"]]
        told = [rejections.explained(one, "en", str, full=False) for one in part]
        return {"count": len(found), "rejected": told}


def _importer() -> Actor:
    actor = allowed(Right.IMPORT)
    require_import(actor)
    return actor


def _document(upload: Upload) -> dict[str, Any]:
    look = upload.look
    pairs = zip(look["header"], look["columns"], strict=True)
    result = upload.result or {}
    return {
        "id": upload.id,
        "kind": upload.kind,
        "file": upload.name,
        "by": upload.by,
        "uploaded_ms": upload.uploaded_ms,
        "step": upload.step,
        "columns": [{"header": header, "field": name} for header, name in pairs],
        "missing": look["missing"],
        "sheet": look["sheet"],
        "sheets": look["sheets"],
        "lines": upload.lines,
        "total": upload.total,
        "counts": result.get("counts"),
        "fields": result.get("fields", {}),
        "trouble": {"code": upload.trouble["code"], "message": upload.trouble["en"]}
        if upload.trouble
        else None,
    }
