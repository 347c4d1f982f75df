"""Records, histories and findings as JSON documents and as lines of text."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from field_client import display
from field_client.entries import Entry, HistoryLine, Verdict
from field_client.intake import Finding
from field_client.journal import Journal
from field_client.reduction import DETAILS_LOST
from field_client.saving import Saved
from field_client.twins import Twin
from shared_schema.changes import REASONS, VOID
from shared_schema.clock import wall_of
from shared_schema.custody import Remark
from shared_schema.i18n import Label
from shared_schema.ids import DEVICE_BYTES
from shared_schema.matching.score import Part
from shared_schema.matching.words import comparison_label, level_label
from shared_schema.records import RECORD_TYPES, Problem
from shared_schema.records.problems import problem
from shared_schema.regions import RegionTable

_SYSTEM = {
    VOID: Label(id="Dinyatakan batal", en="Declared void"),
    REASONS: Label(id="Alasan peringatan", en="Reasons for warnings"),
}
_CROWDS = frozenset({"namesakes", "household"})


def entry_document(journal: Journal, entry: Entry) -> dict[str, Any]:
    """Return a record with everything that is shown of it; values as they are stored."""
    state = journal.state(entry.id)
    return {
        "id": str(entry.id),
        "type": entry.type,
        "state": str(entry.state),
        "own": entry.own,
        "values": {n: v for n, v in entry.values.items() if n not in _SYSTEM},
        "reasons": dict(state.reasons) if state else entry.values.get(REASONS, {}),
        "void": entry.void,
        "conflicts": list(entry.conflicts),
        "remarks": [{"code": each.code, "field": each.field} for each in entry.remarks],
        "problems": [dict(each) for each in entry.problems],
        "withheld": list(entry.withheld),
        "reduced_at": iso_instant(entry.reduced_ms),
        "returned": entry.returned,
    }


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return what a supervisor decided about a record and another."""
    return {
        "record": str(verdict.other),
        "verdict": verdict.verdict,
        "reason": verdict.reason,
    }


def history_document(line: HistoryLine) -> dict[str, Any]:
    """Return one writing of a record; ``device`` is the writing device's id."""
    return {
        "change": str(line.change) if line.change else None,
        "stamp": f"{line.hlc:016x}.{line.stream}",
        "time": iso_time(line.hlc),
        "device": line.stream[: 2 * DEVICE_BYTES],
        "own": line.own,
        "operator": line.operator,
        "received": line.received,
        "values": dict(line.values),
        "withheld": list(line.withheld),
    }


def iso_time(hlc: int) -> str | None:
    """Return the wall time of a clock reading in ISO 8601, None beyond the calendar."""
    return iso_instant(wall_of(hlc))


