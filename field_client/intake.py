"""A file of lines, one JSON object each: read, judge all of them, and only then save.

Pure: content in, a plan out. Each line has a key, by which a repeated file is recognised: the
type, the canonical form of the object, and how often the same object stood in the file before.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from field_client.capture import Assessment, assess, with_visit
from shared_schema.canonical import NotCanonical, decode, encode
from shared_schema.i18n import Label
from shared_schema.records import CheckContext, Problem, RecordType, record_type

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_PROBLEMS = {
    "LINE_ENCODING": Label(
        id="Baris ini bukan teks UTF-8. Simpan ulang berkasnya sebagai UTF-8.",
        en="The line is not UTF-8 text. Save the file again as UTF-8.",
    ),
    "LINE_JSON": Label(
        id="Baris ini bukan JSON yang utuh.",
        en="The line is not one whole JSON value.",
    ),
    "LINE_NOT_OBJECT": Label(
        id='Baris ini bukan objek JSON, misalnya {"name": "..."}.',
        en='The line is not a JSON object, such as {"name": "..."}.',
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line that can be saved, as final or as a draft; ``visit`` comes with a person."""

    line: int
    key: str
    record: Assessment
    visit: Assessment | None = None

    @property
    def parts(self) -> tuple[Assessment, ...]:
        """The records that the line makes."""
        return (self.record, self.visit) if self.visit else (self.record,)

    @property
    def final(self) -> bool:
        """Whether everything the line makes may be final."""
        return all(part.final for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem and the line it is on, counted from 1."""

    line: int
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """All lines of a file, judged. ``lines``: how many held something."""

    lines: int
    items: tuple[Item, ...]
    invalid: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Every warning that was found on a line that can be saved, explained or not."""
        return tuple(
            Finding(line=item.line, problem=warning)
            for item in self.items
            for part in item.parts
            for warning in part.warnings
        )

    @property
    def invalid_lines(self) -> int:
        """How many lines cannot be saved."""
        return len({finding.line for finding in self.invalid})


def read(
    rtype: RecordType, content: bytes, context: CheckContext, accept: str | None = None
) -> Intake:
    """Judge every line of ``content``; blank lines count for the numbering only."""
    seen: Counter[bytes] = Counter()
    items: list[Item] = []
    invalid: list[Finding] = []
    numbered = [(number, line) for number, line in _lines(content) if line.strip()]
    for number, line in numbered:
        found = _parse(line)
        if isinstance(found, Problem):
            invalid.append(Finding(line=number, problem=found))
            continue
        parts = _judge(rtype, found, context, accept)
        errors = [error for part in parts for error in part.errors]
        invalid += [Finding(line=number, problem=error) for error in errors]
        if not errors:
            key = _key(rtype, found, seen)
            items.append(Item(line=number, key=key, record=parts[0], visit=(*parts, None)[1]))
    return Intake(lines=len(numbered), items=tuple(items), invalid=tuple(invalid))


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    return enumerate(content.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1)


def _parse(line: bytes) -> Mapping[str, Any] | Problem:
    try:
        line.decode("utf-8")
        found = decode(line)
    except UnicodeDecodeError:
        return _line_problem("LINE_ENCODING")
    except NotCanonical:
        return _line_problem("LINE_JSON")
    return found if isinstance(found, Mapping) else _line_problem("LINE_NOT_OBJECT")


def _line_problem(code: str) -> Problem:
    return Problem(code=code, field=None, text=_LINE_PROBLEMS[code])


def _judge(
    rtype: RecordType, raw: Mapping[str, Any], context: CheckContext, accept: str | None
) -> Sequence[Assessment]:
    own, visit = with_visit(rtype, raw)
    record = assess(rtype, own, context, accept)
    return [record, assess(record_type("visit"), visit, context, accept)] if visit else [record]


def _key(rtype: RecordType, raw: Mapping[str, Any], seen: Counter[bytes]) -> str:
    """Return SHA-256 over type, canonical line and occurrence, in hexadecimal."""
    line = rtype.name.encode() + b"\x00" + encode(dict(raw))
    seen[line] += 1
    return hashlib.sha256(line + b"\x00" + str(seen[line]).encode()).hexdigest()
