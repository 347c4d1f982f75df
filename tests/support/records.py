"""The smallest valid record of each type, and short ways to check one."""

from collections.abc import Iterable
from typing import Any

from shared_schema.examples import example_regions
from shared_schema.records import CheckContext, Checked, Problem, check, record_type
from tests.support.synthetic import TODAY

CONTEXT = CheckContext(today=TODAY, regions=example_regions())
ID = "018f2f00-0000-8000-8000-000000000001"
OTHER = "018f2f00-0000-8000-8000-000000000002"
WARGA = {
    "name": "Warga Contoh",
    "sex": "L",
    "village": "53.15.05.2001",
    "birth_date": "1970-05-17",
}
SMALLEST: dict[str, dict[str, Any]] = {
    "person": WARGA,
    "visit": {"person": ID, "outcome": "recorded"},
    "session": {"place": "Kantor desa", "date": "2016-09-01"},
    "campaign": {"name": "Jemput bola", "area": "53.15"},
    "equipment": {"serial": "A-1"},
    "outage": {"component": "server", "started_precision": "unknown"},
    "outage_statement": {"outage": ID, "told_by": "Camat", "told_on": "2016-09-01"},
    "repair_attempt": {"outage": ID, "by": "Teknisi", "result": "failed"},
    "stock_movement": {
        "office": "53.15",
        "kind": "received",
        "quantity": 100,
        "date": "2016-09-01",
    },
    "figure": {"region": "53.15", "measure": "belum_cetak", "raw": "14.28"},
    "suket": {"person": ID},
    "link": {"a": ID, "b": OTHER, "verdict": "same"},
    "review": {"record": ID, "state": "returned"},
    "attachment": {
        "record": ID,
        "sha256": "ab" * 32,
        "media_type": "image/webp",
        "bytes": 180_000,
    },
}


def checked(name: str, values: dict[str, Any]) -> Checked:
    """Check a record on 1 September 2016 with the example regions."""
    return check(record_type(name), values, CONTEXT)


def codes(problems: Iterable[Problem]) -> list[tuple[str | None, str]]:
    """Reduce problems to field and code."""
    return [(one.field, one.code) for one in problems]
