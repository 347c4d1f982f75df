"""The officer's pages as a process, and a browser for them that runs no scripts."""

import http.client
import json
import re
import signal
import tempfile
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from tests.support.processes import OPERATOR, PASSPHRASE, Started, client_environment, started

FORM_KEY = re.compile(r'name="form_key" value="([^"]+)"')
_LOOK_S = 0.02
_PLAIN = "application/x-www-form-urlencoded"
_BOUNDARY = "batas-yang-tidak-ada-di-foto"
TAGS = re.compile(r"<[^>]+>")


@dataclass(slots=True, kw_only=True)
class Pages:
    """`field-client web` over one store, without a passphrase in its environment.

    ``more``: further options. ``forked``: started fast, from a process that has it loaded.
    """

    home: Path
    more: tuple[str, ...] = ()
    forked: bool = True
    url: str = ""
    process: Started | None = None
    said: tuple[Path, Path] = (Path(), Path())

    def __enter__(self) -> Self:
        folder = Path(tempfile.mkdtemp(prefix="pages-", dir=self.home.parent))
        self.said = folder / "stdout", folder / "stderr"
        args = ["web", "--port", "0", "--json", *self.more]
        env = client_environment(self.home, "", OPERATOR)
        self.process = started("field-client", args, env, self.said, forked=self.forked)
        self.url = json.loads(self._announced())["url"]
        return self

    def _announced(self) -> str:
        """Wait until it says where it serves."""
        assert self.process is not None
        out, err = self.said
        while not (out.exists() and (text := out.read_text(encoding="utf-8")).endswith("}\n")):
            assert self.process.poll() is None, err.read_text(encoding="utf-8")
            time.sleep(_LOOK_S)
        return text

    def stop(self) -> str:
        """Ask it to end, as a service manager does; return what it said on standard error."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        said = self.said[1].read_text(encoding="utf-8")
        assert code == 0, said
        self.process = None
        return said

    def die(self) -> None:
        """End it in the middle of whatever it does (SIGKILL), and start it anew elsewhere."""
        self._kill()
        self.__enter__()

    def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._kill()


@dataclass(slots=True, kw_only=True)
class Browser:
    """One browser: its cookies, and the ``page`` it shows."""

    url: str
    page: str = ""
    status: int = 0
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> str:
        """Open a page and follow where it leads; return its text without markup."""
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> str:
        """Send a form with the key of the page that is shown, and follow."""
        found = FORM_KEY.search(self.page)
        key = found[1] if found else ""
        return self._ask("POST", path, urlencode({"form_key": key, **fields}).encode())

    def upload(self, path: str, name: str, content: bytes, **fields: str) -> str:
        """Send a form with a file in its field ``name``, and follow."""
        found = FORM_KEY.search(self.page)
        parts = {"form_key": found[1] if found else "", **fields}
        head = "--{}\r\nContent-Disposition: form-data; name={}\r\n\r\n{}\r\n"
        said = "".join(head.format(_BOUNDARY, *part) for part in parts.items())
        said += (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name={name}; filename="a"\r\n\r\n'
        )
        body = said.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        return self._ask("POST", path, body, f"multipart/form-data; boundary={_BOUNDARY}")

    def unlock(self) -> str:
        """Give the passphrase."""
        self.get("/unlock")
        return self.post("/unlock", operator=OPERATOR, passphrase=PASSPHRASE)

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = _PLAIN) -> str:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            said = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        if response.status == http.HTTPStatus.SEE_OTHER:
            return self._ask("GET", str(response.headers["Location"]))
        self.page, self.status = said, response.status
        return " ".join(TAGS.sub(" ", said).split())
