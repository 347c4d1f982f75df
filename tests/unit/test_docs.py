"""Every command, option, setting, error code and route is documented, and nothing else is."""

import ast
import re
from collections.abc import Iterator

import pytest

from field_client.sync.rejection import UNSIGNED
from tests.support import docs_reference
from tests.support.source import ROOT, Module, modules, strings

SETTING = re.compile(r"(?:FIELD_CLIENT|SYNC_SERVER)_[A-Z_]*[A-Z]")
ROUTE_METHODS = frozenset({"add_url_rule", "delete", "get", "patch", "post", "put", "route"})


def prose() -> str:
    """Join all that a reader is given to read."""
    pages = [ROOT / "README.md", ROOT / "shared_schema" / "PROTOCOL.md", *ROOT.glob("docs/**/*.md")]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.is_file())


def settings_used(*packages: str) -> set[str]:
    """Find the environment settings that the packages name."""
    texts = (text for module in modules(*packages) for text in strings(module))
    return {text for text in texts if SETTING.fullmatch(text)}


def settings_documented() -> set[str]:
    """Find the environment settings that docs/settings.md names."""
    return set(SETTING.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))


def routes(module: Module) -> Iterator[str]:
    """Find the paths that a module registers with Flask."""
    for node in module.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ROUTE_METHODS:
            paths = (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
            yield from (str(path) for path in paths if str(path).startswith("/"))


@pytest.mark.parametrize("path", docs_reference.PAGES)
def test_a_reference_page_says_what_the_programs_say(path: str) -> None:
    """Run `make docs` after changing a command, an option, an error or a record type."""
    page = ROOT / path
    written = page.read_text(encoding="utf-8") if page.is_file() else ""
    assert written == docs_reference.PAGES[path](), f"{path} is out of date: run `make docs`"


def test_error_codes_are_unique() -> None:
    """Two decisions never share a code, and each class has its own."""
    assert [
        error.__qualname__ for error in docs_reference.errors() if "code" not in vars(error)
    ] == []
    codes = [error.code for error in docs_reference.errors()]
    assert sorted(codes) == sorted(set(codes))


def test_every_error_says_what_happened_and_what_to_do() -> None:
    """The message, the docstring, has at least two sentences."""
    short = [
        e.code
        for e in docs_reference.errors()
        if len(re.findall(r"[.!?](\s|$)", e.__doc__ or "")) < 2
    ]
    assert short == []


def test_what_a_refusal_may_say_unsigned_is_documented() -> None:
    """The codes that a laptop takes for its server's are that server's, and on PROTOCOL's list."""
    theirs = {e.code for e in docs_reference.errors() if not e.__module__.startswith("field_")}
    page = (ROOT / "shared_schema" / "PROTOCOL.md").read_text(encoding="utf-8")
    listed = page.partition("with a code of this list")[2].partition(". 502")[0]
    assert set(re.findall("`([A-Z_]+)`", listed)) == set(UNSIGNED)
    assert set(UNSIGNED) - theirs == set()


def test_every_setting_is_documented() -> None:
    """A name read from the environment stands in docs/settings.md."""
    assert settings_used() - settings_documented() == set()


@pytest.mark.parametrize("package", ["field_client", "sync_server"])
def test_every_documented_setting_is_read(package: str) -> None:
    """A program that reads settings reads each one that is promised for it."""
    promised = {name for name in settings_documented() if name.startswith(package.upper())}
    reads_any = (ROOT / package / "config.py").is_file()
    assert (promised - settings_used(package) if reads_any else set()) == set()


def test_every_route_is_documented() -> None:
    """A path that a program answers stands in the docs or in the protocol."""
    found = {route for module in modules("field_client", "sync_server") for route in routes(module)}
    text = prose()
    assert sorted(route for route in found if route not in text) == []


def test_every_link_between_pages_leads_somewhere() -> None:
    """A relative link in a page names a file that is there."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_decision_has_its_row_and_form() -> None:
    """A page of docs/adr bears its number and a status, and the list there names it."""
    folder = ROOT / "docs" / "adr"
    rows = (folder / "README.md").read_text(encoding="utf-8")
    for page in sorted(folder.glob("[0-9]*.md")):
        number = page.name[:4]
        title, _, status = page.read_text(encoding="utf-8").splitlines()[:3]
        assert title.startswith(f"# {number}: ")
        assert re.fullmatch(r"Status: \w+, \d{4}-\d{2}\. Replaces: .+\.", status)
        assert f"| [{number}]({page.name}) |" in rows


def test_the_route_reader_sees_a_route() -> None:
    """The reader used above finds a registered path, and not a dictionary's key."""
    source = "@api.get('/v1/about')\ndef about(): ...\nthings.get('x')\n"
    module = Module(name="sync_server.api.x", path=ROOT / "x.py", text=source)
    assert list(routes(module)) == ["/v1/about"]
