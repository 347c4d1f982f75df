"""The peers' clients: python -m bench.peers.posting gzip_json|kinto HOST PORT LINES.

Posts the people in LINES, each post again on a new connection until it is answered, and prints
after each answer what has passed until then. `prepare` in the place of LINES waits until the
server answers and makes it ready.
"""

import base64
import gzip
import http.client
import json
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RECORDS = "/v1/buckets/jemput/collections/people/records"
POST_TIMEOUT_S = 20
BATCHES = {"gzip_json": 50, "kinto": 25}
"""Records in a post; 25 is the most that Kinto takes as it comes."""
LOGIN = "Basic " + base64.b64encode(b"petugas:sandi-uji-coba").decode()
Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Passed:
    """What has passed: records answered, bytes of bodies each way, and how long it took."""

    received: int = 0
    up: int = 0
    down: int = 0
    connections: int = 0
    requests: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Poster:
    """Posts to one server; counts what passes."""

    host: str
    port: int
    passed: Passed
    connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: bytes) -> Any:
        """Return the answer's JSON; the request is repeated until there is one."""
        headers = {"Content-Type": "application/json", "Authorization": LOGIN}
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(
                        self.host, self.port, timeout=POST_TIMEOUT_S
                    )
                    self.connection.connect()
                    self.passed.connections += 1
                self.passed.requests += 1
                self.passed.up += len(body)
                self.connection.request(method, path, body, headers)
                reply = self.connection.getresponse()
                answer = reply.read()
            except (OSError, http.client.HTTPException):
                self.connection = None
                time.sleep(0.2)
            else:
                assert reply.status < http.HTTPStatus.BAD_REQUEST, answer
                self.passed.down += len(answer)
                return json.loads(answer)


def gzip_body(rows: Rows) -> bytes:
    """Return a body of gzip JSON."""
    return gzip.compress(json.dumps(rows, ensure_ascii=False).encode(), 9)


def kinto_body(rows: Rows, first: int) -> bytes:
    """Return a batch request; a repeated one puts the same records."""
    requests = [
        {"path": f"{RECORDS}/{uuid.UUID(int=first + number)}", "body": {"data": row}}
        for number, row in enumerate(rows)
    ]
    batch = {"defaults": {"method": "PUT"}, "requests": requests}
    return json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode()


def accepted(peer: str, answer: Any) -> int:
    """Return how many records an answer says were taken."""
    if peer == "gzip_json":
        return len(answer)
    ok = (http.HTTPStatus.OK, http.HTTPStatus.CREATED)
    return sum(one["status"] in ok for one in answer["responses"])


def post_all(peer: str, poster: Poster, rows: Rows) -> Iterator[Passed]:
    """Post everything; yield after each answer what has passed."""
    size, begun_s = BATCHES[peer], time.perf_counter()
    for at in range(0, len(rows), size):
        some = rows[at : at + size]
        if peer == "gzip_json":
            answer = poster.send("POST", "/", gzip_body(some))
        else:
            answer = poster.send("POST", "/v1/batch", kinto_body(some, at))
        assert accepted(peer, answer) == len(some), answer
        poster.passed.received += len(some)
        poster.passed.seconds = time.perf_counter() - begun_s
        yield poster.passed


def prepare(peer: str, poster: Poster) -> None:
    """Wait for the server, and make the place for the records."""
    if peer == "gzip_json":
        poster.send("POST", "/", gzip_body([]))
    else:
        poster.send("PUT", "/v1/buckets/jemput", b"{}")
        poster.send("PUT", "/v1/buckets/jemput/collections/people", b"{}")


def main() -> None:
    """Do what is asked."""
    peer, host, port, what = sys.argv[1:]
    poster = Poster(host, int(port), Passed())
    if what == "prepare":
        prepare(peer, poster)
        return
    lines = Path(what).read_text(encoding="utf-8").splitlines()
    for passed in post_all(peer, poster, [json.loads(line) for line in lines]):
        print(json.dumps(asdict(passed)), flush=True)


if __name__ == "__main__":
    main()
