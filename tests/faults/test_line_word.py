"""A district's own certificate: good by the word of our server, given now, for it alone."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from field_client.sync.errors import ServerUnreachable, ServerUntrusted
from field_client.sync.trust import Trust
from shared_schema import relaying
from shared_schema.line_word import NONCE_BYTES, REPLY_LIMIT_BYTES, answer, vouches
from sync_server.api import line_word
from sync_server.relay.errors import UpstreamUntrusted
from sync_server.relay.line import Lines
from sync_server.relay.upstream import Upstream
from tests.support.secure_server import LOOPBACK, Server, certificate, exchange, raw

DAY = timedelta(days=1)
OFFICE, RELAY, STRANGER = (Ed25519PrivateKey.generate() for _ in range(3))


def der(file: Path) -> bytes:
    """Return what a line with this file shows."""
    return line_word.shown(file).certificate


def context(file: Path) -> ssl.SSLContext:
    """Return what a server with this certificate shows."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Give a district's own certificate."""
    return certificate(tmp_path)


@pytest.fixture
def server(own: Path) -> Server:
    """Give an office that shows it, and gives its word for it."""
    return Server(context(own), lambda nonce: answer(der(own), nonce, OFFICE))


def test_the_offices_word_is_enough_and_asked_once(server: Server) -> None:
    """Whatever name it bears; the exchange goes on where the question was asked, then resumes."""
    trust = Trust(pinned=raw(OFFICE))
    with server.listening() as port:
        for _ in range(3):
            assert exchange(trust, port) == b"halo"
    assert (server.questions, server.resumed) == (1, [False, True, True])


def test_a_server_that_closes_behind_its_word_is_met_again(server: Server) -> None:
    """It does so when many lines are open; what it said counts, and the handshake is resumed."""
    server.closes = True
    with server.listening() as port:
        assert exchange(Trust(pinned=raw(OFFICE)), port) == b"halo"
        lines = Lines(signing=raw(OFFICE))
        upstream = Upstream(url=f"https://{LOOPBACK}:{port}", lines=lines, idle_s=5)
        assert b"".join(upstream.exchange(iter([b"rahasia"]))) == b"halo"
    assert (server.questions, server.resumed) == (2, [False, True] * 2)


def test_a_relay_to_its_office_does_the_same(server: Server) -> None:
    """And does not believe a stranger who takes the office's place."""
    with server.listening() as port:
        url = f"https://{LOOPBACK}:{port}"
        upstream = Upstream(url=url, lines=Lines(signing=raw(OFFICE)), idle_s=5)
        for _ in range(2):
            assert b"".join(upstream.exchange(iter([b"rahasia"]))) == b"halo"
        assert server.questions == 1
        with pytest.raises(UpstreamUntrusted):
            list(Upstream(url=url, lines=Lines(signing=raw(STRANGER))).exchange(iter([b"rahasia"])))
    assert len(server.told_of_ours) == 2


def forgeries(own: Path, other: Path) -> dict[str, Callable[[bytes], bytes]]:
    """Give answers that are no word of our office for its certificate, now."""
    good = partial(answer, der(own))
    sealed = relaying.Certificate(signing=raw(RELAY), label="Kecamatan", until_ms=None)
    old = good(bytes(NONCE_BYTES), OFFICE)
    return {
        "another key": lambda nonce: good(nonce, STRANGER),
        "another certificate": lambda nonce: answer(der(other), nonce, OFFICE),
        "an old one": lambda _: old,
        "a relay where none is meant": lambda nonce: good(
            nonce, RELAY, relaying.certify(sealed, OFFICE)
        ),
        "nothing": lambda _: b"",
        "no object": lambda _: b"[]",
        "no text": lambda _: b'{"signature": 1, "word": null}',
        "too long": lambda nonce: b" " * REPLY_LIMIT_BYTES + good(nonce, OFFICE),
    }


def test_what_is_no_word_is_not_believed(tmp_path: Path, own: Path, server: Server) -> None:
    """Nothing of ours is sent to whoever gives it."""
    (tmp_path / "other").mkdir()
    with server.listening() as port:
        for kind, word in forgeries(own, certificate(tmp_path / "other")).items():
            server.word = word
            with pytest.raises(ServerUntrusted):
                pytest.fail(f"{kind}: {exchange(Trust(pinned=raw(OFFICE)), port)!r}")
    assert server.told_of_ours == []


def test_another_certificate_is_asked_about_again(tmp_path: Path, server: Server) -> None:
    """What was learnt is of one certificate, not of an address."""
    trust = Trust(pinned=raw(OFFICE))
    (tmp_path / "other").mkdir()
    with server.listening() as port:
        assert exchange(trust, port) == b"halo"
        server.context = context(certificate(tmp_path / "other"))
        with pytest.raises(ServerUntrusted):
            exchange(trust, port)
    assert len(server.told_of_ours) == 1


def test_a_relays_word_is_its_offices(own: Path, server: Server) -> None:
    """Where a relay is meant: by its own key, for which our office gave its word."""
    trust = partial(Trust, pinned=raw(OFFICE), relays=True)

    def word(signing: Ed25519PrivateKey, office: Ed25519PrivateKey, nonce: bytes) -> bytes:
        sealed = relaying.Certificate(signing=raw(RELAY), label="Kecamatan", until_ms=None)
        return answer(der(own), nonce, signing, relaying.certify(sealed, office))

    with server.listening() as port:
        server.word = partial(word, RELAY, OFFICE)
        assert exchange(trust(), port) == b"halo"
        for signing, office in ((STRANGER, OFFICE), (RELAY, STRANGER)):
            server.word = partial(word, signing, office)
            with pytest.raises(ServerUntrusted):
                exchange(trust(), port)
    assert len(server.told_of_ours) == 1


def test_a_line_that_breaks_at_the_question_is_no_verdict(own: Path) -> None:
    """It is said to be out of reach, and tried again; nobody is called a stranger for it."""

    def breaks(_nonce: bytes) -> bytes:
        raise OSError

    server = Server(context(own), breaks)
    with server.listening() as port, pytest.raises(ServerUnreachable):
        exchange(Trust(pinned=raw(OFFICE)), port)


def test_a_server_gives_its_word_within_the_certificates_days(tmp_path: Path) -> None:
    """By its own clock, and only to a question of the right form."""
    for days, status in (((-DAY, DAY), 200), ((-2 * DAY, -DAY), 404), ((DAY, 2 * DAY), 404)):
        shown = line_word.shown(certificate(tmp_path, *days))
        app = Flask(__name__)
        app.register_blueprint(line_word.blueprint(shown, OFFICE, bytes))
        nonce = b"n" * NONCE_BYTES
        for wrong in ("", "zz" * NONCE_BYTES, nonce.hex()[2:]):
            assert app.test_client().get(f"/v1/line/{wrong}").status_code == 404
        said = app.test_client().get(f"/v1/line/{nonce.hex()}")
        assert said.status_code == status
        good = vouches(said.data, shown.certificate, nonce, raw(OFFICE))
        assert good is (status == 200)
