"""``duplicates``: pairs that may be one person, and the verdicts on them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Connection

from shared_schema.console import emit, language, output_options, text
from shared_schema.links import Verdict
from shared_schema.records.link import VERDICT
from sync_server import deciding as case_decisions
from sync_server import possible_duplicates, reconcile, rematching
from sync_server.commands.opening import PACKAGE, deciding, opened, reading
from sync_server.commands.people import regions_of, title_of
from sync_server.commands.progress import Progress
from sync_server.matching.exact import OpenPair
from sync_server.possible_duplicates import Proposed
from sync_server.queue import parts_of
from sync_server.store.queries import records

_RULES = {
    "nik": "same NIK",
    "family": "same family card, birth date and name",
    "score": "much alike",
    "outage": "same place, component and time",
}


@click.group()
def duplicates() -> None:
    """Look at possible duplicates and decide them."""


@duplicates.command("list")
@click.option("--all", "decided_too", is_flag=True, help="Also what was decided before.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many pairs.")
@output_options
def list_pairs(*, decided_too: bool, limit: int | None) -> None:
    """List the pairs that ask for a verdict, and verdicts that contradict each other."""
    with reading() as connection:
        document = _document(connection, limit, decided_too=decided_too)
    emit(document, lambda: _text(document))


def _document(connection: Connection, limit: int | None, *, decided_too: bool) -> dict[str, Any]:
    found = reconcile.open_pairs(connection)
    scores = possible_duplicates.proposals(connection, [(pair.a, pair.b) for pair in found])

    def likeliest(pair: OpenPair) -> tuple[bool, float, UUID, UUID]:
        score = scores.get((pair.a, pair.b))
        return pair.undecided, -score.weight if score else 0.0, pair.a, pair.b

    pairs = sorted(found, key=likeliest)[:limit]
    refused = reconcile.refused_edges(connection)
    together = [(one.a, one.b) for one in pairs] + [edge.pair for edge in refused]
    decisions = reconcile.decisions(connection) if decided_too else []
    together += [(one.a, one.b) for one in decisions]
    ends = {end for pair in together for end in pair}
    known, regions = records.many(connection, ends), regions_of(connection)

    def side(record: Any) -> dict[str, Any]:
        current = known.get(record)
        values = current.state.values() if current else {}
        return {
            "id": str(record),
            "title": title_of(current, record, regions),
            "values": values,
        }

    return {
        "count": len(found),
        "pairs": [
            {
                "a": str(pair.a),
                "b": str(pair.b),
                "rules": [rule.value for rule in pair.rules],
                "undecided": pair.undecided,
                **_score(scores.get((pair.a, pair.b))),
                "records": [side(pair.a), side(pair.b)],
            }
            for pair in pairs
        ],
        "refused": [{"a": str(edge.a), "b": str(edge.b)} for edge in refused],
        "decisions": [
            {**one.as_dict(), "records": [side(one.a), side(one.b)]} for one in decisions
        ],
    }


def _score(found: Proposed | None) -> dict[str, Any]:
    """Return the match weight in bits and what it is the sum of."""
    parts = parts_of(found.parts) if found else ()
    return {
        "weight": found.weight if found else None,
        "version": found.version if found else None,
        "parts": [
            {"comparison": part.comparison, "level": part.level, "bits": part.bits}
            for part in parts
        ],
    }


def _text(document: dict[str, Any]) -> str:
    texts = text(PACKAGE)
    lines: list[str] = []
    for pair in document["pairs"]:
        rules = "; ".join(texts(_RULES[rule]) for rule in pair["rules"])
        mark = f" [{texts('undecided')}]" if pair["undecided"] else ""
        bits = "" if pair["weight"] is None else f" ({pair['weight']:.1f} bit)"
        lines.append(f"{rules}{bits}{mark}")
        lines += [f"  {side['id']}  {side['title']}" for side in pair["records"]]
    lines += _lines_of("kept apart by another verdict", document["refused"])
    for one in document["decisions"]:
        verdict = _verdict_word(one["verdict"])
        lines.append(f"{one['decision']}  {verdict}")
        lines += [f"  {side['id']}  {side['title']}" for side in one["records"]]
    return "\n".join(lines) or texts("There are no possible duplicates.")


def _lines_of(title: str, pairs: Sequence[dict[str, Any]]) -> list[str]:
    return [f"{text(PACKAGE)(title)}: {pair['a']} {pair['b']}" for pair in pairs]


def _verdict_word(verdict: str | None) -> str:
    if verdict is None:
        return text(PACKAGE)("retracted")
    return VERDICT.label(verdict).text(language())


@duplicates.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.argument("verdict", type=click.Choice([each.value for each in Verdict]))
@click.option("--reason", default="", help="What was seen that settles it.")
@output_options
def decide(one: str, other: str, verdict: str, reason: str) -> None:
    """Say whether records A and B are the same, different, or not yet known."""
    with deciding() as desk:
        pair, by = (one, other), desk.actor.operator
        made = reconcile.decide_pair(desk.connection, pair, Verdict(verdict), reason, by)
        told = {"verdict": verdict, "reason": reason, "decisions": [str(made.decision)]}
        desk.note("decide", str(made.a), told)
    emit(made.as_dict(), lambda: _decided(made))


@duplicates.command()
@click.argument("decision", metavar="DECISION")
@output_options
def undo(decision: str) -> None:
    """Take a decision back: what stood before it stands again."""
    with deciding() as desk:
        done = case_decisions.undo_by(desk.office, desk.connection, [decision], desk.actor)
    (made,), kept = done.decisions, sorted({one.field for one in done.kept})
    emit({**made.as_dict(), "kept": kept}, lambda: "\n".join([_decided(made), *_kept(kept)]))


def _kept(fields: Sequence[str]) -> list[str]:
    """Return in words which fields were left as somebody has written them since."""
    told = text(PACKAGE)("Left as they were written since: {fields}.")
    return [told.format(fields=", ".join(fields))] if fields else []


def _decided(made: reconcile.Decision) -> str:
    texts = text(PACKAGE)
    word = _verdict_word(made.verdict.value if made.verdict else None)
    lines = [texts("Decision {decision}: {word}").format(decision=made.decision, word=word)]
    if made.refused:
        lines.append(texts("They stay apart: another verdict says that they are different."))
    return "\n".join(lines)


@duplicates.command()
@click.option("--registers", is_flag=True, help="Also residents of registers with each other.")
@output_options
def rematch(*, registers: bool) -> None:
    """Compare everybody anew, after an update of the matcher or an import of a register."""
    office = opened()
    told = text(PACKAGE)("{count} of {total} residents, {rate} a second, {left} left")
    done = rematching.rematch(office, registers=registers, progress=Progress(told))
    emit(
        asdict(done),
        lambda: text(PACKAGE)(
            "{compared} of {people} residents compared: {linked} known for certain,"
            " {pairs} pairs to look at."
        ).format(**asdict(done)),
    )


COMMANDS = (duplicates,)
