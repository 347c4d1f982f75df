"""The gzip JSON peer's office, reduced: python -m bench.peers.gzip_server HOST PORT."""

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PostsHandler(BaseHTTPRequestHandler):
    """Answers each post with the ids of what it held; keeps nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take one body and answer it."""
        rows = json.loads(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
        ids = json.dumps([f"{number:036d}" for number in range(len(rows))]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(ids)))
        self.end_headers()
        self.wfile.write(ids)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), PostsHandler).serve_forever()
