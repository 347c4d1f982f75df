"""A store is updated or encrypted anew while it is unlocked: whoever looks sees how far it is."""

from dataclasses import dataclass, field
from pathlib import Path

from field_client.shift import State
from field_client.vault import keys
from field_client.web.desk import Desk
from field_client.web.pages import create_app
from tests.support.laptop import laptop, register
from tests.support.memory_server import MemoryServer
from tests.support.older_store import older_laptop
from tests.unit.field_client.web.conftest import Browser


@dataclass(kw_only=True)
class Watched(Desk):
    """A desk beside which another browser looks while the store is updated."""

    browser: Browser | None = None
    seen: list[str] = field(default_factory=list)

    def _note_rekey(self, share: float) -> None:
        super()._note_rekey(share)
        self._look()

    def _note_update(self, share: float) -> None:
        super()._note_update(share)
        self._look()

    def _look(self) -> None:
        assert self.browser is not None
        self.seen += [self.browser.get(path).text for path in ("/unlock/progress", "/unlock")]


def test_the_door_says_how_far_an_update_is(tmp_path: Path, server: MemoryServer) -> None:
    """In percent, and goes on looking; before and after it there is nothing to say."""
    with older_laptop(tmp_path / "a", server.code()) as older:
        register(older, ["Warga Uji 1"])
    desk = Watched(home=tmp_path / "a")
    pages = create_app(desk, "id", routed=lambda: False)
    desk.browser, browser = Browser(client=pages.test_client()), Browser(client=pages.test_client())
    assert "persen" not in browser.get("/unlock/progress").text
    browser.unlock()
    assert desk.seen
    assert all("every 1s" in one for one in desk.seen)
    assert all("Memperbarui data: 100 persen" in one for one in desk.seen[-2:])
    assert desk.shift.state is State.OPEN
    assert "persen" not in browser.get("/unlock/progress").text
    desk.end()
    seen = len(desk.seen)
    browser.unlock()
    assert len(desk.seen) == seen
    desk.end()


def test_the_door_says_how_far_the_store_is_encrypted_anew(
    tmp_path: Path, server: MemoryServer
) -> None:
    """At the first unlock after an operator was removed, and only then."""
    with laptop(tmp_path / "a", server.code()) as app:
        register(app, ["Warga Uji 1"])
        keys.add_operator(app.home, app.keys, "kedua", "rahasia-kedua-dua", calibrate=False)
        keys.remove_operator(app.home, app.keys, "kedua")
    desk = Watched(home=tmp_path / "a")
    pages = create_app(desk, "id", routed=lambda: False)
    desk.browser, browser = Browser(client=pages.test_client()), Browser(client=pages.test_client())
    browser.unlock()
    assert desk.seen
    assert all("every 1s" in one for one in desk.seen)
    assert all("Mengenkripsi ulang data: 100 persen" in one for one in desk.seen[-2:])
    assert desk.shift.state is State.OPEN
    desk.end()
    seen = len(desk.seen)
    browser.unlock()
    assert len(desk.seen) == seen
    desk.end()
