"""Blank cards that came, went or were counted at an office. Movements must balance."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared_schema.i18n import Label
from shared_schema.records.fields import RecordSchema, code, day, integer, note, specs, text
from shared_schema.records.problems import Problem, problem
from shared_schema.records.types import CheckContext, CodeList, RecordType

KIND = CodeList.of(
    "kind",
    {
        "opening": ("Stok awal", "opening"),
        "requested": ("Diminta", "requested"),
        "granted": ("Disetujui", "granted"),
        "received": ("Diterima", "received"),
        "used": ("Terpakai", "used"),
        "spoiled": ("Rusak cetak", "spoiled"),
        "adjusted": ("Penyesuaian", "adjusted"),
    },
)


class StockMovementSchema(RecordSchema):
    """A number of blank cards; only an adjustment may be negative."""

    office = text("Kantor", "Office", required=True)
    kind = code(KIND, "Jenis", "Kind", required=True)
    quantity = integer("Jumlah keping", "Blank cards", minimum=-10_000_000, required=True)
    date = day("Tanggal", "Date", past=True, required=True)
    document = text("Dokumen", "Document")
    note = note()


def _only_adjustments_fall(values: Mapping[str, Any], _context: CheckContext) -> Iterable[Problem]:
    if values.get("kind") != "adjusted" and values.get("quantity", 0) < 0:
        yield problem("QUANTITY_NEGATIVE", "quantity", StockMovementSchema.label_of("quantity"))


TYPE = RecordType(
    name="stock_movement",
    version=1,
    label=Label(id="Stok blangko", en="Blank stock"),
    schema=StockMovementSchema,
    fields=specs(StockMovementSchema),
    area=("office",),
    title=("date", "kind", "quantity"),
    rules=(_only_adjustments_fall,),
)
