"""Somebody else's client, made from PROTOCOL.md and the vectors, works beside ours."""

import ast
import hashlib
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.e2e import small_client, small_relay
from tests.e2e.small_client import BATCH, CHUNK_RECEIPT, ENROLLED, ERROR, PAGE, RECEIPT
from tests.support.scenes import Office, people, regency

VECTORS = Path(__file__).parents[1] / "vectors"
SOURCE = Path(small_client.__file__)
PHOTO = bytes(range(256)) * 400
OUTAGE = {"component": "recording_set", "place": "53.15.05", "started_precision": "unknown"}


def vectors(name: str) -> dict:
    """Fetch golden bytes."""
    return json.loads((VECTORS / f"{name}-v1.json").read_text(encoding="utf-8"))


def imports(source: Path) -> set[str]:
    """Return the packages that a file imports, but for the standard library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names - sys.stdlib_module_names


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve a regency, one for all tests here: none minds the others' residents."""
    with regency(tmp_path_factory.mktemp("office")) as found:
        yield found


def test_it_is_small_and_knows_nothing_of_ours() -> None:
    """Under 200 lines; the standard library and two packages anybody can have."""
    assert imports(SOURCE) == {"cryptography", "zstandard"}
    assert imports(Path(small_relay.__file__)) == {"cryptography", "tests"}
    assert len(SOURCE.read_text(encoding="utf-8").splitlines()) < 200


def test_it_reads_and_computes_what_the_vectors_say() -> None:
    """Ids, digests, the hash of a batch, the name of a file, and a whole reply."""
    given, good = vectors("exchange"), vectors("envelope")["good"]
    keys = {name: bytes.fromhex(key) for name, key in given["keys"].items()}
    device = small_client.Device(
        given["code"],
        signing=Ed25519PrivateKey.from_private_bytes(keys["device_signing_private"]),
        sealing=X25519PrivateKey.from_private_bytes(keys["device_sealing_private"]),
        branch=bytes.fromhex(good["changes"][0]["stream"])[8:],
    )
    assert (device.id.hex(), device.server.hex()) == (given["device"], given["server"])
    assert (device.url, device.secret.hex()) == (given["url"], given["secret"])
    assert device.read(bytes.fromhex(given["reply"])) == [tuple(one) for one in given["said"]]
    assert (device.epoch, device.cursor) == (2, given["said"][-1][1]["cursor"])
    for case in ("server_frame_altered", "server_frame_of_another_epoch"):
        altered = bytes.fromhex(given["rejections"][case]["bytes"])
        with pytest.raises(ValueError, match="not whole"):
            device.read(small_client.frame(65, altered))
    assert small_client.numbered_id(device.stream, 1) == good["record_id"]
    digests = [small_client.sha(small_client.canonical(one), 16).hex() for one in good["changes"]]
    assert digests == good["digests"]
    signed = bytes.fromhex(good["batch"])[:-64]
    assert small_client.sha(signed, 16).hex() == good["hash"]
    photo = vectors("attachment")["good"]
    assert hashlib.sha256(bytes.fromhex(photo["sealed"])).hexdigest() == photo["name"]


def test_it_reads_a_relays_word_of_the_vectors() -> None:
    """Section 13: the certificate, what is held; nothing altered, nothing of a stranger."""
    given = vectors("exchange")
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex(given["keys"]["device_signing_private"])
    )
    device = small_client.Device(given["code"], signing=key)
    held = bytes.fromhex(given["held"])
    assert small_relay.heard(device, held) == (given["held_said"], [])
    for wrong in (held[:-1] + b"]", held[:-200]):
        with pytest.raises((InvalidSignature, ValueError)):
            small_relay.heard(device, wrong)
    uncertified = bytes.fromhex(given["rejections"]["relay_not_certified"]["bytes"])
    with pytest.raises(InvalidSignature):
        small_relay.heard(device, small_client.frame(small_client.HELD, uncertified))


