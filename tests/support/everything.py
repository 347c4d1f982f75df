"""One record of every type with every field a device may fill, for tests that compare values."""

from collections.abc import Mapping
from typing import Any

VILLAGE = "53.15.05.2001"
Fields = dict[str, Any]


def records(known: Mapping[str, str]) -> dict[str, Fields]:
    """Return the fields of the next types to add; ``known``: ids of those added, by type.

    Call it until every type is known: references name records that were added before.
    """
    found = _standing_alone()
    if "equipment" in known:
        found["outage"] = _outage(known["equipment"])
    if "person" in known and "campaign" in known:
        found["session"] = _session(known["campaign"])
        found["suket"] = {
            "person": known["person"],
            "number": "0471/SK/2016",
            "issued_on": "2016-08-30",
            "expires_on": "2017-02-28",
        }
        found["review"] = {"record": known["person"], "state": "returned", "comment": "Cek KK."}
    if "session" in known:
        found["visit"] = _visit(known)
    if "outage" in known:
        found["outage_statement"] = _statement(known["outage"])
        found["repair_attempt"] = {
            "outage": known["outage"],
            "date": "2016-08-01",
            "date_precision": "month",
            "by": "Teknisi Contoh",
            "result": "partial",
            "note": "Menunggu suku cadang — “kipas”",
        }
    return {kind: fields for kind, fields in found.items() if kind not in known}


def _standing_alone() -> dict[str, Fields]:
    return {
        "person": _person(),
        "campaign": {
            "name": "Jemput Bola Contoh",
            "area": "53.15.05",
            "policy": {
                "eligible_on": "2016-09-30",
                "min_age": 17,
                "married_count": True,
                "deadline": "2016-09-30",
            },
            "starts_on": "2016-09-01",
            "ends_on": "2016-09-30",
        },
        "equipment": {
            "serial": "ERK-0001",
            "component": "signature_pad",
            "office": VILLAGE[:8],
            "owner": "Dinas Contoh",
            "custodian": "Kecamatan Contoh",
            "condition": "layar retak",
        },
        "stock_movement": {
            "office": "Disdukcapil Contoh",
            "kind": "adjusted",
            "quantity": -12,
            "date": "2016-08-31",
            "document": "BA/12/2016",
            "note": "rusak air",
        },
        "figure": {
            "region": "53.15",
            "measure": "not_recorded",
            "raw": "14.28",
            "value": 14628.5,
            "as_of": "2016-09-01",
            "source": "koran contoh",
            "approximate": True,
            "note": "baris\nkedua\ttab",
        },
    }


def _person() -> Fields:
    return {
        "name": "Warga Ujian Muñoz-Ngadha d'Ujung",
        "sex": "P",
        "village": VILLAGE,
        "birth_date": "1980-05-17",
        "birth_date_precision": "day",
        "nik": "5315055705809999",
        "kk_number": "5315051001109999",
        "birth_place": "Contoh 東",
        "marital_status": 4,
        "religion": 7,
        "blood_type": 13,
        "relationship": 9,
        "education": 8,
        "occupation": 64,
        "mother_name": "Ibu Contoh",
        "father_name": "Bapak Contoh",
        "address": "Jalan Contoh 12 = 'a' \"b\" \\c",
        "dusun": "Dusun A",
        "rt": "004",
        "rw": "012",
        "phone": "+62 812-0000-000",
        "needs_home_service": False,
        "urgent_reason": "health",
        "note": "x" * 900 + " 🙂",
    }


def _session(campaign: str) -> Fields:
    return {
        "place": "Kantor Desa",
        "date": "2016-09-05",
        "campaign": campaign,
        "village": VILLAGE,
        "invited": 40,
        "attended": 31,
        "recorded": 0,
        "note": "hujan",
    }


def _visit(known: Mapping[str, str]) -> Fields:
    return {
        "person": known["person"],
        "outcome": "not_at_home",
        "campaign": known["campaign"],
        "session": known["session"],
        "reason": "works_elsewhere",
        "lat": -8.49567,
        "lon": 119.8775,
        "accuracy_m": 4.5,
        "note": "kembali Sabtu",
    }


def _outage(equipment: str) -> Fields:
    return {
        "component": "signature_pad",
        "started": "2016-08-01",
        "started_precision": "month",
        "place": VILLAGE,
        "office": "Kantor Camat Contoh",
        "kit": "Kit 3",
        "equipment": equipment,
        "diagnosis": "equipment",
        "symptom": "Layar gelap",
        "cause": "Tegangan naik turun",
        "status": "broken",
        "reported_to": "Dinas",
        "owner": "Dinas",
        "custodian": "Camat",
        "repair_payer": "belum jelas",
        "expected_restore": "sebelum akhir bulan",
        "expected_condition": "bila suku cadang datang",
        "redirect_to": ["53.15.05.2002", "Kantor Dinas"],
        "unsent_recordings": 214,
        "people_displaced": 0,
        "note": "dilaporkan dua kali",
    }


def _statement(outage: str) -> Fields:
    return {
        "outage": outage,
        "told_by": "Camat Contoh",
        "told_on": "2016-09-01",
        "status": "broken",
        "cause": "Petir",
        "expected_restore": "minggu depan",
        "condition": "bila teknisi datang",
        "note": "lisan",
    }
