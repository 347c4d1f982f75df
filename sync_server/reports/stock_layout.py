"""The report of blank cards as a page of text and as a table for a spreadsheet."""

from collections.abc import Callable, Iterator
from typing import Any

from shared_schema.display import table
from shared_schema.i18n import Label
from shared_schema.numerals import shown
from sync_server.reports.outage_words import day_text
from sync_server.reports.stock_report import COLUMNS, PARTS, StockReport, percent, stock_row
from sync_server.stock import Balance, Forecast

Texts = Callable[[str], str]
PART_LABELS = {
    "requested": Label(id="Diminta", en="Requested"),
    "granted": Label(id="Disetujui", en="Granted"),
    "opening": Label(id="Stok awal", en="Opening"),
    "received": Label(id="Diterima", en="Received"),
    "adjusted": Label(id="Penyesuaian", en="Adjusted"),
    "difference": Label(id="Selisih hitung", en="Count difference"),
    "used": Label(id="Terpakai", en="Used"),
    "spoiled": Label(id="Rusak cetak", en="Spoiled"),
    "remaining": Label(id="Sisa", en="Remaining"),
}


def stock_text(report: StockReport, lang: str, texts: Texts, *, width: int | None = None) -> str:
    """Return the report as aligned text; ``width``: how many letters fit on a line."""
    heading = texts("Blank cards as of {day}").format(day=report.as_of.isoformat())
    parts = [heading]
    if report.offices:
        parts += [_table(report, lang, texts, width), "\n".join(_ahead(report, lang))]
    else:
        parts.append(texts("No movement of blank cards is known."))
    if said := list(_findings(report, lang)):
        parts.append("\n".join(said))
    return "\n\n".join(parts)


def _table(report: StockReport, lang: str, texts: Texts, width: int | None) -> str:
    headers = [texts("Office"), *(PART_LABELS[name].text(lang) for name in PARTS)]
    lines = [(one.name, one.balance) for one in report.offices]
    lines.append((texts("Total"), report.total))
    rows = [
        [name, *(shown(value, lang) for value in _parts_of(balance))] for name, balance in lines
    ]
    return table(headers, rows, width=width, numbers_from=1)


def _parts_of(balance: Balance) -> list[int]:
    return [balance.as_dict()[name] for name in PARTS]


def _ahead(report: StockReport, lang: str) -> Iterator[str]:
    for one in report.offices:
        told = [forecast_text(one.forecast, lang), fill_text(one.balance, lang)]
        yield f"{one.name}: {' '.join(text for text in told if text)}"


def _findings(report: StockReport, lang: str) -> Iterator[str]:
    for one in report.offices:
        for finding in one.findings:
            yield f"{'!' if finding.disagrees else ' '} {one.name}: {finding.text.text(lang)}"
    for said in report.said:
        mark = "!" if said.finding.disagrees else " "
        yield f"{mark} {said.region}: {said.finding.text.text(lang)}"


def forecast_text(ahead: Forecast, lang: str) -> str:
    """Return how long the cards last, with the assumption."""
    if ahead.days_left is None:
        text = Label(
            id="Tidak ada blangko terpakai dalam {days} hari terakhir; tidak ada perkiraan.",
            en="No blank card was used in the last {days} days; there is no forecast.",
        )
        return text.text(lang).format(days=ahead.window_days)
    text = Label(
        id="Cukup untuk {left} hari (sampai {day}) bila tetap {rate} keping sehari seperti "
        "{days} hari terakhir.",
        en="Enough for {left} days (until {day}) if {rate} a day go on being used as in the "
        "last {days} days.",
    )
    return text.text(lang).format(
        left=shown(ahead.days_left, lang),
        day=day_text(ahead.runs_out, lang),
        rate=shown(round(ahead.a_day), lang) if ahead.a_day >= 1 else "< 1",
        days=ahead.window_days,
    )


def fill_text(parts: Balance, lang: str) -> str:
    """Return the share of the cards asked for that was granted; empty where none were."""
    share = percent(parts.fill_rate)
    if share is None:
        return ""
    number = f"{share:.1f}".removesuffix(".0")
    text = Label(
        id="Dipenuhi {share} persen dari yang diminta.",
        en="{share} percent of what was asked for was granted.",
    )
    return text.text(lang).format(share=number if lang == "en" else number.replace(".", ","))


def stock_rows(report: StockReport) -> list[list[Any]]:
    """Return one line an office, under COLUMNS, the keys of the JSON document."""
    return [[stock_row(one)[name] for name in COLUMNS] for one in report.offices]
