"""Every command, option, setting, error code and route is documented, and nothing else is."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support import docs_reference
from tests.support.source import ROOT, Module, modules, strings

SETTING = re.compile(r"(?:FIELD_CLIENT|SYNC_SERVER)_[A-Z_]*[A-Z]")
ROUTE_METHODS = frozenset({"add_url_rule", "delete", "get", "patch", "post", "put", "route"})


def prose() -> str:
    """Join all that a reader is given to read."""
    pages = [ROOT / "README.md", ROOT / "shared_schema" / "PROTOCOL.md", *ROOT.glob("docs/**/*.md")]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.is_file())


def settings_used() -> set[str]:
    """Find the environment settings that the packages name."""
    texts = (text for module in modules() for text in strings(module))
    return {text for text in texts if SETTING.fullmatch(text)}


def routes(module: Module) -> Iterator[str]:
    """Find the paths that a module registers with Flask."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        first = node.args[0] if node.args else None
        literal = isinstance(first, ast.Constant) and str(first.value).startswith("/")
        if node.func.attr in ROUTE_METHODS and literal:
            yield str(first.value)


@pytest.mark.parametrize("path", docs_reference.PAGES)
def test_a_reference_page_says_what_the_programs_say(path: str) -> None:
    """Run `make docs` after changing a command, an option or an error."""
    page = ROOT / path
    written = page.read_text(encoding="utf-8") if page.is_file() else ""
    assert written == docs_reference.PAGES[path](), f"{path} is out of date: run `make docs`"


def test_error_codes_are_unique() -> None:
    """Two decisions never share a code."""
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


def test_every_setting_is_documented() -> None:
    """A name read from the environment stands in docs/settings.md."""
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert settings_used() - set(SETTING.findall(documented)) == set()


@pytest.mark.parametrize("module", modules("field_client", "sync_server"), ids=lambda m: m.name)
def test_every_route_is_documented(module: Module) -> None:
    """A path that the server answers stands in the docs or in the protocol."""
    text = prose()
    assert [route for route in routes(module) if route not in text] == []


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


def test_the_route_reader_sees_a_route() -> None:
    """The reader used above finds a registered path, and not a dictionary's key."""
    source = "@api.get('/v1/about')\ndef about(): ...\nthings.get('x')\n"
    module = Module(name="sync_server.api.x", path=ROOT / "x.py", tree=ast.parse(source))
    assert list(routes(module)) == ["/v1/about"]
