"""Tables and papers that a page gives as files to keep."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

from werkzeug.wrappers import Response

from sync_server.export import write_csv

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_file(name: str, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> Response:
    """Return a table as CSV that a spreadsheet opens rightly."""
    target = StringIO(newline="")
    write_csv(target, headers, rows)
    answer = Response(target.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def paper_file(name: str, pdf: bytes) -> Response:
    """Return a paper that the browser shows, and keeps under a name."""
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def workbook_file(name: str, data: bytes) -> Response:
    """Return a workbook to keep."""
    answer = Response(data, mimetype=_WORKBOOK)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
