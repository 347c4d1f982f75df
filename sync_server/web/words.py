"""The language of a page: Indonesian, or English where the user has chosen it."""

from collections.abc import Callable
from datetime import date, tzinfo
from decimal import Decimal

from flask import request

from shared_schema import display
from shared_schema.i18n import DEFAULT_LANGUAGE, LANGUAGES, translator
from shared_schema.numerals import shown

PACKAGE = "sync_server"
GROUND = "shared_schema"
COOKIE = "jemput_lang"
KEYS_COOKIE = "jemput_keys"


def language() -> str:
    """Return the language of this request."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def text() -> Callable[[str], str]:
    """Return the function from an English source text to the language of this request."""
    own, ground = (translator(package, language()) for package in (PACKAGE, GROUND))
    return lambda source: said if (said := own(source)) != source else ground(source)


def time_text(unix_ms: int | None, zone: tzinfo | None) -> str:
    """Return a time as people at the office read it."""
    if unix_ms is None:
        return "-"
    day, _, clock = display.instant(unix_ms, zone).partition(" ")
    return f"{day_text(day)}, {clock}" if clock else day


def number(value: float | None) -> str:
    """Return a number as this language writes it; "-" for none."""
    if value is None:
        return "-"
    return shown(value if isinstance(value, int) else Decimal(str(round(value, 2))), language())


def bits(value: float) -> str:
    """Return evidence with its sign and one place, as this language writes it: +27,0."""
    said = f"{value:+.1f}"
    return said.replace(".", ",") if language() == "id" else said


def percent(part: int, whole: int) -> str:
    """Return a share with one place, "-" of nothing."""
    return f"{number(round(100 * part / whole, 1))} %" if whole else "-"


def day_text(day: date | str | None) -> str:
    """Return a day as this language writes it: 1 September 2016; "-" for none."""
    if not day:
        return "-"
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{found.day} {_MONTHS[language()][found.month - 1]} {found.year}"


def short_day(day: date) -> str:
    """Return a day in few letters, for the axis of a chart: 1 Sep 16."""
    return f"{day.day} {_MONTHS[language()][day.month - 1][:3]} {day.year % 100:02d}"


_MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_ROLES = {
    "viewer": "District viewer",
    "supervisor": "Supervisor",
    "administrator": "Administrator",
    "auditor": "Auditor",
}
_ACTIONS = {
    "sign-in": "signed in",
    "sign-in-refused": "wrong passphrase",
    "sign-out": "signed out",
    "passphrase": "changed the own passphrase",
    "user-add": "added a user",
    "user-disable": "disabled a user",
    "user-passphrase": "gave a user another passphrase",
    "search": "searched residents",
    "record-seen": "looked at a record",
    "case-seen": "looked at a case",
    "reveal": "had numbers shown in full",
    "decide": "decided a case",
    "undo": "took a decision back",
    "choose": "chose a value",
    "choose-undo": "took the choice of a value back",
    "accept": "accepted a record",
    "arrivals-seen": "looked at the arrivals",
    "decisions-seen": "looked at the decisions",
    "reviews-seen": "looked at what was returned to officers",
    "correct": "corrected many records",
    "correct-undo": "took a correction back",
    "return": "returned a record to its officer",
    "agree": "agreed to a decision",
    "conflicts-seen": "looked at the conflicts",
    "import-upload": "uploaded a file to import",
    "import-check": "tried an import",
    "import": "began an import",
    "import-done": "imported a file",
    "import-remove": "removed an uploaded file",
    "unconfirmed-seen": "looked at who is recorded in the field only",
    "unconfirmed-export": "took a table of who is recorded in the field only",
    "note": "noted something at the office",
    "withdraw": "took back what was noted",
    "example": "loaded the example of 2016, or took it out",
    "print-queue-seen": "looked at the print queue",
    "suket-issue": "issued an interim letter",
    "suket-print": "printed an interim letter",
    "suket-revoke": "revoked an interim letter",
    "suket-verify": "checked an interim letter",
    "suket-policy": "set how interim letters are numbered",
    "device-revoke": "revoked a device",
    "quarantine-accept": "took a batch in from quarantine",
    "quarantine-discard": "discarded a batch in quarantine",
    "campaign-add": "planned a campaign",
    "campaign-assign": "assigned villages of a campaign",
    "unconfirmed-requeue": "queued residents for another visit",
    "quality-seen": "looked at the quality of visits",
    "export-ask": "asked for an export of people",
    "export-approve": "agreed to an export of people",
    "export-refuse": "refused an export of people",
    "export-take": "took an export of people",
    "proposal-seen": "looked at the proposal for the ministry",
    "proposal-export": "took the proposal for the ministry as a table",
    "feed-key": "made a key to the feed",
    "feed-key-end": "ended the key to the feed",
    "feed-read": "read a table of the feed",
    "summons-seen": "looked at who is to be summoned",
    "summons-print": "printed summons letters",
    "job-rematch": "began to compare everybody anew",
    "job-rebuild": "began to make all tables anew",
    "job-audit": "had the access log checked",
    "device-area": "changed the area of a device",
    "displaced-requeue": "queued residents again whom a broken machine had met",
}
_JOB_NAMES = {
    "rematch": "Compare everybody anew",
    "rebuild": "Make all tables anew from the log",
}
_JOB_TIMES = {
    "rematch": "After an update of the matcher. What people decided stays; the queue is made anew.",
    "rebuild": "After an update that reads more than before. It takes minutes on a full register;"
    " laptops that sync meanwhile are told to come again.",
}
_JOB_RESULTS = {
    "rematch": "{compared} of {people} residents compared: {linked} known for certain,"
    " {pairs} pairs to look at.",
    "rebuild": "{changes} changes folded anew, {reopened} batches taken up.",
}
_FEED = {
    "Coverage": "Recorded and not recorded, by regency, district and village",
    "Visits": "How many visits, by day, village and outcome; nobody's name",
    "Outages": "Outages with their age, repairs and redirects",
    "Stock": "Blank cards of each office, and how long they last",
    "StockMovements": "Each movement of blank cards",
    "Figures": "Published figures beside ours",
    "People": "Residents with full NIKs",
}
_EXPORTS = {
    "residents": "Residents with full NIKs",
    "visits": "Visits with their positions",
    "unconfirmed": "Recorded but not arrived",
    "proposal": "Proposal for the ministry",
    "print_queue": "Print queue with full NIKs",
}
_CLAIMS = {"duplicate": "Duplicate", "deceased": "Reported deceased", "moved": "Moved"}
_KINDS = {
    "register": "Register of residents",
    "status": "The ministry's status list",
}
_STEPS = {
    "uploaded": "uploaded, not tried yet",
    "checking": "is being tried",
    "checked": "tried, not imported yet",
    "importing": "is being imported",
    "interrupted": "was interrupted; begin it again, nothing comes twice",
    "done": "imported",
    "failed": "failed",
}


def role_word(role: str) -> str:
    """Return what a role is called."""
    return text()(_ROLES[role])


def action_word(action: str) -> str:
    """Return what was done, as the access log says it."""
    texts = text()
    return texts(_ACTIONS[action]) if action in _ACTIONS else action


def import_kind(kind: str) -> str:
    """Return what kind of file is imported."""
    return text()(_KINDS[kind])


def import_step(step: str) -> str:
    """Return how far an import came."""
    return text()(_STEPS[step])


def export_kind(kind: str) -> str:
    """Return what an export holds."""
    return text()(_EXPORTS[kind])


def claim_word(claim: str) -> str:
    """Return what is claimed of a resident."""
    return text()(_CLAIMS[claim])


def job_word(kind: str) -> tuple[str, str, str]:
    """Return what long work is called, when it is done, and what is said of it at the end."""
    texts = text()
    return texts(_JOB_NAMES[kind]), texts(_JOB_TIMES[kind]), texts(_JOB_RESULTS[kind])


def feed_word(name: str) -> str:
    """Return what a table of the feed holds."""
    return text()(_FEED[name])
