"""Imports point down only, the pure parts stay pure, and files stay readable.

The layers, from above: cli, web, api and app; then sync, vault, store, ingest and whatever else
reads or writes; then the pure modules; then shared_schema.
"""

import ast
import re

import pytest

from tests.support.source import ROOT, Module, attributes, imports, modules

SHELL_LIBRARIES = frozenset(
    {
        "alembic",
        "cheroot",
        "click",
        "filelock",
        "flask",
        "h11",
        "http",
        "os",
        "random",
        "requests",
        "secrets",
        "shutil",
        "socket",
        "sqlalchemy",
        "sqlcipher3",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "tinydb",
        "urllib",
    }
)
CLOCKS_AND_CHANCE = frozenset(
    {
        "date.today",
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "os.environ",
        "os.getenv",
        "os.urandom",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)
TOP = re.compile(r"^(cli|commands|web|api|app)(_\w+)?(\.|$)")
PURE = {
    "field_client": re.compile(r"^sync\.session$"),
    "sync_server": re.compile(r"^(matching(\..+)?|coverage|outages|stock|figures)$"),
}
FORBIDDEN_NAMES = frozenset({"utils", "helpers", "common", "manager", "handler", "processor"})
MOST_LINES = 400

ALL = modules()
NAMES = frozenset(module.name for module in ALL)


def uses(module: Module) -> set[str]:
    """Name our own modules that one module imports."""
    return imports(module, NAMES) & NAMES


def layer(name: str) -> str:
    """Place a module of one of the two programs, or of the ground."""
    package, _, inside = name.partition(".")
    if package == "shared_schema":
        return "ground"
    if TOP.match(inside):
        return "top"
    return "pure" if PURE[package].match(inside) else "middle"


BELOW = {
    "top": {"top", "middle", "pure", "ground"},
    "middle": {"middle", "pure", "ground"},
    "pure": {"pure", "ground"},
    "ground": {"ground"},
}
PURE_MODULES = [module for module in ALL if layer(module.name) in {"pure", "ground"}]


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_imports_point_down_only(module: Module) -> None:
    """A module uses its own layer and those below it."""
    above = {used for used in uses(module) if layer(used) not in BELOW[layer(module.name)]}
    assert above == set()


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_the_two_programs_do_not_know_each_other(module: Module) -> None:
    """What both need is in shared_schema; neither program imports the other, nor the tests."""
    stranger = {"field_client": "sync_server", "sync_server": "field_client"}.get(module.package)
    tops = {name.split(".")[0] for name in imports(module)}
    assert not tops & {stranger, "tests", "bench"}


def test_no_module_imports_itself_in_a_circle() -> None:
    """The imports among our modules have an order."""
    graph = {module.name: uses(module) - {module.name} for module in ALL}
    done: set[str] = set()

    def circle(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return ()
        found = next(filter(None, (circle(used, (*path, name)) for used in graph[name])), ())
        done.add(name)
        return found

    circles = [
        " imports ".join(found) for name in sorted(graph) if len(found := circle(name, ())) > 1
    ]
    assert circles == []


@pytest.mark.parametrize("module", PURE_MODULES, ids=lambda module: module.name)
def test_a_pure_module_touches_nothing_outside(module: Module) -> None:
    """No file, network, database, clock, randomness or environment: they are passed in."""
    assert {name.split(".")[0] for name in imports(module)} & SHELL_LIBRARIES == set()
    assert set(attributes(module)) & CLOCKS_AND_CHANCE == set()


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_the_environment_is_read_in_one_place(module: Module) -> None:
    """Settings come from config.py; nothing else asks the environment."""
    if module.path.name != "config.py":
        assert set(attributes(module)) & {"os.environ", "os.getenv", "os.environb"} == set()


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_imports_are_absolute(module: Module) -> None:
    """A reader sees where a name comes from without counting dots."""
    relative = [
        n.lineno for n in ast.walk(module.tree) if isinstance(n, ast.ImportFrom) and n.level
    ]
    assert relative == []


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_a_module_is_named_for_what_it_is_about(module: Module) -> None:
    """No drawer for odds and ends."""
    words = {word.rstrip("s") for word in re.split(r"[._]", module.name)}
    assert words & {word.rstrip("s") for word in FORBIDDEN_NAMES} == set()


@pytest.mark.parametrize(
    "path",
    sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("shared_schema", "field_client", "sync_server", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
    ),
)
def test_a_file_can_be_read_in_one_sitting(path: str) -> None:
    """Past 400 lines a file is split by noun or by step."""
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_rules_see_an_offence() -> None:
    """The readers used above notice the imports and names that they are there to refuse."""
    source = "import os.path\nfrom time import time\nfrom os import environ\nx = os.environ\n"
    module = Module(name="shared_schema.bad", path=ROOT / "bad.py", tree=ast.parse(source))
    assert {name.split(".")[0] for name in imports(module)} == {"os", "time"}
    assert "os.environ" in set(attributes(module))
    assert [layer(n) for n in ("sync_server.api.exchange", "sync_server.ingest")] == [
        "top",
        "middle",
    ]
