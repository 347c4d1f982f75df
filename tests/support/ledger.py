"""What a change log adds up to, counted by hand: no tally, no projection, no function of reports.

Residents are clusters of records by the verdicts *same* alone; the later word on a field counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shared_schema.changes import VOID
from sync_server.people import whole_log

MAKASSAR = timedelta(hours=8)
RECORDED = {"BIO_CAPTURED", "SENT_FOR_ENROLLMENT", "PRINT_READY_RECORD"}
PRINTED = {"CARD_PRINTED", "CARD_ISSUED"}
MARRIED = {2, 3, 4}
AGE = 17


@dataclass(slots=True, kw_only=True)
class Seen:
    """One visit as the log has it."""

    record: str
    person: str
    outcome: str
    reason: str
    operator: str
    at: datetime
    village: str = ""

    @property
    def day(self) -> date:
        """Give its day at the office."""
        return (self.at + MAKASSAR).date()


@dataclass(slots=True, kw_only=True)
class Resident:
    """One resident: what is shown of them, and the visits to them, the oldest first."""

    root: str
    values: dict[str, Any]
    visits: list[Seen] = field(default_factory=list)

    @property
    def is_due(self) -> bool | None:
        """Tell whether they must hold a card on 15 November 2023; None where it is open."""
        if self.values.get("marital_status") in MARRIED:
            return True
        born = date.fromisoformat(self.values["birth_date"])
        if self.values["birth_date_precision"] == "day":
            return (born.year + AGE, born.month, born.day) <= (2023, 11, 15)
        return None if born.year + AGE == 2023 else born.year + AGE < 2023

    @property
    def status(self) -> str:
        """Give the ministry's status."""
        return str(self.values.get("central_status", ""))

    @property
    def recordings(self) -> list[Seen]:
        """Give the visits that recorded them."""
        return [one for one in self.visits if one.outcome == "recorded"]

    @property
    def heading(self) -> str:
        """Name the heading under which coverage counts them."""
        if not self.is_due:
            return "unknown_eligibility" if self.is_due is None else "not_wajib"
        if self.status in PRINTED:
            return "printed"
        if self.status in RECORDED:
            return "not_printed"
        return "recorded_field" if self.recordings else "not_recorded"


class Given(NamedTuple):
    """One interim letter: whom it names, their root and village, whether it was taken back."""

    person: str
    root: str
    village: str
    void: bool


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Everybody, every visit, every letter, and every other record by its type."""

    residents: list[Resident]
    visits: list[Seen]
    letters: list[Given]
    others: Mapping[str, list[dict[str, Any]]]

    def within(self, region: str) -> list[Resident]:
        """Give the residents of a region."""
        return [one for one in self.residents if one.values["village"].startswith(region)]

    def headings(self, region: str) -> Counter[str]:
        """Count a region's residents under each heading."""
        return Counter(one.heading for one in self.within(region))

    def on(self, day: date, region: str = "") -> list[Seen]:
        """Give the visits of a day."""
        return [v for v in self.visits if v.day == day and v.village.startswith(region)]

    def cards(self, upto: date) -> dict[str, Counter[str]]:
        """Add up blank cards by office and kind of movement, those up to a day."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in self.others["stock_movement"]:
            if one["date"] <= upto.isoformat():
                found[one["office"]][one["kind"]] += one["quantity"]
        return found


def left(cards: Mapping[str, int]) -> int:
    """Give what is left of an office's cards; nobody counted them anew."""
    return cards["received"] + cards["adjusted"] - cards["used"] - cards["spoiled"]


def read(connection: Connection) -> Ledger:
    """Read the log from its beginning."""
    said: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in whole_log(connection):
        said[change["record"]].append(change)
    kinds = {record: changes[0]["type"] for record, changes in said.items()}
    values = {record: _shown(changes) for record, changes in said.items()}
    roots = _roots(v for r, v in values.items() if kinds[r] == "link" and v["verdict"] == "same")
    together: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record, kind in kinds.items():
        if kind == "person":
            together[roots.get(record, record)] += said[record]
    residents = {
        root: Resident(root=root, values=_shown(changes)) for root, changes in together.items()
    }
    visits = [_seen(record, said[record][0]) for record, kind in kinds.items() if kind == "visit"]
    for one in sorted(visits, key=lambda one: one.at):
        one.village = values[one.person]["village"]
        residents[roots.get(one.person, one.person)].visits.append(one)
    others: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record, kind in kinds.items():
        others[kind].append(values[record])
    letters = [
        Given(
            person=one["person"],
            root=roots.get(one["person"], one["person"]),
            village=values[one["person"]]["village"],
            void=one.get(VOID) is not None,
        )
        for one in others["suket"]
    ]
    return Ledger(residents=list(residents.values()), visits=visits, letters=letters, others=others)


def _shown(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for change in sorted(changes, key=lambda one: one["time"]):
        found |= change["values"]
    return found


def _seen(record: str, change: Mapping[str, Any]) -> Seen:
    values = change["values"]
    return Seen(
        record=record,
        person=values["person"],
        outcome=values["outcome"],
        reason=values.get("reason", ""),
        operator=change["operator"],
        at=datetime.fromisoformat(change["time"]).astimezone(UTC),
    )


def _roots(links: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Give the first record of each group that links put together."""
    groups: dict[str, set[str]] = {}
    for link in links:
        one = groups.get(link["a"], {link["a"]}) | groups.get(link["b"], {link["b"]})
        groups.update(dict.fromkeys(one, one))
    return {record: min(group) for record, group in groups.items()}