def test_it_enrols_sends_and_pulls_beside_our_own_laptops(office: Office) -> None:
    """What it registers stands at the office and on our laptop; what ours wrote reaches it."""
    ours, other = office.laptop("laptop"), small_client.Device(office.code("other"))
    (theirs, *more) = people(5, 4)
    written = ours.add_person(**more[0])
    ours.sync()
    ids = [other.save("person", one) for one in (theirs, *more[1:])]
    said = other.read(other.post())
    kinds = [kind for kind, _ in said]
    assert (ENROLLED in kinds, kinds.count(RECEIPT), ERROR in kinds) == (True, 1, False)
    assert (other.waiting, other.enrolled) == ([], True)
    pulled = {item["state"]["record"]: item for item in other.items if item["kind"] == "state"}
    assert written in pulled
    assert not pulled.keys() & set(ids), "what it wrote itself is not sent back"
    name = pulled[written]["state"]["fields"]["name"]
    assert name["heads"][0][1] == more[0]["name"]
    other.save("person", {"name": "Warga Contoh Baru"}, written, [name["heads"][0][0]])
    other.read(other.post())
    ours.sync()
    assert ours.values()[written]["name"] == "Warga Contoh Baru"
    assert ours.roster().keys() >= set(ids)
    shown = office.values()
    assert [shown[one] for one in ids] == [dict(one) for one in (theirs, *more[1:])]
    assert office.stats()["conflicts"] == 0
    office.run("verify")


def test_a_reply_that_was_lost_costs_nothing(office: Office) -> None:
    """The same bytes again get the same receipts; a pulled page is used once."""
    before = office.stats()["changes"]
    device = small_client.Device(office.code("other"))
    for one in people(6, 250):
        device.save("person", one)
    request = device.section()
    assert [last for last, _ in device.waiting] == [200, 250]
    stick = office.home.with_name("kiriman"), office.home.with_name("jawaban")
    stick[0].write_bytes(request)
    office.run("exchange", *stick)
    lost = stick[1].read_bytes()
    said = device.read(device.post())
    first = [told for kind, told in device.read(lost) if kind == RECEIPT]
    assert [told for kind, told in said if kind == RECEIPT] == first
    assert [told["status"] for told in first] == ["accepted"] * 2
    assert PAGE in {kind for kind, _ in said}
    assert office.stats()["changes"] == before + 250
    assert sum(item["kind"] == "reset" for item in device.items) == 1


def test_half_a_reply_is_not_believed(office: Office) -> None:
    """Cut or altered anywhere, it is noticed; the whole one afterwards is used."""
    device = small_client.Device(office.code("other"))
    device.save("person", people(7, 1)[0])
    stick = office.home.with_name("kiriman"), office.home.with_name("jawaban")
    stick[0].write_bytes(device.section())
    office.run("exchange", *stick)
    reply = stick[1].read_bytes()
    for size in (0, 3, len(reply) // 2, len(reply) - 1):
        with pytest.raises((ValueError, struct.error)):
            device.read(reply[:size])
    assert BATCH not in {kind for kind, _ in device.read(reply)}
    assert device.waiting == []


def test_a_photo_goes_on_where_it_was_cut(office: Office, tmp_path: Path) -> None:
    """Half of its chunks by a stick that was pulled out, the others by line; then it is whole."""
    device = small_client.Device(office.code("other"))
    record = device.save("outage", OUTAGE)
    device.attach(record, PHOTO, "image/webp")
    ((name, (_, sealed)),) = device.photos.items()
    request = device.section()
    stick = office.home.with_name("kiriman"), office.home.with_name("jawaban")
    stick[0].write_bytes(request[: len(request) - len(sealed) // 2])
    assert office.attempt("exchange", *stick).error_code == "SECTION_INCOMPLETE"
    device.read(stick[1].read_bytes())
    (have,) = (have for have, _ in device.photos.values())
    assert (device.waiting, 0 < have < len(sealed)) == ([], True)
    told = [told for kind, told in device.read(device.post()) if kind == CHUNK_RECEIPT]
    assert len(told) == -(-(len(sealed) - have) // 16384)
    assert (told[-1]["name"], told[-1]["state"]) == (name, "complete")
    office.run("photo", "save", hashlib.sha256(PHOTO).hexdigest(), tmp_path / "photo")
    assert (tmp_path / "photo").read_bytes() == PHOTO
