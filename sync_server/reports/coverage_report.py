"""The coverage report: counts by region under a policy, and the published figures beside them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.eligibility import Policy
from shared_schema.errors import InputError
from shared_schema.regions import Level, RegionTable, contains, level
from sync_server.coverage import STANDING_RULE, Count, count_regions, imbalances
from sync_server.figures import Finding, label
from sync_server.lookup import resolve
from sync_server.reports.published import Figure, RegionFinding, figures, findings
from sync_server.reports.residents import Census, LeftOut
from sync_server.reports.stock_report import stock_report
from sync_server.store import tables
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact

CAMPAIGN = "campaign"


class CampaignUnknown(InputError):
    """Record {text} is no campaign. Copy the id that `campaign add` printed."""

    code = "CAMPAIGN_UNKNOWN"


class RegionNotHere(InputError):
    """No region of this office is called {text}. Write a code it knows, such as 53.15.05."""

    code = "REGION_NOT_HERE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The policy a report goes by; `campaign` and `name` None for the standing rule."""

    policy: Policy
    area: str | None = None
    campaign: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for. `on`: the day that counts where the policy names none."""

    on: date
    region: str | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """The answer, ready to be laid out."""

    as_of: date
    region: str
    rule: Rule
    counts: Mapping[str, Count]
    left_out: LeftOut
    figures: tuple[Figure, ...]
    findings: tuple[RegionFinding, ...]
    balanced: bool
    regions: RegionTable


def coverage_report(connection: Connection, question: Question) -> CoverageReport:
    """Count coverage as one moment of the store has it.

    Raises RegionNotHere; CampaignUnknown, RecordUnknown, RecordAmbiguous for a campaign that is
    none.
    """
    office = facts.need(connection, Fact.REGION)
    rule = rule_for(connection, question.region or office, question.campaign)
    region = question.region or rule.area or office
    table = RegionTable.from_rows(facts.region_rows(connection))
    if question.region is not None and question.region not in table.names:
        raise RegionNotHere(text=question.region)
    census = Census(connection=connection)
    inside = (
        one for one in census.residents(office) if contains(region, str(one.values["village"]))
    )
    always = [region, *table.districts(region)]
    everywhere = count_regions(inside, rule.policy, question.on, always=always)
    counts = {code: count for code, count in everywhere.items() if contains(region, code)}
    uneven = imbalances(counts)
    cards = stock_report(connection, question.on).by_region
    known = figures(connection, question.region, counts, cards)
    said = [*_unbalanced(uneven), *findings(known, rule.policy.deadline)]
    return CoverageReport(
        as_of=question.on,
        region=region,
        rule=rule,
        counts=counts,
        left_out=census.left_out,
        figures=tuple(known),
        findings=tuple(said),
        balanced=not uneven,
        regions=table,
    )


def down_to(report: CoverageReport, deepest: Level) -> CoverageReport:
    """Return the report without the rows of regions below a level; totals stay what they are."""
    shown = {code: one for code, one in report.counts.items() if level(code) <= deepest}
    return replace(report, counts=shown)


def rule_for(connection: Connection, region: str, campaign: str | None = None) -> Rule:
    """Return the rule of a campaign, else of the newest in a region, else the standing rule.

    Raises CampaignUnknown, RecordUnknown, RecordAmbiguous.
    """
    if campaign is not None:
        found = resolve(connection, campaign)
        values = found.state.values()
        if found.state.type != CAMPAIGN or not found.complete or found.state.void is not None:
            raise CampaignUnknown(text=campaign)
        return _campaign_rule(str(found.record), values)
    table = tables.records
    query = select(table.c.record, table.c.shown, table.c.born).where(
        table.c.type == CAMPAIGN, table.c.void.is_(False), table.c.complete.is_(True)
    )
    covering = [
        (values.get("starts_on", ""), row.born, row.record, values)
        for row in connection.execute(query)
        if contains((values := decode(row.shown.encode()))["area"], region)
    ]
    if not covering:
        return Rule(policy=STANDING_RULE)
    _, _, record, values = max(covering, key=lambda one: one[:3])
    return _campaign_rule(record, values)


def _campaign_rule(record: str, values: Mapping[str, Any]) -> Rule:
    return Rule(
        policy=Policy.from_json(values.get("policy") or {}),
        area=values["area"],
        campaign=record,
        name=values["name"],
    )


def _unbalanced(uneven: tuple[tuple[str, str], ...]) -> list[RegionFinding]:
    return [
        RegionFinding(
            region=region,
            as_of=None,
            finding=Finding(
                code="REPORT_UNBALANCED",
                text=label(
                    "Jumlah {heading} tidak sama dengan bagian-bagiannya.",
                    "The total of {heading} is not the sum of its parts.",
                    heading=heading,
                ),
                measure=heading,
                disagrees=True,
            ),
        )
        for region, heading in uneven
    ]


def coverage_document(report: CoverageReport, lang: str) -> dict[str, Any]:
    """Return the report as a JSON document; sentences in `lang`, and in both under `texts`."""
    return {
        "as_of": report.as_of.isoformat(),
        "region": report.region,
        "policy": policy_document(report.rule),
        "regions": [
            {
                "region": code,
                "name": report.regions.name(code),
                "level": level(code).name.lower(),
                **count.as_dict(),
            }
            for code, count in report.counts.items()
        ],
        "balanced": report.balanced,
        "left_out": asdict(report.left_out),
        "figures": [figure_document(figure) for figure in report.figures],
        "findings": [finding_document(one, report.regions, lang) for one in report.findings],
    }


def policy_document(rule: Rule) -> dict[str, Any]:
    """Return the rule that a report goes by as a JSON document."""
    policy = rule.policy
    return {
        "campaign": rule.campaign,
        "name": rule.name,
        "min_age": policy.min_age,
        "married_count": policy.married_count,
        "eligible_on": policy.eligible_on.isoformat() if policy.eligible_on else None,
        "deadline": policy.deadline.isoformat() if policy.deadline else None,
    }


def figure_document(figure: Figure) -> dict[str, Any]:
    """Return a published figure beside our own as a JSON document."""
    reading = figure.published.reading
    return {
        "record": figure.record,
        "region": figure.region,
        "as_of": figure.as_of.isoformat() if figure.as_of else None,
        "measure": figure.published.measure,
        "raw": figure.published.raw,
        "value": _plain(reading.value),
        "low": _plain(reading.low),
        "high": _plain(reading.high),
        "malformed": reading.malformed,
        "approximate": figure.approximate,
        "source": figure.source,
        "ours": _plain(figure.ours),
    }


def finding_document(one: RegionFinding, regions: RegionTable, lang: str) -> dict[str, Any]:
    """Return what the arithmetic says as a JSON document; its sentence in ``lang`` and in both."""
    finding = one.finding
    return {
        "region": one.region,
        "name": regions.name(one.region),
        "as_of": one.as_of.isoformat() if one.as_of else None,
        "code": finding.code,
        "text": finding.text.text(lang),
        "texts": {"id": finding.text.id, "en": finding.text.en},
        "measure": finding.measure,
        "published": finding.published,
        "computed": _plain(finding.computed),
        "proposed": _plain(finding.proposed),
        "disagrees": finding.disagrees,
    }


def _plain(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)
