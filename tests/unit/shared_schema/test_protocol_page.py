"""PROTOCOL.md says what the code does: kinds, labels, limits, and the parts of every message."""

import json
import re
from pathlib import Path

import pytest

from shared_schema import chunks, envelope, frames, messages
from shared_schema.frames import Kind
from tests.support.source import ROOT
from tests.vectors import exchanges

PACKAGE = ROOT / "shared_schema"
PAGE = (PACKAGE / "PROTOCOL.md").read_text(encoding="utf-8")
VECTORS = json.loads(
    (Path(exchanges.__file__).parent / "exchange-v1.json").read_text(encoding="utf-8")
)
LABELS = {
    label
    for path in PACKAGE.rglob("*.py")
    for label in re.findall(r'b"(jemput [^"]+)"', path.read_text(encoding="utf-8"))
}


def keys(told: object) -> set[str]:
    """Return the names of all parts of a message, of inner ones too."""
    if isinstance(told, dict):
        return set(told).union(*map(keys, told.values()))
    if isinstance(told, list):
        return set().union(*map(keys, told))
    return set()


def test_the_table_of_kinds_is_whole() -> None:
    """Each number beside its name, and no other."""
    rows = re.findall(r"\| (\d+) \| ([A-Z_]+)", PAGE)
    assert {(int(number), name) for number, name in rows} == {(one.value, one.name) for one in Kind}


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_stands_there(label: str) -> None:
    """What is signed or sealed under a label cannot be checked without it."""
    assert f"`{label}`" in PAGE


@pytest.mark.parametrize("at", range(len(VECTORS["said"])))
def test_every_part_of_a_reply_stands_there(at: int) -> None:
    """Names that only a record type has are not the protocol's."""
    kind, told = VECTORS["said"][at]
    names = keys(told) - {"person", "name", "sex", "village"}
    missing = {name for name in names if name not in PAGE and not re.fullmatch("[0-9a-f-]+", name)}
    assert (Kind(kind).name, missing) == (Kind(kind).name, set())


def test_every_part_of_a_relays_word_stands_there() -> None:
    """The same for what a relay says."""
    assert {name for name in keys(VECTORS["held_said"]) if f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize(
    "said",
    [
        f"u32 (at most {frames.FRAME_LIMIT_BYTES >> 20} MiB; ",
        f"HELLO {frames.limit_bytes(Kind.HELLO) >> 10} KiB, ",
        f"ENROL {frames.limit_bytes(Kind.ENROL) >> 10} KiB)",
        f"`count`: 1 to {envelope.COUNT_LIMIT}",
        f"items, at most {messages.PAGE_LIMIT_BYTES >> 20} MiB unpacked",
        f"at most {messages.HEADS_LIMIT}: they prove",
        f"bytes, 1 to {chunks.CHUNK_LIMIT_BYTES:,}",
        f"A file of at most {chunks.FILE_LIMIT_BYTES >> 20} MiB",
    ],
)
def test_limits_are_those_of_the_code(said: str) -> None:
    """A writer that keeps to the page is never refused for size."""
    assert said in PAGE