def iso_instant(unix_ms: int | None) -> str | None:
    """Return Unix milliseconds in ISO 8601; None for none, and beyond the calendar."""
    if unix_ms is None:
        return None
    try:
        return datetime.fromtimestamp(unix_ms / 1000, tz=UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def writer(line: HistoryLine, texts: Callable[[str], str], office: bytes) -> str:
    """Return who wrote a line, as far as this laptop knows. ``office``: the server's id."""
    if line.operator is not None:
        return line.operator
    if line.own:
        return texts("this laptop")
    return device_word(line.stream[: 2 * DEVICE_BYTES], texts, office)


def device_word(device: str, texts: Callable[[str], str], office: bytes) -> str:
    """Return what another device is called here: the office, or a device with its id."""
    return texts("the office") if device == office.hex() else f"{texts('device')} {device}"


def written_text(
    type_name: str,
    line: HistoryLine,
    texts: Callable[[str], str],
    lang: str,
    regions: RegionTable | None,
) -> str:
    """Return what one writing set, on one line, and which of it is no longer here."""
    written = values_text(type_name, line.values, lang, regions)
    if not line.withheld:
        return written
    gone = texts("details removed: {fields}").format(
        fields=", ".join(field_label(type_name, name, lang) for name in line.withheld)
    )
    return "; ".join(filter(None, (written, gone)))


def values_text(
    type_name: str, values: Mapping[str, Any], lang: str, regions: RegionTable | None
) -> str:
    """Return what one writing set, on one line."""
    fields = RECORD_TYPES[type_name].fields if type_name in RECORD_TYPES else {}
    parts = []
    for name, value in values.items():
        if name in _SYSTEM:
            words = "; ".join(f"{key}: {part}" for key, part in (value or {}).items())
            parts.append(f"{_SYSTEM[name].text(lang)}: {words or '-'}")
        elif name in fields:
            shown = display.value_text(fields[name], value, lang=lang, regions=regions)
            parts.append(f"{fields[name].label.text(lang)}: {shown}")
        else:
            parts.append(f"{name}: {value}")
    return ", ".join(parts)


def notes(entry: Entry, lang: str, texts: Callable[[str], str]) -> str:
    """Return what needs attention in a record, a line each; "" where nothing does."""
    lines = [str(found.get(lang) or found.get("code")) for found in entry.problems]
    lines += [_remark(entry, remark, lang, texts) for remark in entry.remarks]
    if entry.returned is not None:
        lines.append(texts("Returned by the office: {comment}").format(comment=entry.returned))
    lines += [
        texts("Two values stand against each other: {field}").format(field=label(entry, name, lang))
        for name in entry.conflicts
    ]
    return "\n".join(f"! {line.strip()}" for line in lines)


def _remark(entry: Entry, remark: Remark, lang: str, texts: Callable[[str], str]) -> str:
    if remark.code == DETAILS_LOST:
        return texts("The office has lost the details of this, and so has this laptop: type them.")
    sentence = _sentence(entry, remark, lang)
    if sentence:
        said = texts("The office remarked: {sentence} ({code})")
        return said.format(sentence=sentence, code=remark.code)
    said = texts("The office remarked: {code} {field}")
    field = label(entry, remark.field, lang) if remark.field else ""
    return said.format(code=remark.code, field=field)


def _sentence(entry: Entry, remark: Remark, lang: str) -> str:
    """Return what a remark says where it is one of the checks' findings; "" where it is not."""
    rtype = RECORD_TYPES.get(entry.type)
    spec = rtype.fields.get(remark.field) if rtype and remark.field else None
    try:
        return problem(remark.code, remark.field, spec.label if spec else None).text.text(lang)
    except KeyError:
        return ""


def named(journal: Journal, entry: Entry, lang: str, regions: RegionTable | None = None) -> str:
    """Return what an entry is called in a list: a visit by whom it was paid to, and its outcome.

    ``regions``: where the caller has read them already.
    """
    rtype = RECORD_TYPES.get(entry.type)
    if rtype is None:
        return entry.type
    known = regions or journal.regions()
    title = display.title(rtype, entry.values, lang=lang, regions=known)
    whom = referenced(journal, entry.values.get("person"), lang)
    return f"{whom} · {title}" if whom else title


def referenced(journal: Journal, value: object, lang: str) -> str:
    """Return what the record with this id is called; "" where this laptop does not hold it."""
    try:
        other = journal.entry(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return ""
    rtype = RECORD_TYPES.get(other.type) if other else None
    return display.title(rtype, other.values, lang=lang) if other and rtype else ""


def label(entry: Entry, name: str, lang: str) -> str:
    """Return a field's label, or its name where the type is not known."""
    return field_label(entry.type, name, lang)


def field_label(type_name: str, name: str, lang: str) -> str:
    """Return a field's label, or its name where the type or the field is not known."""
    rtype = RECORD_TYPES.get(type_name)
    spec = rtype.fields.get(name) if rtype else None
    return spec.label.text(lang) if spec else name


def finding_document(finding: Finding, lang: str) -> dict[str, Any]:
    """Return a problem with its line."""
    return {"line": finding.line, **problem_document(finding.problem, lang)}


def problem_document(found: Problem, lang: str) -> dict[str, Any]:
    """Return a problem in one language."""
    return {"code": found.code, "field": found.field, "text": found.text.text(lang)}


def notice_document(line: int | None, twin: Twin, text: str) -> dict[str, Any]:
    """Return the notice that somebody is known here: who, how sure that is, and why."""
    return {
        "line": line,
        "code": "POSSIBLE_DUPLICATE",
        "field": twin.field,
        "text": text,
        "id": str(twin.id),
        "name": twin.name,
        **likeness(twin),
    }


def likeness(twin: Twin) -> dict[str, Any]:
    """Return how sure it is that somebody is the same person, and why."""
    return {
        "band": str(twin.band),
        "why": [
            {"comparison": part.comparison, "level": part.level, "bits": round(part.bits, 2)}
            for part in twin.parts
        ],
    }


def agreement(parts: Iterable[Part], lang: str) -> str:
    """Return how two people agree, in words, what speaks loudest for one person first."""
    said = [part for part in parts if part.comparison not in _CROWDS]
    return ", ".join(
        f"{comparison_label(part.comparison).text(lang)}: "
        f"{level_label(part.comparison, part.level).text(lang)}"
        for part in sorted(said, key=lambda part: -part.bits)
    )


def saved_document(saved: Saved) -> dict[str, Any]:
    """Return what became of a line."""
    document: dict[str, Any] = {"line": saved.line, "id": str(saved.id), "state": saved.state}
    if saved.visit is not None:
        document["visit"] = str(saved.visit)
    if saved.already:
        document["already"] = True
    return document


def sentences(problems: Iterable[Problem], lang: str) -> str:
    """Return the sentences of problems, each with its code."""
    return " ".join(f"{found.text.text(lang)} ({found.code})" for found in problems)
