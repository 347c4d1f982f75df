"""Who is believed on a protected line: the key from enrolment, or the authorities; nobody else."""

import socket
import ssl
import threading
from contextlib import closing, suppress
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from field_client.sync.errors import ServerUnreachable, ServerUntrusted
from field_client.sync.trust import Trust
from shared_schema import relaying
from shared_schema.line_certificate import certify, is_signed_by
from sync_server.api.line_key import with_own_certificate
from sync_server.api.serving import Listening, OwnTls
from sync_server.relay.errors import UpstreamUntrusted
from sync_server.relay.line import Lines
from sync_server.relay.upstream import Upstream
from tests.support.secure_server import LOOPBACK, REPLY, Server, exchange, raw, serve
from tests.support.strangers import whole_request


@pytest.fixture(scope="module")
def signing() -> Ed25519PrivateKey:
    """Give the key that laptops were enrolled with."""
    return Ed25519PrivateKey.generate()


def context_of(
    signing: Ed25519PrivateKey, host: str = "kantor.example", word: bytes = b""
) -> ssl.SSLContext:
    """Return what a server with this key shows."""

    def load(certificate: str, key: str, passphrase: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, passphrase)
        return context

    return with_own_certificate(signing, host, load, word)


def test_a_request_of_many_packets_is_ended(signing: Ed25519PrivateKey) -> None:
    """A protected line takes all there is at once; the few bytes of the end still follow."""
    server = Server(context_of(signing))
    with server.listening() as port:
        assert exchange(Trust(pinned=raw(signing)), port, piece=bytes(50_000)) == b"halo"


def test_the_servers_own_key_is_enough(signing: Ed25519PrivateKey) -> None:
    """Whatever name its certificate bears: the office may have moved."""
    server = Server(context_of(signing))
    with server.listening() as port:
        for host in (LOOPBACK, "localhost"):
            assert exchange(Trust(pinned=raw(signing)), port, host) == b"halo"


def test_another_servers_key_is_not(signing: Ed25519PrivateKey) -> None:
    """A certificate of the same form, of another key: nothing of ours is sent."""
    server = Server(context_of(Ed25519PrivateKey.generate()))
    with server.listening() as port:
        with pytest.raises(ServerUntrusted, match=f"{LOOPBACK}:{port}"):
            exchange(Trust(pinned=raw(signing)), port)
        with pytest.raises(ServerUntrusted):
            exchange(Trust(pinned=b""), port)
    assert server.told_of_ours == []


def test_a_certificate_is_good_whole_and_at_any_time(signing: Ed25519PrivateKey) -> None:
    """It bears no days that a wrong clock could miss; altered, or without a key, it is nothing."""
    line_key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify(line_key.public_key(), signing, ["kantor.example", LOOPBACK])
    shown = certificate.public_bytes(Encoding.DER)
    assert is_signed_by(shown, raw(signing))
    for altered in (b"", shown[:-1] + bytes([shown[-1] ^ 1]), shown[:40] + b"x" + shown[41:]):
        assert not is_signed_by(altered, raw(signing))
    assert not is_signed_by(shown, b"")
    assert certificate.not_valid_before_utc.year == 1970
    assert certificate.not_valid_after_utc.year == 9999


def test_the_second_line_resumes_the_first(signing: Ed25519PrivateKey) -> None:
    """One run of the program: no certificate travels again, and the key is still asked for."""
    server, trust = Server(context_of(signing)), Trust(pinned=raw(signing))
    with server.listening() as port:
        for _ in range(3):
            assert exchange(trust, port) == b"halo"
    assert server.resumed == [False, True, True]


def test_a_relays_second_line_resumes_the_first(signing: Ed25519PrivateKey) -> None:
    """As a laptop's does; a stranger at the same address is not believed for it."""
    server = Server(context_of(signing))
    with server.listening() as port:
        url = f"https://{LOOPBACK}:{port}"
        upstream = Upstream(url=url, lines=Lines(signing=raw(signing)), idle_s=5)
        for _ in range(3):
            assert b"".join(upstream.exchange(iter([b"rahasia"]))) == b"halo"
        server.context = context_of(Ed25519PrivateKey.generate())
        with pytest.raises(UpstreamUntrusted):
            list(upstream.exchange(iter([b"rahasia"])))
    assert server.resumed[:3] == [False, True, True]
    assert len(server.told_of_ours) == 3


