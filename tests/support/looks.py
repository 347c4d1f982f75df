"""Looking at a screen as people do: small thumbs, the keyboard alone, a page enlarged four times.

And keeping a picture of it. What is wrong is told as lines of text, an empty list when nothing is.
"""

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browsing import NARROW, WIDE, offences

ENLARGED = 320
SCREENS = Path(__file__).parents[2] / "build" / "screens"
_HEIGHT, _QUALITY = 900, 70
# A target is what is pressed: of a box with words its label. Links within a sentence are exempt:
# such a one stands in the line of three words or more around it.
_TARGETS = """more => [...document.querySelectorAll(
    "button, a.button, nav a, summary, select, textarea, input:not([type=hidden])" + more)]
  .filter(one => one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true}))
  .filter(one => {
    if (!one.matches("a:not(.button, nav a)")) return true;
    if (getComputedStyle(one).display !== "inline") return true;
    const around = (one.closest("p, li, dd, td, h2") || one.parentElement).cloneNode(true);
    around.querySelectorAll("a").forEach(each => each.remove());
    return (around.textContent.match(/[\\p{L}]+/gu) || []).length < 3;
  })
  .map(one => one.closest("label") || one)
  .filter(one => one.getBoundingClientRect().height < 47.9
    || one.getBoundingClientRect().width < 47.9)
  .map(one => "a small target: " + one.outerHTML.slice(0, 120))"""
# Along the keyboard: no jumps up the page, nothing focused stays hidden, and focus is seen.
_FOCUS = """() => {
  const said = [];
  const named = one => one.outerHTML.slice(0, 120);
  const all = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
    .filter(one => one.tabIndex >= 0 && !one.disabled)
    .filter(one => one.checkVisibility({visibilityProperty: true}));
  for (const one of all.filter(one => one.tabIndex > 0))
    said.push("an order of its own: " + named(one));
  // What sticks to an edge is measured where it stands in the page.
  const stuck = [...document.querySelectorAll(".sticky, .undo")];
  stuck.forEach(one => { one.style.position = "static"; });
  let above = null;
  for (const one of all.filter(one => one.closest("main"))) {
    const seen = one.closest("label") || one;
    const box = seen.getBoundingClientRect();
    if (above && box.bottom <= above.top) said.push("focus goes back up: " + named(one));
    above = box;
  }
  stuck.forEach(one => { one.style.position = ""; });
  for (const one of all.slice(0, 60)) {
    const seen = one.closest("label") || one;
    one.focus();
    if (document.activeElement !== one) { said.push("cannot be focused: " + named(one)); continue; }
    const box = seen.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + Math.min(box.width / 2, 160),
                                          box.y + Math.min(box.height / 2, 24));
    if (!top || !(seen.contains(top) || top.contains(seen)))
      said.push("hidden when focused: " + named(one) + " behind " + (top ? named(top) : "nothing"));
    if (![one, seen].some(each => getComputedStyle(each).outlineStyle !== "none"))
      said.push("focus is not seen: " + named(one));
  }
  return said;
}"""
_TURN = """async path => {
  const answer = await fetch(path);
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  const held = new Set([...document.head.querySelectorAll("link")].map(one => one.href));
  const coming = [...read.head.querySelectorAll("link[rel=stylesheet]")]
    .map(one => Object.assign(document.createElement("link"), {rel: one.rel, href: one.href}))
    .filter(one => !held.has(one.href));
  const there = coming.map(one => new Promise(done => { one.onload = one.onerror = done; }));
  document.head.append(...coming);
  document.title = read.title;
  document.documentElement.lang = read.documentElement.lang;
  read.querySelectorAll("script").forEach(one => one.remove());
  document.body.replaceWith(document.adoptNode(read.body));
  scrollTo(0, 0);
  await Promise.all(there);
  return answer.status;
}"""
_REFLOW = """() => document.documentElement.scrollWidth > window.innerWidth
  ? [...document.querySelectorAll("main *, header *, .bar *, nav *")]
      .filter(one => one.getBoundingClientRect().right > window.innerWidth + 1
        && !one.closest(".scroll"))
      .slice(0, 2).map(one => "wider than 320 pixels: " + one.outerHTML.slice(0, 120))
      .concat("wider than 320 pixels")
  : []"""


def looked_at(page: Page, name: str, folder: str) -> list[str]:
    """Say what is wrong with the screen that is shown, in both sizes; keep a picture of each."""
    said: list[str] = []
    for width in (WIDE, NARROW):
        pictured(page, name, folder, width)
        said += [f"{name} at {width}: {one}" for one in wrong(page, thumbs=True)]
    return said + [f"{name}: {one}" for one in reflowed(page)]


def pictured(page: Page, name: str, folder: str, width: int) -> None:
    """Show the screen in a size, and keep a picture of it."""
    page.set_viewport_size({"width": width, "height": _HEIGHT})
    path = SCREENS / folder / f"{name}-{width}.jpg"
    page.screenshot(path=path, full_page=True, type="jpeg", quality=_QUALITY, caret="hide")


def wrong(page: Page, rules: Sequence[str] = (), *, thumbs: bool = False) -> list[str]:
    """Say what is wrong with the screen in the size that it has; ``rules``: these of axe alone.

    ``thumbs``: a screen that is used standing, with a thumb: its plain links are targets as well.
    """
    small = page.evaluate(_TARGETS, ", main a[href]" if thumbs else "")
    found = [*offences(page, rules), *small, *page.evaluate(_FOCUS)]
    page.evaluate("document.activeElement.blur()")
    return found


def reflowed(page: Page) -> list[str]:
    """Say what does not fit when the page is enlarged four times."""
    page.set_viewport_size({"width": ENLARGED, "height": _HEIGHT})
    found: list[str] = page.evaluate(_REFLOW)
    return found


def turn_to(page: Page, path: str) -> None:
    """Put another page of the same program in the place of the one that is shown.

    As it comes, without its scripts and without a navigation, which would cost more than all
    that is looked at.
    """
    status = page.evaluate(_TURN, path)
    assert status == HTTPStatus.OK, (path, status)
