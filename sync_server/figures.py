"""Published figures: whether those of one region and day agree with each other.

The raw text is never changed. What the other figures say a malformed one should be is a
proposal beside it. All arithmetic is exact (Decimal), so that a share of 16.88 is the share.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from shared_schema.days import written_day
from shared_schema.i18n import Label
from shared_schema.numerals import Reading, shown

DEADLINE = "batas_waktu"
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One figure as published, with our reading of its raw text."""

    measure: str
    raw: str
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the arithmetic says, in both languages.

    `disagrees` tells a contradiction from a plain result. `proposed` is set for a malformed
    figure whose value the others give.
    """

    code: str
    text: Label
    measure: str | None = None
    published: str | None = None
    computed: Decimal | None = None
    proposed: Decimal | None = None
    disagrees: bool = False


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Return the share of `part` in `whole` in percent, to two places."""
    return (part * 100 / whole).quantize(HUNDREDTH, ROUND_HALF_UP)


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1), ROUND_HALF_UP)


def label(indonesian: str, english: str, **parts: Decimal | date | str) -> Label:
    """Return a sentence in both languages, its numbers and days written as each language does."""

    def filled(template: str, lang: str) -> str:
        return template.format_map({name: _written(part, lang) for name, part in parts.items()})

    return Label(id=filled(indonesian, "id"), en=filled(english, "en"))


