"""What a browser gets to see, and what it never does."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from field_client.shift import IDLE_S, State
from field_client.vault import keys
from field_client.web.desk import Desk
from tests.support.laptop import OPERATOR, PASSPHRASE, register, reopen, write
from tests.unit.field_client.web.conftest import BASE, PIN, Browser, Clock

BEHIND_THE_DOOR = ("/", "/search?q=maria", "/records/waiting", "/pin/new", "/nowhere")


def leads_to(browser: Browser, path: str) -> str:
    """Open a page that must lead elsewhere; return where."""
    response = browser.get(path)
    assert response.status_code == 303, path
    assert "Contoh" not in response.text
    return str(response.location)


def test_home_shows_counts_and_the_bar(browser: Browser) -> None:
    """Offline, two not sent, never synced; in Indonesian unless English is chosen."""
    assert leads_to(browser, "/") == "/unlock"
    assert browser.unlock().location == "/"
    assert browser.get("/").status_code == 200
    text = " ".join(re.sub(r"<[^>]+>", " ", browser.page).split())
    assert "Luring 2 belum terkirim terakhir sinkron belum pernah" in text
    assert "0 Draf 2 Menunggu dikirim 0 Diterima server 0 Perlu perhatian" in text
    browser.post("/language", lang="en", back="/search?q=x")
    browser.get("/")
    assert "2 not sent yet" in browser.page
    assert '<html lang="en">' in browser.page


def test_a_record_is_found_and_shown(browser: Browser, desk: Desk) -> None:
    """By part of the name; what is typed is shown as text, never as markup."""
    with reopen(desk.home) as app:
        register(app, ["<b>Tebal</b> Contoh"])
    browser.unlock()
    browser.get("/")
    assert browser.post("/search", q="tebal").location == "/search"
    browser.get("/search")
    assert "&lt;b&gt;Tebal&lt;/b&gt; Contoh" in browser.page
    assert "<b>Tebal" not in browser.page
    found = re.search(r'href="(/record/[^"]+)"', browser.page)
    assert found
    assert browser.get(found[1]).status_code == 200
    assert "Menunggu dikirim" in browser.page
    browser.post("/search", q='"><script>')
    browser.get("/search")
    assert "&gt;&lt;script" in browser.page
    assert "<script>" not in browser.page
    assert browser.get("/record/00000000-0000-8000-8000-000000000000").status_code == 400
    assert browser.get("/records/roster").status_code == 404


def test_a_record_says_who_began_it_and_who_wrote_last(browser: Browser, desk: Desk) -> None:
    """Each under the name they unlocked with; what only came from the office says nothing."""
    unlocked = keys.unlock(desk.home, OPERATOR, PASSPHRASE)
    keys.add_operator(desk.home, unlocked, "kedua", "rahasia-kedua-dua", calibrate=False)
    with reopen(desk.home) as app:
        alone, shared = register(app, ["Warga Contoh 1", "Warga Contoh 2"])
    with reopen(desk.home, keys.unlock(desk.home, "kedua", "rahasia-kedua-dua")) as app:
        write(app, shared, phone="0811")
        draft = app.journal.new_record()
        app.journal.save_draft(draft, "person", 1, {"name": "Warga Contoh 3"})
    browser.unlock()
    browser.get("/")
    browser.post("/language", lang="en", back="/")
    assert [who for _, who in signed(browser, shared)] == [OPERATOR, "kedua"]
    assert [label for label, _ in signed(browser, shared)] == ["Written by", "Last changed by"]
    assert signed(browser, alone) == [("Written by", OPERATOR)]
    assert signed(browser, draft) == []


def signed(browser: Browser, record: UUID) -> list[tuple[str, str]]:
    """Open a record; return who is said to have written in it, without the times."""
    browser.get(f"/record/{record}")
    facts = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+) · \d\d:\d\d</dd>", browser.page)
    return [(label, who) for label, who in facts if label.endswith(" by")]


def test_no_name_gets_into_the_browsers_history(browser: Browser) -> None:
    """A browser keeps addresses and titles on the disk: what is sought, who is shown is in none."""
    browser.unlock()
    browser.get("/")
    sought = browser.post("/search", q="maria")
    assert "maria" not in sought.location.lower()
    browser.get("/search?q=yohanes")
    assert "Maria Contoh" in browser.page
    assert "Yohanes" not in browser.page
    found = re.search(r'href="(/record/[^"]+)"', browser.page)
    assert found
    browser.get(found[1])
    title = re.search(r"<title>(.*?)</title>", browser.page)
    assert title
    assert "Maria" not in title[1]
    assert "Maria Contoh" in browser.page
    browser.post("/lock")
    browser.unlock()
    browser.get("/search")
    assert "maria" not in browser.page.lower()


def test_a_second_browser_gets_nothing(browsers: Callable[[], Browser]) -> None:
    """Not by asking, not with a cookie of its own, not in a pause with the right PIN."""
    first, second = browsers(), browsers()
    first.unlock()
    first.set_pin()
    for path in BEHIND_THE_DOOR:
        assert leads_to(second, path) == "/unlock"
    first.get("/")
    first.post("/pause")
    second.get("/unlock")
    assert second.post("/pin", pin=PIN).location == "/unlock"
    assert first.post("/pin", pin=PIN).location == "/"
    assert leads_to(second, "/") == "/unlock"


def test_who_unlocks_takes_over(browsers: Callable[[], Browser]) -> None:
    """The passphrase in another browser ends the first one's access."""
    first, second = browsers(), browsers()
    first.unlock()
    second.unlock()
    assert leads_to(first, "/") == "/unlock"
    assert second.get("/").status_code == 200


