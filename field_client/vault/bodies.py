"""How a document stands in its row: as JSON text, or packed with zstd where that is shorter.

A record's JSON names the same fields and stamps over and over. Packed against a sample of such
JSON it takes a seventh, which is what a save has to write and what a roster takes of the disk.
"""

import json
import threading
from collections.abc import Mapping
from typing import Any

import zstandard

SHORT_BYTES = 100
_LEVEL = 3

_NAMES = (
    "accuracy_m address area attended birth_date_precision birth_place blood_type campaign card_no"
    " cause central_status component condition custodian diagnosis document dusun education"
    " ends_on equipment expected_restore expires_on father_name invited issued_on kind lat lon"
    " marital_status measure method mother_name name needs_home_service note number occupation"
    " office outage outcome owner person phone place policy printed_on quantity raw reason"
    " recorded_on region relationship religion reported_to result rt rw serial session sex source"
    " started started_precision starts_on status suket symptom told_by told_on urgent_reason"
    " verdict village visit weight _void _reasons"
)
_STAMP = "01a0c4506c010000.000102030405060708090a0b"
_VALUES = {
    "address": "Jalan ",
    "birth_date": "1990-01-01",
    "birth_date_precision": "year",
    "blood_type": 13,
    "dusun": "Dusun A",
    "education": 3,
    "kk_number": "5315050101080001",
    "marital_status": 2,
    "mother_name": "Maria ",
    "name": "Yohanes ",
    "nik": "5315050101900001",
    "occupation": 9,
    "relationship": 4,
    "religion": 1,
    "rt": "001",
    "rw": "002",
    "sex": "L",
    "village": "53.15.05.2001",
}


def _sample() -> bytes:
    """Return what documents are packed against, the likeliest last. Another one is a migration."""
    writes = {name: {"value": value, "replaces": []} for name, value in _VALUES.items()}
    heads = {name: {"heads": [[_STAMP, v]], "superseded": []} for name, v in _VALUES.items()}
    change = {"operator": "", "writes": writes, "evidence": {"wall_ms": 0, "monotonic_ms": 0}}
    record = {"type": "person", "version": 1, "own": False, "base": {"fields": heads}}
    ends: dict[str, Any] = {
        "mine": None,
        "last": {},
        "conflicts": [],
        "search_key": "",
        "nik": None,
    }
    return (_NAMES + _text(change) + _text({**record, **ends})).encode()


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _text(document: Mapping[str, Any]) -> str:
    return _JSON.encode(dict(document))


_DICTIONARY = zstandard.ZstdCompressionDict(_sample(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
_DICTIONARY.precompute_compress(level=_LEVEL)
_PACK = zstandard.ZstdCompressor(dict_data=_DICTIONARY, write_checksum=False)
_UNPACK = zstandard.ZstdDecompressor(dict_data=_DICTIONARY)
_ONE_AT_A_TIME = threading.Lock()


def to_body(document: Mapping[str, Any]) -> str | bytes:
    """Return a document's row form; TypeError or ValueError for what JSON cannot carry."""
    text = _text(document)
    plain = text.encode()
    if len(plain) < SHORT_BYTES:
        return text
    with _ONE_AT_A_TIME:
        packed = _PACK.compress(plain)
    return packed if len(packed) < len(plain) else text


def from_body(body: str | bytes) -> dict[str, Any]:
    """Return the document that stands in a row."""
    found: dict[str, Any] = json.loads(text_of(body))
    return found


def text_of(body: str | bytes) -> bytes:
    """Return the JSON of a row as UTF-8, unread."""
    if isinstance(body, str):
        return body.encode()
    with _ONE_AT_A_TIME:
        return _UNPACK.decompress(body)
