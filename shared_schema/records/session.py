"""A service point: one place, one day, how many came and how many were recorded."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared_schema.i18n import Label
from shared_schema.records.fields import (
    LATEST,
    RecordSchema,
    day,
    integer,
    note,
    reference,
    region,
    specs,
    text,
)
from shared_schema.records.problems import Problem, problem
from shared_schema.records.types import CheckContext, RecordType
from shared_schema.regions import Level


class SessionSchema(RecordSchema):
    """A day at a service point. Tallies are counted on the spot; the latest count wins."""

    place = text("Tempat", "Place", required=True)
    date = day("Tanggal", "Date", required=True)
    campaign = reference("Kegiatan", "Campaign", to="campaign")
    village = region("Desa/kelurahan", "Village", level=Level.VILLAGE)
    invited = integer("Diundang", "Invited", merge=LATEST)
    attended = integer("Hadir", "Attended", merge=LATEST)
    recorded = integer("Sudah rekam", "Recorded", merge=LATEST)
    note = note()


def _tallies_are_likely(values: Mapping[str, Any], _context: CheckContext) -> Iterable[Problem]:
    if values.get("recorded", 0) > values.get("attended", values.get("recorded", 0)):
        yield problem("TALLY_UNLIKELY", "recorded")


TYPE = RecordType(
    name="session",
    version=1,
    label=Label(id="Titik layanan", en="Service point"),
    schema=SessionSchema,
    fields=specs(SessionSchema),
    area=("village",),
    parents=("campaign",),
    title=("date", "place"),
    rules=(_tallies_are_likely,),
)