def test_after_five_idle_minutes_everything_needs_the_pin(
    browser: Browser, clock: Clock, desk: Desk
) -> None:
    """Or the passphrase where no PIN was set; the screen itself leads away from what it shows."""
    browser.unlock()
    browser.get("/")
    assert f'content="{round(IDLE_S) + 5}; url=/idle"' in browser.page
    browser.set_pin()
    clock.now_s += IDLE_S
    for path in (*BEHIND_THE_DOOR, "/idle"):
        assert leads_to(browser, path) in {"/pin", "/"}, path
    assert desk.shift.state is State.PIN
    browser.get("/pin")
    assert "2" in browser.page
    assert browser.post("/pin", pin="999999").status_code == 403
    assert browser.post("/pin", pin=PIN).location == "/"
    browser.get("/")
    browser.post("/lock")
    browser.unlock()
    clock.now_s += IDLE_S
    for path in BEHIND_THE_DOOR:
        assert leads_to(browser, path) == "/unlock"


def test_a_page_left_alone_does_not_keep_the_store_open(browser: Browser, clock: Clock) -> None:
    """Where another tab is at work the page is put away; looking at /idle is no use."""
    browser.unlock()
    clock.now_s += IDLE_S - 10
    assert browser.get("/idle").status_code == 200
    assert "Contoh" not in browser.page
    clock.now_s += 10
    assert leads_to(browser, "/idle") == "/"
    assert leads_to(browser, "/") == "/unlock"


def test_lock_wipes(browser: Browser, desk: Desk) -> None:
    """Keys, PIN, the browser's leave and what it remembers of pages."""
    browser.unlock()
    browser.set_pin()
    browser.get("/")
    response = browser.post("/lock")
    assert response.location == "/unlock"
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert desk.shift.state is State.LOCKED
    assert (desk._app, desk._pin, desk._wrapped) == (None, None, None)
    assert browser.post("/pin", pin=PIN).location == "/unlock"


def test_the_pages_of_a_removed_operator_end_and_say_why(browser: Browser, desk: Desk) -> None:
    """At the next click, for everybody who shares the laptop, until somebody unlocks again."""
    administrator = keys.unlock(desk.home, OPERATOR, PASSPHRASE)
    keys.add_operator(desk.home, administrator, "kedua", "rahasia-kedua", calibrate=False)
    browser.unlock()
    assert browser.get("/").status_code == 200
    keys.remove_operator(desk.home, administrator, "kedua")
    for path in BEHIND_THE_DOOR:
        assert leads_to(browser, path) == "/unlock"
    browser.get("/unlock")
    assert "Kunci data ini diganti" in browser.page
    browser.unlock()
    browser.post("/lock")
    browser.get("/unlock")
    assert "Kunci data ini diganti" not in browser.page


def test_five_wrong_pins_lead_to_the_passphrase(browser: Browser) -> None:
    """The fifth answer is the door, and it says why."""
    browser.unlock()
    browser.set_pin()
    browser.get("/")
    browser.post("/pause")
    browser.get("/pin")
    for _ in range(5):
        response = browser.post("/pin", pin="999999")
    assert response.status_code == 403
    assert "frasa sandi" in browser.page
    assert 'name="passphrase"' in browser.page


@pytest.mark.parametrize("key", ["", "0" * 64])
def test_a_form_without_our_key_does_nothing(browser: Browser, desk: Desk, key: str) -> None:
    """Another page's form, or one from before a restart."""
    browser.get("/unlock")
    refused = browser.post("/unlock", key=key, operator="petugas", passphrase="x")
    assert refused.status_code == 403
    browser.unlock()
    browser.get("/")
    for path in ("/lock", "/pause", "/pin/new", "/language"):
        assert browser.post(path, key=key).status_code == 403
    assert desk.shift.state is State.OPEN


