"""What is asked of the feed's rows: OData's `$filter` and `$orderby`, read and carried out.

Pure: a question becomes a function over rows in Python, and nothing of it reaches a database. How
deep it nests and how much it compares is bounded. Refusals name places and columns, never a value:
values are residents' names and numbers.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared_schema.errors import InputError

TEXT, WHOLE, NUMBER, DAY, TRUTH = (
    "Edm.String", "Edm.Int64", "Edm.Double", "Edm.Date", "Edm.Boolean"
)  # fmt: skip
MOST_NESTED = 20
MOST_COMPARED = 200
Row = Sequence[Any]
Rows = Sequence[Row]
Value = Callable[[Row], Any]
Fits = Callable[[Row], bool | None]
# A day may come as its midnight: programs make that of it where they know no days without times.
_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])"
    r"|(?P<day>\d{4}-\d\d-\d\d)(?:T00:00(?::00(?:\.0{1,12})?)?(?:Z|[+-]\d\d:\d\d)?)?(?=[\s()]|$)"
    r"|(?P<number>[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?)(?=[\s()]|$)"
    r"|'(?P<text>(?:[^']|'')*)'(?=[\s()]|$)"
    r"|(?P<word>[A-Za-z_]\w*)(?=[\s()]|$))",
    re.ASCII,
)
_SPACE = re.compile(r"\s*")
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_NOT_DONE = frozenset({"add", "sub", "mul", "div", "divby", "mod", "has", "in"})
_CONSTANTS = {"null": None, "true": True, "false": False}
_BOTH_NULL = ("eq", "ne")


class FeedQueryInvalid(InputError):
    """The feed cannot read {option}. Write numbers, columns and comparisons as OData does."""

    code = "FEED_QUERY_INVALID"


class FeedQueryUnsupported(InputError):
    """The feed does not know {option}. Take the whole table, and sort or filter it afterwards."""

    code = "FEED_QUERY_UNSUPPORTED"
    http_status = 501


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a value or a bracket of a question, and where it stands."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a question: what kind of value it has for a row ("" for null), and which."""

    kind: str
    value: Value


def selection(asked: str, columns: Mapping[str, str]) -> Fits:
    """Return what tells whether a row fits a `$filter`. Raises FeedQueryInvalid, -Unsupported."""
    return _Reader(asked, columns).read()


def ordering(asked: str, columns: Mapping[str, str]) -> Callable[[Rows], Rows]:
    """Return what puts rows in the order of an `$orderby`; null comes before everything."""
    places = list(columns)
    keys: list[tuple[int, bool]] = []
    for part in asked.split(","):
        name, _, way = " ".join(part.split()).partition(" ")
        if "(" in part:
            raise FeedQueryUnsupported(option="$orderby=...()")
        if name not in columns or way not in {"", "asc", "desc"}:
            raise FeedQueryInvalid(option="$orderby")
        keys.append((places.index(name), way == "desc"))

    def ordered(rows: Rows) -> Rows:
        for at, down in reversed(keys):
            rows = sorted(rows, key=lambda row: _rank(row[at]), reverse=down)
        return rows

    return ordered


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, 0 if value is None else value)


