"""Train the dictionary of codec 2: ``python bench/dictionary/train.py [--write]``.

From one seed and one list of names, always to the same bytes (with the pinned zstandard). Without
``--write`` it only says whether the shipped file is what it makes. A dictionary that is in use is
never replaced: a new one needs a new codec number.
"""

import hashlib
import json
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import zstandard

from shared_schema.changes import Change
from shared_schema.ids import Stream, derived_id
from shared_schema.records import RECORD_TYPES, FieldKind, FieldSpec, RecordType
from shared_schema.wire.compression import DICTIONARY, LEVEL
from shared_schema.wire.typed_columns import NUMBER, layout
from tests.support.field_days import FieldDay
from tests.support.name_lists import FLORES
from tests.support.synthetic import TODAY, population, villages

SEED, NAMES = 2016, FLORES
AREAS = ("53.15", "53.15.01", "53.15.05", "53.71")
SIZES = (50, 50, 50, 50, 20, 5, 1)
DAYS, BATCHES_A_DAY = 60, 12
BYTES = 32 << 10
TARGET = Path(__file__).parents[2] / "shared_schema" / "wire" / DICTIONARY
PHRASES = (
    "Kantor Camat",
    "Dinas Dukcapil",
    "Balai Desa",
    "Menunggu suku cadang",
    "Belum rekam",
    "Sudah lapor ke kabupaten",
    "Rumah jauh dari jalan",
    "Kunjungi lagi",
)


def samples() -> Iterator[bytes]:
    """Yield plain payloads: registrations above all, with visits, edits and all other types."""
    for day in range(DAYS):
        chance = random.Random(SEED + day)
        people = population(SEED + day, chance.choice(AREAS), NAMES)
        laptop = FieldDay(stream=Stream(chance.randbytes(8), chance.randbytes(4)), seed=SEED + day)
        for at in range(BATCHES_A_DAY):
            size = chance.choice(SIZES)
            registered = laptop.registrations(people.people(size))
            if at % 3 == 0:
                registered += [_more(laptop, chance, person) for person in registered]
            elif at % 12 == 1:
                registered = [_other(laptop, chance) for _ in range(size)]
            yield b"".join(layout(registered))


def _more(laptop: FieldDay, chance: random.Random, person: Change) -> Change:
    """Give a visit to a person, or sometimes a correction of one."""
    if chance.random() < 0.2:
        return laptop.edit(person, {"phone": f"0812{chance.randrange(10**8):08}"})
    visit = RECORD_TYPES["visit"]
    return laptop.begin(_filled(visit, chance) | {"person": str(person.record)}, "visit")


def _other(laptop: FieldDay, chance: random.Random) -> Change:
    rtype = chance.choice(list(RECORD_TYPES.values()))
    return laptop.begin(_filled(rtype, chance), rtype.name)


def _filled(rtype: RecordType, chance: random.Random) -> dict[str, Any]:
    likely = 0.5 + 0.5 * chance.random()
    return {
        name: _invented(spec, chance)
        for name, spec in rtype.fields.items()
        if spec.required or chance.random() < likely
    }


def _invented(spec: FieldSpec, chance: random.Random) -> Any:  # noqa: C901, PLR0911 - a line a kind
    match spec.kind:
        case FieldKind.CODE:
            return chance.choice(list(spec.codes.labels)) if spec.codes else ""
        case FieldKind.DATE:
            return (TODAY - timedelta(days=chance.randint(0, 60))).isoformat()
        case FieldKind.INTEGER:
            return chance.randint(0, 200)
        case FieldKind.NUMBER:
            return round(chance.uniform(-9, 120), 6)
        case FieldKind.BOOLEAN:
            return chance.random() < 0.5
        case FieldKind.REGION:
            return chance.choice(villages())
        case FieldKind.REFERENCE:
            return str(derived_id("sample", chance.randbytes(4)))
        case FieldKind.LIST:
            return [chance.choice(PHRASES)]
        case FieldKind.OBJECT:
            return {name: _invented(part, chance) for name, part in spec.parts.items()}
        case FieldKind.DIGITS:
            return f"531505{chance.randrange(10**10):010}"
    return chance.choice(PHRASES)


def train() -> bytes:
    """Return the dictionary."""
    made = zstandard.train_dictionary(BYTES, list(samples()), level=LEVEL, dict_id=NUMBER)
    return made.as_bytes()


def main() -> None:
    """Write or compare; print the hash that `shared_schema.wire.compression` must hold."""
    made = train()
    if "--write" in sys.argv[1:]:
        TARGET.write_bytes(made)
    print(
        json.dumps(
            {
                "dictionary": DICTIONARY,
                "bytes": len(made),
                "sha256": hashlib.sha256(made).hexdigest(),
                "as_shipped": TARGET.is_file() and TARGET.read_bytes() == made,
                "trained_on": {"seed": SEED, "names": "FLORES", "batches": DAYS * BATCHES_A_DAY},
            }
        )
    )


if __name__ == "__main__":
    main()