def test_a_session_does_not_outlive_the_key(signing: Ed25519PrivateKey) -> None:
    """Another server at the same address is not believed for what was kept of the first."""
    server, trust = Server(context_of(signing)), Trust(pinned=raw(signing))
    with server.listening() as port:
        exchange(trust, port)
        server.context = context_of(Ed25519PrivateKey.generate())
        with pytest.raises(ServerUntrusted):
            exchange(trust, port)
    assert len(server.told_of_ours) == 1


def word_of(office: Ed25519PrivateKey, relay: Ed25519PrivateKey) -> bytes:
    """Return the office's word for a relay."""
    certificate = relaying.Certificate(signing=raw(relay), label="Kecamatan", until_ms=None)
    return relaying.certify(certificate, office)


def test_a_relay_is_believed_by_the_offices_word(signing: Ed25519PrivateKey) -> None:
    """Only where a relay is meant, only with our office's word, and only for that relay's key."""
    relay, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    server = Server(context_of(relay, word=word_of(signing, relay)))
    meant = partial(Trust, pinned=raw(signing), relays=True)
    with server.listening() as port:
        assert exchange(meant(), port) == b"halo"
        for context, trust in (
            (server.context, Trust(pinned=raw(signing))),
            (context_of(relay), meant()),
            (context_of(relay, word=b"x" * 99), meant()),
            (context_of(relay, word=word_of(other, relay)), meant()),
            (context_of(other, word=word_of(signing, relay)), meant()),
        ):
            server.context = context
            with pytest.raises(ServerUntrusted):
                exchange(trust, port)
    assert len(server.told_of_ours) == 1


def test_a_relay_shows_the_offices_word_as_soon_as_it_has_it(signing: Ed25519PrivateKey) -> None:
    """A relay that serves before it has met its office needs no new start."""
    relay, words = Ed25519PrivateKey.generate(), [b""]
    listening = Listening(host=LOOPBACK, port=0, tls=None, protected=True, word=lambda: words[0])
    adapter = OwnTls(relay, listening)

    def answer(line: socket.socket) -> None:
        with suppress(OSError), adapter.wrap(line)[0] as secure:
            whole_request(secure)
            secure.sendall(REPLY)

    trust = Trust(pinned=raw(signing), relays=True)
    with socket.create_server((LOOPBACK, 0)) as listener:
        threading.Thread(target=partial(serve, listener, answer), daemon=True).start()
        port = listener.getsockname()[1]
        with pytest.raises(ServerUntrusted):
            exchange(trust, port)
        words[0] = word_of(signing, relay)
        assert exchange(trust, port) == b"halo"


def test_a_plain_server_is_unreachable_by_tls(signing: Ed25519PrivateKey) -> None:
    """Nothing falls back to a line without protection."""
    heard: list[bytes] = []
    with socket.create_server((LOOPBACK, 0)) as listener:

        def answer(line: socket.socket) -> None:
            heard.append(line.recv(65536))
            line.sendall(REPLY)

        threading.Thread(target=partial(serve, listener, answer), daemon=True).start()
        with pytest.raises(ServerUnreachable):
            exchange(Trust(pinned=raw(signing)), listener.getsockname()[1])
    assert b"rahasia" not in b"".join(heard)


def test_an_authority_is_asked_once(
    signing: Ed25519PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who shows an authority's certificate is met twice at first, and once from then on."""
    foreign = Server(context_of(Ed25519PrivateKey.generate(), LOOPBACK))
    trust, met = Trust(pinned=raw(signing)), []
    believing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # stands for the system's authorities
    believing.check_hostname = False
    believing.verify_mode = ssl.CERT_NONE
    monkeypatch.setattr(trust, "_public", believing)
    with foreign.listening() as port:

        def connect() -> socket.socket:
            met.append(port)
            return socket.create_connection((LOOPBACK, port), timeout=5)

        for _ in range(2):
            with closing(trust.secure(connect, LOOPBACK, f"{LOOPBACK}:{port}")):
                pass
    assert len(met) == 3
