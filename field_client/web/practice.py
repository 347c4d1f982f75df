"""A store to practise in: a village that does not exist, and an office that nobody has the keys of.

It lies in a folder of its own beside the real one, is as encrypted as that, and can never be sent:
its enrolment names no address, and what is sealed in it is sealed to a key that was thrown away.
Its passphrase is no secret and stands on the page.
"""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.app import create_device
from field_client.opened import App
from field_client.receiving import apply_enrolment, apply_page
from field_client.vault.keys import has_slots
from shared_schema.changes import Change, Write
from shared_schema.clock import Clock, Evidence
from shared_schema.enrolment import SECRET_BYTES, EnrolmentCode, code_text
from shared_schema.fold import state_of, state_to_json
from shared_schema.ids import DEVICE_BYTES, Stream, derived_id
from shared_schema.messages import Page
from shared_schema.records import record_type

OPERATOR = "latihan"
PASSPHRASE = "latihan-desa-contoh"  # noqa: S105 - printed on the page; nothing real lies behind it
DISTRICT = "53.15.99"
VILLAGES = {"53.15.99.2001": "Desa Contoh", "53.15.99.2002": "Desa Misal"}
_NAMES = (
    *("Maria", "Yohanes", "Theresia", "Fransiskus", "Anastasia", "Paulus", "Rosalia", "Petrus"),
    *("Kristina", "Mikael", "Agnes", "Stefanus", "Yuliana", "Antonius", "Veronika", "Dominikus"),
)
_HOUSEHOLDS = 18
_YOUNGEST, _AGES = 2009, 60
_STATUSES = ("CARD_ISSUED", "UNREGISTERED", "PRINT_READY_RECORD", "UNREGISTERED")


def practice_home(home: Path) -> Path:
    """Return the folder of the store to practise in, beside the real one."""
    return home.with_name(f"{home.name}-practice")


def prepare(home: Path) -> None:
    """Make the store in ``home`` unless it is there; cut short, it is made good the next time."""
    if has_slots(home):
        return
    home.mkdir(parents=True, exist_ok=True)
    with create_device(home, _code(), OPERATOR, PASSPHRASE, calibrate=False) as app:
        _furnish(app)


def _code() -> str:
    """Return an enrolment code of an office that does not exist."""
    signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    code = EnrolmentCode(
        url="",
        signing=signing.public_key().public_bytes_raw(),
        sealing=sealing.public_key().public_bytes_raw(),
        secret=secrets.token_bytes(SECRET_BYTES),
        expires_ms=0,
    )
    return code_text(code)


def _furnish(app: App) -> None:
    regions = [("53", "Provinsi Contoh"), ("53.15", "Kabupaten Contoh")]
    regions += [(DISTRICT, "Kecamatan Contoh"), *VILLAGES.items()]
    content: dict[str, Any] = {
        "label": "Laptop latihan",
        "scope": [DISTRICT],
        "region": "53.15",
        "name": "Kabupaten Contoh (latihan)",
        "timezone": "Asia/Makassar",
        "regions": regions,
    }
    items = [_item(app, number, values) for number, values in enumerate(residents(), start=1)]
    with app.journal.transaction():
        apply_enrolment(app.journal, content)
        apply_page(app.journal, Page(previous="", next="practice", items=items))


def _item(app: App, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resident as the office would send them."""
    rtype, evidence = record_type("person"), app.clocks()
    change = Change(
        stream=Stream(bytes(DEVICE_BYTES), b"LTHN"),
        sequence=number,
        record=derived_id("practice", str(number).encode()),
        type=rtype.name,
        version=rtype.version,
        hlc=Clock().tick(evidence.wall_ms).reading + number,
        operator="practice",
        writes={name: Write(value=value) for name, value in values.items()},
        evidence=Evidence(wall_ms=evidence.wall_ms, monotonic_ms=0),
    )
    return {"kind": "state", "state": state_to_json(state_of(change))}


def residents() -> Iterator[dict[str, Any]]:
    """Yield the people of the two villages: households of two to four; nobody of them exists."""
    at = 0
    for household in range(_HOUSEHOLDS):
        family = f"Latihan {household + 1}"
        village = list(VILLAGES)[household % len(VILLAGES)]
        for member in range(2 + household % 3):
            at += 1
            sex = "PL"[at % 2]
            born = _YOUNGEST - (at * 7) % _AGES
            values = {
                "name": f"{_NAMES[(2 * at + (sex == 'L')) % len(_NAMES)]} {family}",
                "sex": sex,
                "birth_date": f"{born}-{at % 12 + 1:02d}-{at % 28 + 1:02d}",
                "village": village,
                "dusun": f"Dusun {'AB'[household % 2]}",
                "rt": f"{household % 4 + 1:03d}",
                "rw": "001",
                "kk_number": f"531599010120{household + 1:04d}",
                "relationship": (1, 3, 4, 4)[member],
                "central_status": _STATUSES[at % len(_STATUSES)],
            }
            yield values | {"nik": _nik(values, at)}


def _nik(values: Mapping[str, Any], serial: int) -> str:
    """Return the number that fits a birth date and a sex, in a district that does not exist."""
    year, month, day = values["birth_date"].split("-")
    counted = int(day) + (40 if values["sex"] == "P" else 0)
    return f"531599{counted:02d}{month}{year[2:]}{serial:04d}"
