"""The language of a page: Indonesian, or English where the officer has chosen it."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import g, request

from shared_schema.i18n import LANGUAGES, translator

PACKAGE = "field_client"
GROUND = "shared_schema"
COOKIE = "jemput_lang"
METRES_OF_KM = 1000


def language() -> str:
    """Return the language of this request."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else str(g.default_language)


def text() -> Callable[[str], str]:
    """Return the function from an English source text to the language of this request."""
    own, ground = (translator(package, language()) for package in (PACKAGE, GROUND))
    return lambda source: said if (said := own(source)) != source else ground(source)


def clock_text(moment: datetime, today: datetime) -> str:
    """Return a time as people say it: the hour alone where it is of today."""
    form = "HH.mm" if language() == "id" else "HH:mm"
    pattern = form if moment.date() == today.date() else f"d MMM y, {form}"
    return str(format_datetime(moment, pattern, locale=language()))


def local(unix_ms: int, zone: tzinfo | None) -> datetime:
    """Return a time in the office's zone, or in this laptop's where that is not known."""
    return datetime.fromtimestamp(unix_ms / 1000, tz=zone).astimezone(zone)


def day_text(day: date) -> str:
    """Return a day as people write it."""
    return str(format_date(day, "EEEE, d MMMM y", locale=language()))


def size_text(size_bytes: int) -> str:
    """Return a number of bytes as people say it: in kB, above a thousand of those in MB."""
    for unit, least in (("MB", 1_000_000), ("kB", 1000)):
        if size_bytes >= least:
            number = format_decimal(size_bytes / least, format="#,##0.#", locale=language())
            return f"{number} {unit}"
    return f"{size_bytes} B"


def length_text(metres: float) -> str:
    """Return a length as people say it."""
    if metres < METRES_OF_KM:
        return f"{metres:.0f} m"
    number = format_decimal(metres / METRES_OF_KM, format="#,##0.#", locale=language())
    return f"{number} km"


def rough_text(day: str, precision: str, words: str) -> str:
    """Return a day as far as it is known, as it was typed where that is no date.

    ``words``: what a precision without a date is called.
    """
    forms = {"day": "d MMMM y", "month": "MMMM y", "year": "y"}
    if not day or precision not in forms:
        return words
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return day
    return str(format_date(known, forms[precision], locale=language()))
