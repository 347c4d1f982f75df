"""What the outage report says, in both languages, for the console, the pages and the letters."""

from collections.abc import Iterator
from datetime import date

from babel.dates import format_date

from shared_schema.i18n import Label
from shared_schema.numerals import shown
from shared_schema.records import RECORD_TYPES
from sync_server import outages as arithmetic
from sync_server.outages import Outage, Repairs, Span, Standing, Word
from sync_server.redirects import SERVED_A_DAY, Redirect
from sync_server.reports.outage_report import OutageReport

STANDINGS = {
    Standing.DOWN: Label(id="Rusak", en="Down"),
    Standing.INTERMITTENT: Label(id="Kadang berfungsi", en="Works now and then"),
    Standing.UNKNOWN: Label(id="Status belum diketahui", en="Status unknown"),
    Standing.RESTORED: Label(id="Pulih", en="Restored"),
}
_FORMATS = {"month": "MMMM y", "year": "y"}
_ROUGHLY = {
    "estimated": Label(id="sekitar {day}", en="about {day}"),
    "recent": Label(id="baru-baru ini, sekitar {day}", en="recently, about {day}"),
}
AT_OFFICE = "user:"
_OFFICE = Label(id="kantor", en="office")
_NOT_KNOWN = Label(id="tidak diketahui", en="not known")
_RECENTLY = Label(id="baru-baru ini", en="recently")


def day_text(day: date | None, lang: str, precision: str = "day") -> str:
    """Return a day as people write it, no finer than its precision; "-" for none."""
    if day is None:
        return "-"
    written = format_date(day, _FORMATS.get(precision, "d MMMM y"), locale=lang)
    roughly = _ROUGHLY.get(precision)
    return roughly.text(lang).format(day=written) if roughly else written


def since_text(outage: Outage, lang: str) -> str:
    """Return since when it is down, as exactly as anybody said."""
    precision = str(outage.value("started_precision") or "unknown")
    started = outage.value("started")
    if started:
        return day_text(date.fromisoformat(started), lang, precision)
    return (_RECENTLY if precision == "recent" else _NOT_KNOWN).text(lang)


def component_text(outage: Outage, lang: str) -> str:
    """Return what is down."""
    codes = RECORD_TYPES["outage"].fields["component"].codes
    component = outage.value("component")
    return codes.label(component).text(lang) if codes else str(component)


def status_text(status: str, lang: str) -> str:
    """Return what a status is called."""
    codes = RECORD_TYPES["outage"].fields["status"].codes
    return codes.label(status).text(lang) if codes else status


def repairs_tried(outage: Outage, lang: str) -> str:
    """Return how many repairs were tried, and how many of them failed."""
    failed = sum(one.values["result"] == "failed" for one in outage.attempts)
    text = Label(id="{n}, {failed} gagal", en="{n}, {failed} failed").text(lang)
    count = shown(len(outage.attempts), lang)
    return text.format(n=count, failed=shown(failed, lang)) if failed else count


def result_text(result: str, lang: str) -> str:
    """Return what the result of a repair is called."""
    codes = RECORD_TYPES["repair_attempt"].fields["result"].codes
    return codes.label(result).text(lang) if codes else result


def place_text(report: OutageReport, outage: Outage) -> str:
    """Return where it is: the region's name, and the place in its reports' words beside it."""
    name = report.regions.name(outage.area) if outage.area else ""
    words = outage.place
    if not name or words == outage.area or name.casefold() in words.casefold():
        return words if name.casefold() in words.casefold() and name else name or words
    return f"{name} ({words})" if words else name


def span_text(span: Span, lang: str) -> str:
    """Return how many days, within what is known."""
    least = shown(span.least, lang)
    if span.most is None and not span.least:
        return Label(id="lamanya tidak diketahui", en="nobody knows how long").text(lang)
    if span.most is None:
        return Label(id="{n} hari atau lebih", en="{n} days or more").text(lang).format(n=least)
    if span.most == span.least:
        return Label(id="{n} hari", en="{n} days").text(lang).format(n=least)
    text = Label(id="{n} sampai {m} hari", en="{n} to {m} days").text(lang)
    return text.format(n=least, m=shown(span.most, lang))


def repairs_text(repairs: Repairs, lang: str) -> str:
    """Return the mean time to repair with what it is the mean of."""
    if repairs.least is None or repairs.most is None:
        text = Label(
            id="Rata-rata lama perbaikan belum dapat dihitung: belum ada gangguan yang pulih "
            "dengan tanggal mulai dan pulih yang diketahui.",
            en="The mean time to repair cannot be told yet: no outage is restored of which the "
            "first and the last day are known.",
        )
        return text.text(lang)
    least, most = round(repairs.least), round(repairs.most)
    text = Label(
        id="Rata-rata lama perbaikan {span}, dari {counted} gangguan yang pulih; {left_out} tidak "
        "dihitung karena tanggalnya tidak diketahui.",
        en="Mean time to repair {span}, of {counted} restored outages; {left_out} not counted, "
        "as their days are not known.",
    )
    return text.text(lang).format(
        span=span_text(Span(least=least, most=most), lang),
        counted=shown(repairs.counted, lang),
        left_out=shown(repairs.left_out, lang),
    )


def disagreement_texts(outage: Outage, lang: str) -> Iterator[tuple[str, str]]:
    """Yield the label of each field that words disagree about, and who says what."""
    for name, saying in arithmetic.disagreements(outage).items():
        yield field_text(name, lang), "; ".join(word_text(one, name, lang) for one in saying)


def field_text(name: str, lang: str) -> str:
    """Return what a field of a statement is called."""
    return RECORD_TYPES["outage_statement"].fields[name].label.text(lang)


def word_text(word: Word, name: str, lang: str) -> str:
    """Return what one mouth said about a field, and when."""
    said = status_text(word.said[name], lang) if name == "status" else word.said[name]
    return f"{mouth_text(word.by, lang)}, {day_text(word.on, lang)}: {said}"


def mouth_text(by: str, lang: str) -> str:
    """Return who said something: at the office, or by the name that was given."""
    if not by.startswith(AT_OFFICE):
        return by
    return f"{by.removeprefix(AT_OFFICE)} ({_OFFICE.text(lang)})"


def warnings(report: OutageReport, one: Redirect, lang: str) -> list[str]:
    """Return what speaks against sending people there."""
    name = report.regions.name(one.target) if one.target else one.words
    found = {
        Label(id="{name} sendiri dilaporkan rusak.", en="{name} is itself reported down."): bool(
            one.down
        ),
        Label(
            id="Keadaan {name} sendiri tidak diketahui.",
            en="How {name} itself stands is not known.",
        ): bool(one.unclear and not one.down),
        Label(
            id="Warga {name} dialihkan ke {name} sendiri.",
            en="The people of {name} are sent to {name} itself.",
        ): one.to_itself,
        Label(
            id="{people} warga dialihkan ke {name}; satu alat melayani sekitar {served} sehari.",
            en="{people} people are sent to {name}; one recording set serves about {served} a day.",
        ): one.overloaded,
    }
    filled = {"name": name, "people": shown(one.displaced, lang), "served": SERVED_A_DAY}
    return [text.text(lang).format(**filled) for text, so in found.items() if so]
