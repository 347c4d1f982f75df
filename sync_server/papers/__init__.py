"""Papers of the office as PDF: letters and lists that are printed, signed and carried.

Each is a Typst file in this folder, filled from JSON; what people typed is data there, never
markup. The fonts are Typst's own, so a paper looks alike on every computer, and the PDF is tagged
for readers who do not see it (PDF/UA-1).
"""

import json
from collections.abc import Mapping
from typing import Any

import typst

from shared_schema.resources import read_package_text

_PACKAGE = "sync_server"
_FOLDER = "papers"


def pdf(name: str, data: Mapping[str, Any]) -> bytes:
    """Return the paper `name` filled with `data`; always the same bytes for the same data."""
    return _made(name, data, "pdf")


def picture(name: str, data: Mapping[str, Any], *, ppi: float = 144) -> bytes:
    """Return a paper of one page as a PNG, as a screen shows it."""
    return _made(name, data, "png", ppi)


def _made(name: str, data: Mapping[str, Any], form: Any, ppi: float | None = None) -> bytes:
    source = read_package_text(_PACKAGE, _FOLDER, "_paper.typ") + read_package_text(
        _PACKAGE, _FOLDER, f"{name}.typ"
    )
    made: Any = typst.compile(
        source.encode(),
        format=form,
        ppi=ppi,
        sys_inputs={"data": json.dumps(data)},
        ignore_system_fonts=True,
        pdf_standards="ua-1" if form == "pdf" else [],
    )
    return made if isinstance(made, bytes) else bytes(made[0])
