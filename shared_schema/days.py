"""Days as Indonesian texts write them, read without guessing."""

import re
from datetime import date

_MONTHS = (
    "januari februari maret april mei juni juli agustus september oktober november desember".split()
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
