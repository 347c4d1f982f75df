"""Days as Indonesian texts write them, read without guessing and written back."""

import re
from datetime import date

_MONTHS = (
    "januari februari maret april mei juni juli agustus september oktober november desember".split()
)
_ENGLISH = (
    "January February March April May June July August September October November December".split()
)
_WRITTEN = re.compile(r"([0-9]{1,2}) ([a-z]+) ([0-9]{4})")


def read_day(text: str) -> date | None:
    """Return the day that `2016-09-30` or `30 September 2016` says; None for any other text."""
    bare = " ".join(text.lower().split())
    try:
        if found := _WRITTEN.fullmatch(bare):
            return date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
        return date.fromisoformat(bare)
    except ValueError:
        return None


def written_day(day: date, lang: str) -> str:
    """Return a day as the language writes it: 30 September 2016."""
    month = _ENGLISH[day.month - 1] if lang == "en" else _MONTHS[day.month - 1].capitalize()
    return f"{day.day} {month} {day.year}"