class _Reader:
    """Reads a selection from left to right: or, and, not, comparison, value."""

    def __init__(self, asked: str, columns: Mapping[str, str]) -> None:
        self._tokens = _tokens(asked)
        self._columns = {name: (at, kind) for at, (name, kind) in enumerate(columns.items())}
        self._compared = self._depth = 0
        self._now = next(self._tokens)

    def read(self) -> Fits:
        whole = self._either()
        if self._now.kind != "end" or whole.kind not in {TRUTH, ""}:
            raise self._unread()
        return whole.value

    def _either(self) -> _Node:
        return self._joined("or", self._both, decides=True)

    def _both(self) -> _Node:
        return self._joined("and", self._one, decides=False)

    def _joined(self, word: str, read: Callable[[], _Node], *, decides: bool) -> _Node:
        parts = [read()]
        while self._took(word):
            parts.append(read())
        if len(parts) == 1:
            return parts[0]
        tests = [self._truth(part).value for part in parts]
        return _Node(TRUTH, lambda row: _any(tests, row, decides=decides))

    def _one(self) -> _Node:
        if not self._took("not"):
            return self._comparison()
        with_not = self._deeper(self._one)
        value = self._truth(with_not).value
        return _Node(TRUTH, lambda row: None if (said := value(row)) is None else not said)

    def _comparison(self) -> _Node:
        left = self._operand()
        word = self._now.text if self._now.kind == "word" else ""
        if word in _NOT_DONE:
            raise FeedQueryUnsupported(option=word)
        if word not in _COMPARED:
            return left
        self._step()
        self._compared += 1
        right = self._operand()
        if self._compared > MOST_COMPARED or not _comparable(left.kind, right.kind):
            raise self._unread()
        return _Node(TRUTH, _compare(word, left.value, right.value))

    def _operand(self) -> _Node:
        token = self._now
        self._step()
        if token.kind == "word":
            return self._named(token)
        if token.text == "(" and token.kind == "bracket":
            inside = self._deeper(self._either)
            if self._now.kind != "bracket" or self._now.text != ")":
                raise self._unread()
            self._step()
            return inside
        return _literal(token)

    def _named(self, token: _Token) -> _Node:
        if self._now.kind == "bracket" and self._now.text == "(":
            raise FeedQueryUnsupported(option=f"{token.text}()")
        if token.text in _CONSTANTS:
            said = _CONSTANTS[token.text]
            return _Node("" if said is None else TRUTH, lambda _: said)
        if token.text not in self._columns:
            raise _invalid(token)
        at, kind = self._columns[token.text]
        return _Node(kind, operator.itemgetter(at))

    def _deeper(self, read: Callable[[], _Node]) -> _Node:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self._unread()
        found = read()
        self._depth -= 1
        return found

    def _truth(self, node: _Node) -> _Node:
        if node.kind not in {TRUTH, ""}:
            raise self._unread()
        return node

    def _took(self, word: str) -> bool:
        found = self._now.kind == "word" and self._now.text == word
        if found:
            self._step()
        return found

    def _step(self) -> None:
        if self._now.kind in {"end", "unreadable"}:
            raise self._unread()
        self._now = next(self._tokens)

    def _unread(self) -> FeedQueryInvalid:
        return _invalid(self._now)


def _tokens(asked: str) -> Iterator[_Token]:
    at = 0
    while (found := _TOKEN.match(asked, at)) is not None:
        kind = str(found.lastgroup)
        yield _Token(kind, found[kind], at)
        at = found.end()
    rest = _SPACE.match(asked, at)
    is_over = rest is not None and rest.end() == len(asked)
    yield _Token("end" if is_over else "unreadable", "", at)


def _literal(token: _Token) -> _Node:
    said: Any
    if token.kind == "text":
        kind, said = TEXT, token.text.replace("''", "'")
    elif token.kind == "number":
        is_whole = token.text.lstrip("+-").isdigit()
        kind, said = NUMBER, int(token.text) if is_whole else float(token.text)
    elif token.kind == "day" and _is_day(token.text):
        kind, said = DAY, token.text
    else:
        raise _invalid(token)
    return _Node(kind, lambda _: said)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _comparable(left: str, right: str) -> bool:
    alike = {WHOLE: NUMBER}
    return not left or not right or alike.get(left, left) == alike.get(right, right)


def _compare(word: str, left: Value, right: Value) -> Fits:
    holds = _COMPARED[word]

    def told(row: Row) -> bool:
        one, other = left(row), right(row)
        if word not in _BOTH_NULL and (one is None or other is None):
            return False
        return holds(one, other)

    return told


def _any(tests: Sequence[Value], row: Row, *, decides: bool) -> bool | None:
    """Return what decides where one says it; None where one says nothing; else the contrary."""
    found: bool | None = not decides
    for test in tests:
        said = test(row)
        if said is decides:
            return bool(said)
        if said is None:
            found = None
    return found


def _invalid(token: _Token) -> FeedQueryInvalid:
    return FeedQueryInvalid(option=f"$filter ({token.at + 1})")
