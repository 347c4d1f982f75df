"""A drive: an area, a span of days, and the policy that says who must be reached by when."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared_schema.i18n import Label
from shared_schema.records.fields import (
    RecordSchema,
    boolean,
    day,
    integer,
    parts,
    region,
    specs,
    text,
)
from shared_schema.records.problems import Problem, problem
from shared_schema.records.types import CheckContext, RecordType


class CampaignSchema(RecordSchema):
    """A campaign; its policy is one value, so that no two policies ever mix."""

    name = text("Nama kegiatan", "Name", required=True)
    area = region("Wilayah", "Area", required=True)
    policy = parts(
        "Kebijakan",
        "Policy",
        of={
            "eligible_on": day("Tanggal penentuan umur", "Age counts on"),
            "min_age": integer("Umur terendah", "Minimum age", maximum=150),
            "married_count": boolean("Yang kawin termasuk", "Married people count"),
            "deadline": day("Batas waktu", "Deadline"),
        },
    )
    starts_on = day("Mulai", "Starts on")
    ends_on = day("Selesai", "Ends on")


def _ends_after_start(values: Mapping[str, Any], _context: CheckContext) -> Iterable[Problem]:
    if values.get("ends_on", "9999") < values.get("starts_on", ""):
        yield problem("DATE_ORDER", "ends_on", CampaignSchema.label_of("ends_on"))


TYPE = RecordType(
    name="campaign",
    version=1,
    label=Label(id="Kegiatan", en="Campaign"),
    schema=CampaignSchema,
    fields=specs(CampaignSchema),
    area=("area",),
    title=("name",),
    rules=(_ends_after_start,),
)
