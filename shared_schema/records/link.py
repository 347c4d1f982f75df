"""A verdict about two records: the same person or outage, different ones, or not yet known."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared_schema.i18n import Label
from shared_schema.records.fields import (
    LATEST,
    SERVER,
    RecordSchema,
    code,
    note,
    number,
    reference,
    specs,
    text,
)
from shared_schema.records.problems import Problem, problem
from shared_schema.records.types import CheckContext, CodeList, RecordType

VERDICT = CodeList.of(
    "verdict",
    {
        "same": ("Orang yang sama", "same person"),
        "different": ("Orang berbeda", "different people"),
        "undecided": ("Belum yakin", "undecided"),
    },
)


class LinkSchema(RecordSchema):
    """A verdict; the server adds who or which matcher gave it, and the match weight in bits."""

    a = reference("Catatan pertama", "First record", required=True)
    b = reference("Catatan kedua", "Second record", required=True)
    verdict = code(VERDICT, "Keputusan", "Verdict", required=True)
    reason = note("Alasan", "Reason")
    method = text("Cara", "Method", merge=LATEST, origin=SERVER)
    weight = number(
        "Bobot", "Match weight", minimum=-1000, maximum=1000, merge=LATEST, origin=SERVER
    )


def _two_records(values: Mapping[str, Any], _context: CheckContext) -> Iterable[Problem]:
    if "a" in values and values["a"] == values.get("b"):
        yield problem("LINK_TO_SELF", "b")


TYPE = RecordType(
    name="link",
    version=1,
    label=Label(id="Keputusan ganda", en="Identity verdict"),
    schema=LinkSchema,
    fields=specs(LinkSchema),
    parents=("a", "b"),
    title=("verdict",),
    rules=(_two_records,),
)
