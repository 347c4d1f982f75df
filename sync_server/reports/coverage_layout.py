"""The coverage report as a page of text and as a table for a spreadsheet."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from io import BytesIO
from typing import Any, TextIO

from shared_schema.display import table
from shared_schema.numerals import shown
from shared_schema.regions import Level, level
from sync_server.coverage import HEADINGS
from sync_server.export import write_csv
from sync_server.figures import MEASURES
from sync_server.reports.coverage_report import CoverageReport
from sync_server.reports.published import Figure
from sync_server.spreadsheet import Sheet, write_workbook

_COLUMNS = {
    "wajib": "Must hold a card",
    "recorded_ministry": "Recorded (ministry)",
    "recorded_field": "Recorded (field)",
    "not_recorded": "Not recorded",
    "printed": "Printed",
    "not_printed": "Not printed",
    "unknown_eligibility": "Age unclear",
}
_INDENT = {Level.REGENCY: "", Level.DISTRICT: "  ", Level.VILLAGE: "    "}
Texts = Callable[[str], str]


def coverage_text(
    report: CoverageReport, lang: str, texts: Texts, *, width: int | None = None
) -> str:
    """Return the report as aligned text, numbers written as the language does.

    ``width``: how many letters fit on a line, None for as many as it takes.
    """
    parts = [
        "\n".join(_heading(report, texts)),
        _counts(report, lang, texts, width),
        "\n".join(_balance(report, lang, texts)),
    ]
    if report.figures:
        parts.append(_figures(report, lang, texts, width))
    if report.findings:
        parts.append("\n".join(_findings(report, lang, texts)))
    return "\n\n".join(parts)


def _heading(report: CoverageReport, texts: Texts) -> Iterator[str]:
    policy = report.rule.policy
    yield texts("Coverage of {region}, as of {day}").format(
        region=report.regions.name(report.region), day=report.as_of.isoformat()
    )
    rule = texts("aged {age} or older").format(age=policy.min_age)
    if policy.eligible_on:
        rule += " " + texts("on {day}").format(day=policy.eligible_on.isoformat())
    if policy.married_count:
        rule += ", " + texts("or ever married")
    if policy.deadline:
        rule += "; " + texts("deadline {day}").format(day=policy.deadline.isoformat())
    yield f"{report.rule.name or texts('Standing rule')}: {rule}"


def _counts(report: CoverageReport, lang: str, texts: Texts, width: int | None) -> str:
    headers = [texts("Region"), *(texts(title) for title in _COLUMNS.values())]
    rows = [
        [
            _INDENT.get(level(code), "") + f"{code} {report.regions.name(code)}",
            *(shown(getattr(count, name), lang) for name in _COLUMNS),
        ]
        for code, count in report.counts.items()
    ]
    return table(headers, rows, width=width, numbers_from=1)


def _balance(report: CoverageReport, lang: str, texts: Texts) -> Iterator[str]:
    if report.balanced:
        yield texts("Every total is the sum of its parts.")
    else:
        yield texts("Some totals are not the sum of their parts; see below.")
    left_out = {name: shown(count, lang) for name, count in asdict(report.left_out).items()}
    yield texts(
        "Not counted: {void} void records, {incomplete} incomplete residents, "
        "{elsewhere} residents of other regions."
    ).format(**left_out)


def _figures(report: CoverageReport, lang: str, texts: Texts, width: int | None) -> str:
    headers = [texts(word) for word in ("Region", "As of", "Measure", "Published", "Read", "Ours")]
    rows = [
        [
            figure.region,
            figure.as_of.isoformat() if figure.as_of else "-",
            _measure(figure, lang),
            figure.published.raw,
            _reading(figure, lang, texts),
            "-" if figure.ours is None else shown(figure.ours, lang),
        ]
        for figure in report.figures
    ]
    page = table(headers, rows, width=width, numbers_from=3)
    return f"{texts('Published figures')}\n{page}"


def _measure(figure: Figure, lang: str) -> str:
    known = MEASURES.get(figure.published.measure)
    return known.text(lang) if known else figure.published.measure


def _reading(figure: Figure, lang: str, texts: Texts) -> str:
    reading = figure.published.reading
    if reading.malformed:
        return texts("unclear")
    about = "± " if figure.approximate else ""
    if reading.value is not None:
        return about + shown(reading.value, lang)
    low, high = (None if end is None else shown(end, lang) for end in (reading.low, reading.high))
    if low is None:
        return f"{about}≤ {high}"
    return f"{about}≥ {low}" if high is None else f"{about}{low} - {high}"


def _findings(report: CoverageReport, lang: str, texts: Texts) -> Iterator[str]:
    yield texts("What the figures say")
    for one in report.findings:
        mark = "!" if one.finding.disagrees else " "
        yield f"{mark} {one.region}  {one.finding.text.text(lang)}"


_HEADERS = ("region", "name", "level", *HEADINGS)


def write_coverage_csv(report: CoverageReport, target: TextIO) -> None:
    """Write the counts as a table, plain numbers under the keys of the JSON document."""
    write_csv(target, _HEADERS, _plain_rows(report))


def coverage_workbook(report: CoverageReport) -> bytes:
    """Return the same table as a workbook."""
    target = BytesIO()
    sheet = Sheet(name="coverage", headers=_HEADERS, rows=_plain_rows(report), widths=(16, 28))
    for _ in write_workbook(target, [sheet]):
        pass
    return target.getvalue()


def _plain_rows(report: CoverageReport) -> list[list[Any]]:
    return [
        [code, report.regions.name(code), level(code).name.lower(), *count.as_dict().values()]
        for code, count in report.counts.items()
    ]