def test_a_form_from_another_site_does_nothing(browser: Browser, desk: Desk) -> None:
    """Browsers say where a request comes from; that is believed when it speaks against us."""
    browser.unlock()
    browser.get("/")
    found = re.search(r'name="form_key" value="([^"]+)"', browser.page)
    assert found
    for name, value in (
        ("Origin", "http://jahat.example"),
        ("Origin", "http://127.0.0.1:9999"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ):
        data = {"form_key": found[1]}
        sent = browser.client.post("/lock", base_url=BASE, data=data, headers={name: value})
        assert sent.status_code == 403, (name, value)
    assert desk.shift.state is State.OPEN
    data = {"form_key": found[1]}
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/lock", base_url=BASE, data=data, headers=own).status_code == 303


@pytest.mark.parametrize(
    "host", ["jahat.example", "127.0.0.1.jahat.example:8801", "127.0.0.1:80", "0.0.0.0:8801", ""]
)
def test_no_other_name_is_answered(browser: Browser, host: str) -> None:
    """A name that somebody else points at this laptop (DNS rebinding) shows nothing."""
    browser.unlock()
    response = browser.client.get("/", base_url=BASE, headers={"Host": host})
    assert response.status_code in {400, 403}
    assert "Menunggu" not in response.text


def test_every_answer_is_strict(browser: Browser) -> None:
    """Nothing is kept, framed, guessed or loaded from elsewhere; styles and errors included."""
    browser.unlock()
    for path in ("/", "/unlock", "/nowhere", "/static/style.css", "/records/bogus"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert ("no-store" in headers["Cache-Control"]) == (not path.startswith("/static"))
    browser.get("/")
    assert not re.search(r"https?://|style=|\son\w+=", browser.page)
    assert (
        re.sub(r'<script src="/static/[^"]+" defer></script>', "", browser.page).count("<scr") == 0
    )


def test_cookies_stay_on_this_laptop(browser: Browser) -> None:
    """Not readable by scripts, not sent from other sites, new at each unlock, gone at the end."""
    fresh = browser.get("/unlock").headers["Set-Cookie"]
    unlocked = browser.unlock().headers["Set-Cookie"]
    for cookie in (fresh, unlocked):
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Expires" not in cookie
        assert "Max-Age" not in cookie
    assert fresh.split(";")[0] != unlocked.split(";")[0]


@pytest.mark.parametrize(
    "back", ["//jahat.example/", "/\\jahat.example", "http://jahat.example", ""]
)
def test_the_language_leads_back_to_our_own_pages_only(browser: Browser, back: str) -> None:
    """A form field never sends anybody elsewhere."""
    browser.get("/unlock")
    assert browser.post("/language", lang="en", back=back).location == "/"


def test_a_failure_shows_no_inside(
    browser: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is one sentence; names and values stay out of it."""
    browser.unlock()
    with desk.use() as app:
        monkeypatch.setattr(type(app.journal), "standings", lambda _self: 1 / 0)
    response = browser.get("/")
    assert response.status_code == 500
    assert "ZeroDivision" not in response.text
    assert "Coba lagi" in response.text


def test_the_bar_and_the_ways_on_stand_above_a_failure_too(browser: Browser) -> None:
    """Only for who has unlocked."""
    assert browser.get("/nowhere").status_code == 303, "nothing is said to a stranger"
    browser.unlock()
    for path in ("/nowhere", "/record/00000000-0000-8000-8000-000000000000"):
        assert browser.get(path).status_code in (400, 404)
        assert "2 belum terkirim" in browser.page
        assert 'class="rooms"' in browser.page
    assert browser.post("/lock").location == "/unlock"
    assert browser.get("/nowhere").status_code == 303, "nor to who has locked"


def test_the_shell_holds_no_data(browser: Browser) -> None:
    """What a browser keeps for when the program does not answer knows nobody, and opens nothing."""
    browser.unlock()
    worker = browser.get("/shell.js").text
    kept = re.findall(r'"(/[^"]*)"', re.search(r"KEPT = \[(.*?)\]", worker)[1])  # type: ignore[index]
    assert kept
    for path in kept:
        assert path == "/asleep" or path.startswith("/static/")
        assert browser.get(path).status_code == 200
    browser.get("/asleep")
    assert "form_key" not in browser.page
    assert "petugas" not in browser.page