def _written(part: Decimal | date | str, lang: str) -> str:
    if isinstance(part, str):
        return part
    return written_day(part, lang) if isinstance(part, date) else shown(part, lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The figures that one region published of one day, by measure; `as_of` None: undated.

    `deadline` is the policy's, where one is known. `malformed` are those read as no number.
    """

    figures: Mapping[str, Published]
    as_of: date | None = None
    deadline: date | None = None

    def value(self, measure: str) -> Decimal | None:
        """Return the one number published for a measure, None where there is none."""
        figure = self.figures.get(measure)
        return figure.reading.value if figure else None

    def raw(self, measure: str) -> str | None:
        """Return the text published for a measure."""
        figure = self.figures.get(measure)
        return figure.raw if figure else None


def check_figures(day: Day) -> tuple[Finding, ...]:
    """Return what the figures of one region and day say about each other.

    The measures known are wajib_ktp, sudah_rekam, sudah_cetak, belum_cetak,
    belum_rekam_persen, stok_blangko, blangko_diminta and blangko_diberi; any other is only
    read. Nothing is said where an input is missing.
    """
    found = [finding for check in _CHECKS for finding in check(day)]
    explained = {finding.measure for finding in found if finding.code == "FIGURE_MALFORMED"}
    found += [
        _malformed(figure, None)
        for measure, figure in sorted(day.figures.items())
        if figure.reading.malformed and measure not in explained
    ]
    return tuple(found)


def _malformed(figure: Published, proposed: Decimal | None) -> Finding:
    if proposed is None:
        text = label(
            'Tertulis "{raw}" bukan angka yang jelas; disimpan apa adanya.',
            'The published "{raw}" is not a clear number; it is kept as it is.',
            raw=figure.raw,
        )
    else:
        text = label(
            'Tertulis "{raw}" bukan angka yang jelas; disimpan apa adanya, usulan {proposed}.',
            'The published "{raw}" is not a clear number; it is kept as it is, '
            "proposed {proposed}.",
            raw=figure.raw,
            proposed=proposed,
        )
    return Finding(
        code="FIGURE_MALFORMED",
        text=text,
        measure=figure.measure,
        published=figure.raw,
        computed=proposed,
        proposed=proposed,
        disagrees=True,
    )


def _not_recorded(day: Day) -> Iterator[Finding]:
    due, recorded = day.value("wajib_ktp"), day.value("sudah_rekam")
    if due is None or recorded is None or not due:
        return
    missing = due - recorded
    share = percent(missing, due)
    sides = {"due": due, "recorded": recorded, "missing": missing, "share": share}
    raw = day.raw("belum_rekam_persen")
    if raw is None:
        yield Finding(
            code="NOT_RECORDED",
            text=label(
                "{due} - {recorded} = {missing} belum rekam = {share} persen.",
                "{due} - {recorded} = {missing} not recorded = {share} percent.",
                **sides,
            ),
            computed=missing,
        )
        return
    published = day.value("belum_rekam_persen")
    yield Finding(
        code="NOT_RECORDED_SHARE",
        text=label(
            "{due} - {recorded} = {missing} belum rekam = {share} persen (tertulis {raw}).",
            "{due} - {recorded} = {missing} not recorded = {share} percent (published {raw}).",
            **sides,
            raw=raw,
        ),
        measure="belum_rekam_persen",
        published=raw,
        computed=share,
        disagrees=published is not None and not _same_at_its_places(published, share),
    )


def _same_at_its_places(published: Decimal, computed: Decimal) -> bool:
    """Compare at as many decimal places as the publisher wrote."""
    return computed.quantize(published, ROUND_HALF_UP) == published


def _not_printed(day: Day) -> Iterator[Finding]:
    recorded, printed = day.value("sudah_rekam"), day.value("sudah_cetak")
    if recorded is None or printed is None:
        return
    waiting = recorded - printed
    sides = {"recorded": recorded, "printed": printed, "waiting": waiting}
    figure = day.figures.get("belum_cetak")
    published = figure.reading.value if figure else None
    yield Finding(
        code="NOT_PRINTED",
        text=label(
            "{recorded} - {printed} = {waiting} sudah rekam, belum cetak"
            + (" (tertulis {raw})." if figure else "."),
            "{recorded} - {printed} = {waiting} recorded but not printed"
            + (" (published {raw})." if figure else "."),
            **sides,
            raw=figure.raw if figure else "",
        ),
        measure="belum_cetak",
        published=figure.raw if figure else None,
        computed=waiting,
        disagrees=published is not None and published != waiting,
    )
    if figure and figure.reading.malformed:
        yield _malformed(figure, waiting)


def _without_card(day: Day) -> Iterator[Finding]:
    due, printed = day.value("wajib_ktp"), day.value("sudah_cetak")
    if due is None or printed is None or not due:
        return
    without = due - printed
    yield Finding(
        code="WITHOUT_CARD",
        text=label(
            "{printed} / {due} = {share} persen sudah cetak; {without} belum memegang KTP.",
            "{printed} / {due} = {share} percent printed; {without} without a card.",
            printed=printed,
            due=due,
            share=percent(printed, due),
            without=without,
        ),
        computed=without,
    )


def _order(day: Day) -> Iterator[Finding]:
    """Yield the parts that are larger than their whole."""
    for part, whole in (("sudah_rekam", "wajib_ktp"), ("sudah_cetak", "sudah_rekam")):
        inner, outer = day.value(part), day.value(whole)
        if inner is not None and outer is not None and inner > outer:
            yield Finding(
                code="PART_ABOVE_WHOLE",
                text=label(
                    "{part} {inner} lebih besar daripada {whole} {outer}.",
                    "{part} {inner} is larger than {whole} {outer}.",
                    part=part,
                    whole=whole,
                    inner=inner,
                    outer=outer,
                ),
                measure=part,
                published=day.raw(part),
                computed=outer,
                disagrees=True,
            )


def _blanks(day: Day) -> Iterator[Finding]:
    recorded, printed = day.value("sudah_rekam"), day.value("sudah_cetak")
    stock = day.value("stok_blangko")
    if recorded is None or printed is None or stock is None or recorded <= printed:
        return
    waiting = recorded - printed
    short = max(waiting - stock, Decimal(0))
    yield Finding(
        code="BLANKS_SHORT" if short else "BLANKS_ENOUGH",
        text=label(
            "{stock} keping blangko mencakup {share} persen dari {waiting} yang menunggu "
            "KTP; kurang {short}.",
            "{stock} blank cards cover {share} percent of the {waiting} waiting for a card; "
            "short {short}.",
            stock=stock,
            share=_rounded(stock * 100 / waiting),
            waiting=waiting,
            short=short,
        ),
        measure="stok_blangko",
        published=day.raw("stok_blangko"),
        computed=short,
    )


def _pace(day: Day) -> Iterator[Finding]:
    due, recorded = day.value("wajib_ktp"), day.value("sudah_rekam")
    if due is None or recorded is None or day.as_of is None or day.deadline is None:
        return
    days = (day.deadline - day.as_of).days
    if days < 1 or recorded >= due:
        return
    pace = _rounded((due - recorded) / days)
    yield Finding(
        code="PACE_NEEDED",
        text=label(
            "Untuk mencapai batas waktu {deadline} perlu sekitar {pace} perekaman sehari "
            "selama {days} hari.",
            "Meeting the deadline of {deadline} needs about {pace} recordings a day over "
            "{days} days.",
            deadline=day.deadline,
            pace=pace,
            days=Decimal(days),
        ),
        computed=pace,
    )


def _granted(day: Day) -> Iterator[Finding]:
    asked, given = day.figures.get("blangko_diminta"), day.figures.get("blangko_diberi")
    if asked is None or given is None:
        return
    low, high, most = asked.reading.low, asked.reading.high, given.reading.high
    if not low or not high or most is None:
        return
    shares = _rounded(most * 100 / high), _rounded(most * 100 / low)
    yield Finding(
        code="BLANKS_GRANTED",
        text=label(
            "Blangko yang diberi paling banyak {least} sampai {most} persen dari yang diminta.",
            "The blank cards granted are at most {least} to {most} percent of those asked for.",
            least=shares[0],
            most=shares[1],
        ),
        measure="blangko_diberi",
        published=given.raw,
        computed=shares[1],
    )


_CHECKS: tuple[Callable[[Day], Iterator[Finding]], ...] = (
    _not_recorded,
    _not_printed,
    _without_card,
    _order,
    _pace,
    _blanks,
    _granted,
)
MEASURES: Mapping[str, Label] = MappingProxyType(
    {
        "wajib_ktp": Label(id="Wajib KTP", en="Must hold a card"),
        "sudah_rekam": Label(id="Sudah rekam", en="Recorded"),
        "sudah_cetak": Label(id="Sudah cetak", en="Printed"),
        "belum_cetak": Label(id="Belum cetak", en="Not printed"),
        "belum_rekam_persen": Label(id="Belum rekam (persen)", en="Not recorded (percent)"),
        "stok_blangko": Label(id="Stok blangko", en="Blank stock"),
        "blangko_diminta": Label(id="Blangko diminta", en="Blank cards asked for"),
        "blangko_diberi": Label(id="Blangko diberi", en="Blank cards granted"),
        DEADLINE: Label(id="Batas waktu", en="Deadline"),
    }
)
