"""The line protected by a certificate: of an authority, or of nobody but our own server."""

import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from field_client.app import create_device
from tests.support.othertime import at, needs_faketime
from tests.support.processes import (
    LOOPBACK,
    OPERATOR,
    PASSPHRASE,
    Finished,
    client_environment,
    console,
    init_server,
    run,
    server_environment,
)
from tests.support.scenes import Laptop
from tests.support.secure_server import DAY, certificate

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="certificates are made by openssl")
REGISTRATION = {"name": "Warga Contoh 1", "sex": "P", "village": "53.15.05.2001"}


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """``authority``: what a laptop trusts. ``chain``, ``key``: what the server shows and holds."""

    authority: Path
    chain: Path
    key: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make an office's own authority, and a certificate of it for the loopback address."""
    folder = tmp_path_factory.mktemp("certificates")
    made = Certificates(
        authority=folder / "authority.pem", chain=folder / "chain.pem", key=folder / "key.pem"
    )
    new = ("req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2")
    signer = folder / "authority-key.pem"
    openssl(*new, "-subj", "/CN=Kantor Contoh", "-keyout", signer, "-out", made.authority)
    named = ("-subj", f"/CN={LOOPBACK}", "-addext", f"subjectAltName=IP:{LOOPBACK}")
    signed = ("-CA", made.authority, "-CAkey", signer, "-addext", "basicConstraints=CA:FALSE")
    openssl(*new, *named, *signed, "-keyout", made.key, "-out", made.chain)
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set up a server's home."""
    made = tmp_path_factory.mktemp("office") / "home"
    init_server(made)
    return made


@pytest.fixture(scope="module")
def url(home: Path, certificates: Certificates) -> Iterator[str]:
    """Serve under TLS; give the address that the server says it has."""
    with serving(
        home, "serve", "--tls-cert", certificates.chain, "--tls-key", certificates.key
    ) as said:
        yield said


@pytest.fixture(scope="module")
def own_url(home: Path) -> Iterator[str]:
    """Serve under TLS without any files: the server's own key vouches for the line."""
    with serving(home, "serve", "--tls") as said:
        yield said


