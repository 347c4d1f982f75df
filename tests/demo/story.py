"""The story: two teams offline in two villages, a cut line, a stick, a duplicate, and proof."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.demo.people import FIRST_VILLAGE, SECOND_VILLAGE, Cast, kupang_outages
from tests.demo.stage import Laptop, Narrator, Office

CUT_AFTER_BYTES = 2_500
WEAK_BYTES_S = 1_200
CAMPAIGN = (
    *("--name", "Perekaman 2016", "--area", "53.15", "--eligible-on", "2016-05-01"),
    *("--min-age", "17", "--married-count", "--deadline", "2016-09-30"),
)
SHOWN = ("--level", "district", "--lang", "en")
FIGURES = Path(__file__).parents[2] / "shared_schema" / "data" / "figures-2016.jsonl"


class StoryBroken(AssertionError):
    """The programs answered something else than the story tells."""


def expect(told: bool, what: str) -> None:
    """Stop the demo where a fact it is about to tell is not so."""
    if not told:
        raise StoryBroken(what)


@dataclass(slots=True, kw_only=True)
class Story:
    """One run of the demo; the acts are played in the order in which they stand here."""

    folder: Path
    office: Office
    first: Laptop
    second: Laptop
    cast: Cast
    narrator: Narrator
    people: dict[str, str] = field(default_factory=dict)
    outages: list[str] = field(default_factory=list)

    def set_up(self) -> None:
        """Load the register and enrol two laptops, which fetch their district's roster."""
        tell = self.narrator.tell
        self.narrator.act("An office is set up")
        loaded = self.office.run("registry", "import", self.cast.register)
        tell(
            f"Kabupaten Manggarai Barat (53.15): {loaded['added']} synthetic people imported, "
            f"{len(loaded['rejected'])} lines rejected."
        )
        for laptop, label in ((self.first, "Tim 1"), (self.second, "Tim 2")):
            self.office.enrol(laptop, label, "53.15.05")
            synced = laptop.run("sync")
            tell(f"{label} is enrolled by a one-time code and holds {synced['pulled']} items.")

    def work_offline(self) -> None:
        """Let both teams work in their villages with no line at all."""
        tell = self.narrator.tell
        self.narrator.act("Both teams work where there is no signal")
        self.office.line.down()
        teams = (
            (self.first, "Tim 1", FIRST_VILLAGE, self.cast.first, self.cast.first_outages),
            (self.second, "Tim 2", SECOND_VILLAGE, self.cast.second, self.cast.second_outages),
        )
        for laptop, label, village, people, outages in teams:
            ids = laptop.add("person", people)
            self.people[label] = ids[0]
            reported = laptop.add("outage", outages)
            self.outages.append(reported[0])
            counts = laptop.run("status")
            tell(
                f"{label} in {village}: {len(ids)} people with their visits and "
                f"{len(reported)} outage(s) saved; {counts['waiting']} records wait."
            )
        found = self.first.run("search", str(self.cast.known["name"]))
        names = sorted({entry["values"]["name"] for entry in found["records"]})
        expect(len(names) > 1, "the old spelling is found by the new one")
        tell(f"Offline search for {self.cast.known['name']!r} finds {', '.join(names)}.")

    def sync_over_a_cut_line(self) -> None:
        """Cut the first team's line in the middle of a sync, then let it come back."""
        tell = self.narrator.tell
        self.narrator.act("A few minutes of signal, cut in the middle")
        self.office.line.up()
        usual, self.office.line.rate_bytes_s = self.office.line.rate_bytes_s, WEAK_BYTES_S
        self.office.line.cut_after(CUT_AFTER_BYTES)
        failed = self.first.attempt("sync", "--patience", "0")
        expect(failed.returncode != 0, "a cut line is not a success")
        tell(f"The line breaks during sync: {failed.stderr.strip().splitlines()[-1]}")
        tell(f"What had its receipt stays: {self.first.received()}.")
        self.office.line.up()
        self.office.line.rate_bytes_s = usual
        again = self.first.run("sync")
        tell(f"The line is back: {again['sent_batches']} batch(es) sent; {self.first.received()}.")
        quiet = self.first.run("sync")
        expect(quiet["sent_batches"] == 0, "nothing is sent twice")
        tell(f"Another sync sends {quiet['sent_batches']} batches.")

    def sync_by_stick(self) -> None:
        """Carry the second team's batches on a stick, and the answer back."""
        self.narrator.act("The other team has no line: a USB stick carries the same bytes")
        there, back = self.folder / "stick-to-office", self.folder / "stick-to-team"
        self.second.run("export", there)
        self.office.run("exchange", there, back)
        self.second.run("import", back)
        self.narrator.tell(
            f"export, exchange, import: {there.stat().st_size:,} bytes there, "
            f"{back.stat().st_size:,} back; {self.second.received()}."
        )
        stats = self.office.run("stats")
        self.narrator.tell(
            f"The office holds {stats['changes']} changes in {stats['batches']} batches: "
            f"{stats['persons']} persons, {stats['duplicates']} possible duplicates."
        )

    def reconcile(self) -> None:
        """Decide the duplicate, edit one of the two, undo, decide again."""
        tell, office = self.narrator.tell, self.office
        self.narrator.act("A supervisor reconciles")
        self.narrator.show(office.text("duplicates", "list", "--lang", "en"))
        pair = self.people["Tim 1"], self.people["Tim 2"]
        decided = self._decide(pair, "one family card, one birth date, one name")
        before = office.run("stats")
        tell(f"Decided: the person met by both teams is one; {before['clusters']} people remain.")
        self.first.run("sync")
        self.first.run("edit", pair[0], "phone=0800-000-0001")
        self.first.run("sync")
        tell("Tim 1 learns of it, then corrects the phone number of its own record, and syncs.")
        office.run("duplicates", "undo", decided)
        phones = [self._phone(office.run("show", record)) for record in pair]
        expect(phones == ["0800-000-0001", None], "undo leaves each record with its own edits")
        apart = office.run("stats")["clusters"]
        expect(apart == before["clusters"] + 1, "undo separates the two again")
        tell(f"The supervisor undoes: {apart} people again, the edit stays with its record alone.")
        self._decide(pair, "the village head confirms")
        outages = self.outages[0], self.outages[1]
        self._decide(outages, "one burnt recorder, two reports")
        after = office.run("stats")
        expect(after["clusters"] == before["clusters"], "deciding again joins them again")
        tell(f"Decided again: {after['clusters']} people. The two outage reports are one as well.")

    def converge(self) -> None:
        """Sync both laptops and compare what all three hold of the people both teams met."""
        self.narrator.act("Everybody converges")
        for laptop in (self.first, self.second):
            laptop.run("sync")
        compared = 0
        for record in self.people.values():
            held = [laptop.run("show", record) for laptop in (self.first, self.second)]
            told = {verdict["verdict"] for one in held for verdict in one["verdicts"]}
            expect(told == {"same"}, "both laptops know the supervisor's verdict")
            shown = [one["values"] for one in [*held, self.office.run("show", record)]]
            expect(shown[0] == shown[1] == shown[2], f"all three hold {record} alike")
            compared += len(shown[0])
        self.narrator.tell(
            f"Both laptops and the office agree on {compared} field values of the person met twice."
        )

    def report(self) -> None:
        """Show the coverage, with the figures of 1 September 2016 that disagree."""
        self.narrator.act("Coverage on 1 September 2016, and the figures published that day")
        rows = [
            line
            for line in FIGURES.read_text(encoding="utf-8").splitlines()
            if '"region": "53.15"' in line
        ]
        published = self.folder / "figures.jsonl"
        published.write_text("\n".join(rows) + "\n", encoding="utf-8")
        self.first.run("add", "figure", "--from", published)
        self.first.run("sync")
        self.office.run("campaign", "add", *CAMPAIGN)
        coverage = self.office.run("report", "coverage", "--on", "2016-09-01")
        expect(coverage["balanced"], "every total balances with its parts")
        text = self.office.text("report", "coverage", "--on", "2016-09-01", *SHOWN)
        self.narrator.show(text)
        said = " ".join(finding["texts"]["en"] for finding in coverage["findings"])
        for figure in ("27,711", "16.88 percent", "14,628", '"14.28"', "956"):
            expect(figure in said, f"the report finds {figure}")
        disagree = sum(finding["disagrees"] for finding in coverage["findings"])
        self.narrator.tell(
            f"{len(coverage['regions'])} regions balance; {len(coverage['figures'])} published "
            f"figures are kept as printed, {disagree} findings say that they disagree."
        )

    def second_example(self, office: Office, laptop: Laptop) -> None:
        """Play Kota Kupang's outages of October 2016 in an office of their own."""
        self.narrator.act("Kota Kupang (53.71): three recorders, three stories")
        office.enrol(laptop, "Tim Kupang", "53.71")
        laptop.add("outage", kupang_outages(self.folder))
        laptop.run("sync")
        held = office.run("export", "outage", "--format", "json")["records"]
        statuses = Counter(record["values"]["status"] for record in held)
        told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        expect(len(held) == 3, "three outages are held")
        self.narrator.tell(f"The office holds {len(held)} outages: {told}.")

    def prove(self) -> None:
        """Compare every acknowledged change of both laptops with the office's log."""
        self.narrator.act("Proof: everything acknowledged is there, once, with the same values")
        log = self.office.run("history")["changes"]
        seen = Counter(change["change"] for change in log)
        held = {change["change"]: change for change in log}
        proven = values = 0
        for laptop in (self.first, self.second):
            for change in laptop.run("history")["changes"]:
                expect(change["received"], f"{change['change']} is acknowledged")
                expect(seen[change["change"]] == 1, f"{change['change']} is there once")
                same = held[change["change"]]
                expect(same["record"] == change["record"], "it is about the same record")
                expect(_values(same) == _values(change), "it holds the same values")
                proven += 1
                values += len(_values(change))
        checked = self.office.run("verify")
        for laptop in (self.first, self.second):
            laptop.run("verify")
        self.narrator.tell(
            f"{proven} acknowledged changes with {values} field values: each is in the log once, "
            "equal; both vaults and the office's log verify."
        )
        expect(bool(checked), "the office's log verifies")

    def _decide(self, pair: tuple[str, str], reason: str) -> str:
        decided = self.office.run("duplicates", "decide", *pair, "same", "--reason", reason)
        return str(decided["decision"])

    @staticmethod
    def _phone(shown: dict[str, Any]) -> str | None:
        phone: str | None = shown["values"].get("phone")
        return phone


def _values(change: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = change["values"]
    return found


def acts(story: Story) -> None:
    """Play the acts of one office in their order."""
    story.set_up()
    story.work_offline()
    story.sync_over_a_cut_line()
    story.sync_by_stick()
    story.reconcile()
    story.converge()
    story.report()
    story.prove()