@contextmanager
def serving(home: Path, command: str, *options: object) -> Iterator[str]:
    """Serve until left; give the address that the server says it has."""
    process = subprocess.Popen(
        [console("sync-server"), command, "--port", "0", *map(str, options), "--json"],
        env=server_environment(home),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    while not said.rstrip().endswith("}") and (line := process.stdout.readline()):
        said += line
    try:
        yield json.loads(said)["url"]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def laptop(tmp_path: Path, home: Path, url: str) -> Path:
    """Give the home of a laptop that is enrolled for this address, with one registration."""
    return enrolled(tmp_path, home, url)


def enrolled(tmp_path: Path, home: Path, url: str) -> Path:
    """Enrol a laptop for an address and register one person."""
    made = tmp_path / "laptop"
    create_device(made, invited(home, url), OPERATOR, PASSPHRASE, calibrate=False).close()
    person = json.dumps({**REGISTRATION, "birth_date": "1970"})
    Laptop(home=made).attempt("add", "person", "--from", "-", stdin=person).check()
    return made


def invited(home: Path, url: str, *options: str) -> str:
    """Return an enrolment code for an address."""
    asked = ("--label", "L", "--scope", "53.15.05", "--url", url, *options)
    return str(office(home, "device", "enrol", *asked)["code"])


def office(home: Path, *args: str) -> Any:
    """Run `sync-server ARGS --json`, which must succeed."""
    return run("sync-server", *args, "--json", env=server_environment(home)).check().json


def openssl(*args: object) -> None:
    """Run openssl, which must succeed."""
    subprocess.run([OPENSSL, *map(str, args)], check=True, capture_output=True)


def sync(laptop: Path, authority: Path | None) -> Finished:
    """Sync, trusting an authority besides those of the system."""
    env = client_environment(laptop, PASSPHRASE, OPERATOR)
    trusted = {} if authority is None else {"SSL_CERT_FILE": str(authority)}
    return run("field-client", "sync", "--json", env=env | trusted)


def waiting(laptop: Path) -> int:
    """Count what waits."""
    return Laptop(home=laptop).status()["waiting"]


def test_a_laptop_that_trusts_the_offices_authority_syncs(
    laptop: Path, url: str, certificates: Certificates
) -> None:
    """The address says https, and the registration is received."""
    assert url.startswith("https://")
    sync(laptop, certificates.authority).check()
    assert waiting(laptop) == 0


def test_a_districts_own_certificate_needs_no_authority(laptop: Path) -> None:
    """A laptop that trusts nobody else's certificates knows it by the word of its server."""
    sync(laptop, None).check()
    assert waiting(laptop) == 0


def test_a_certificate_without_a_word_is_named(tmp_path: Path, home: Path) -> None:
    """Its days are over, so the server gives none: nothing is sent, nothing is lost."""
    over = certificate(tmp_path, -2 * DAY, -DAY)
    with serving(home, "serve", "--tls-cert", over, "--tls-key", over) as url:
        made = enrolled(tmp_path, home, url)
        refused = sync(made, None)
    assert (refused.returncode, refused.error_code) == (5, "SERVER_UNTRUSTED")
    assert waiting(made) == 1


def test_the_servers_own_certificate_needs_no_authority(
    tmp_path: Path, home: Path, own_url: str
) -> None:
    """The laptop knows the server by the key of its enrolment; what waited is received."""
    assert own_url.startswith("https://")
    made = enrolled(tmp_path, home, own_url)
    sync(made, None).check()
    assert waiting(made) == 0


@needs_faketime
def test_the_servers_own_certificate_has_no_days(tmp_path: Path, home: Path, own_url: str) -> None:
    """A laptop whose clock is thirty years ahead gets through, and is told of its clock."""
    made = enrolled(tmp_path, home, own_url)
    done = at("+30y", Laptop(home=made), "sync", "--json")
    assert done.error_code == "CLOCK_OFF", done.stderr
    assert waiting(made) == 0


def test_another_office_at_the_same_address_is_not_believed(
    tmp_path: Path, url: str, own_url: str
) -> None:
    """Its certificate is as good as ours, but of another key: nothing of ours goes there."""
    theirs = tmp_path / "other" / "home"
    init_server(theirs)
    for number, address in enumerate((url, own_url)):
        (tmp_path / str(number)).mkdir()
        made = enrolled(tmp_path / str(number), theirs, address)
        refused = sync(made, None)
        assert (refused.returncode, refused.error_code) == (5, "SERVER_UNTRUSTED")
        assert waiting(made) == 1


def test_a_relay_is_known_by_its_offices_word(tmp_path: Path, home: Path, own_url: str) -> None:
    """Each end of the way by `--tls` alone: the relay to its office, the laptop to the relay."""
    passes_on(tmp_path, home, own_url, "--tls")


def test_a_relay_may_show_a_districts_own_certificate(
    tmp_path: Path, home: Path, url: str, certificates: Certificates
) -> None:
    """And knows its office by the office's; no authority is asked anywhere."""
    shown = ("--tls-cert", certificates.chain, "--tls-key", certificates.key)
    passes_on(tmp_path, home, url, *shown)


def passes_on(tmp_path: Path, home: Path, upstream: str, *shown: object) -> None:
    """Let a relay meet its office, and a laptop leave a registration with it."""
    relay, made = tmp_path / "relay", enrolled(tmp_path, home, upstream)
    code = invited(home, upstream, "--relay")
    with serving(relay, "relay", "--code", code, *shown) as url:
        assert url.startswith("https://")
        deadline_s = time.monotonic() + 60
        while not office(relay, "relay", "--status")["last_contact"]:
            assert time.monotonic() < deadline_s
        left = Laptop(home=made).run("sync", "--via", url)
        assert (left["relay"], left["held_changes"]) == ("L", 1)


def test_a_caller_that_says_nothing_keeps_nobody_waiting(
    laptop: Path, url: str, certificates: Certificates
) -> None:
    """Connections without a handshake are open while a laptop syncs."""
    host, port = urlsplit(url).netloc.split(":")
    silent = [socket.create_connection((host, int(port)), timeout=5) for _ in range(3)]
    try:
        trusting = ssl.create_default_context(cafile=str(certificates.authority))
        with (
            socket.create_connection((host, int(port)), timeout=5) as line,
            trusting.wrap_socket(line, server_hostname=host) as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}
        sync(laptop, certificates.authority).check()
    finally:
        for one in silent:
            one.close()


def test_a_server_with_many_open_lines_gives_its_word(laptop: Path, url: str) -> None:
    """It closes behind each answer then, also behind its word; the laptop comes again."""
    host, port = urlsplit(url).netloc.split(":")
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as lines:
        answers = []
        for _ in range(12):
            line = lines.enter_context(socket.create_connection((host, int(port)), timeout=5))
            secure = lines.enter_context(anybody.wrap_socket(line))
            secure.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            answers.append(secure.recv(65536))
        assert b"Connection: close" in answers[-1]
        sync(laptop, None).check()
    assert waiting(laptop) == 0


def test_one_file_without_the_other_or_the_wrong_one_is_named(
    home: Path, certificates: Certificates
) -> None:
    """The server does not fall back to a line without protection."""
    for options in (
        ("--tls-cert", certificates.chain),
        ("--tls-cert", certificates.key, "--tls-key", certificates.chain),
    ):
        env = server_environment(home)
        refused = run("sync-server", "serve", "--port", "0", *options, env=env)
        assert (refused.returncode, refused.error_code) == (3, "TLS_FILES_INVALID")
