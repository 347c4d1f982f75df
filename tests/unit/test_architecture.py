"""Imports point down only, the pure parts stay pure, and files stay readable.

The layers, from above: cli, web, api and app; then sync, vault, store, ingest and whatever else
reads or writes; then the pure modules; then shared_schema. One module of shared_schema is not
pure: the console, which both command lines share and nothing else may use.
"""

import re
from collections.abc import Callable

from tests.support.source import ROOT, Module, attributes, imports, modules

SHELL_LIBRARIES = frozenset(
    {
        "alembic",
        "cheroot",
        "click",
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
        "os.urandom",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)
TOP = re.compile(r"^(cli|commands|web|api|app)(_\w+)?(\.|$)")
PURE = {
    "field_client": re.compile(r"^(sync\.(session|rejection|errors)|capture|intake|photos|shift)$"),
    "sync_server": re.compile(
        r"^(matching(\..+)?|coverage|outages|redirects|timeline|service|stock|print_queue|figures"
        r"|correction|unconfirmed|quality|charts|summons)$"
    ),
}
ENVIRONMENT = frozenset({"os.environ", "os.environb", "os.getenv"})
DRAWER = re.compile(r"(?<![a-z])(util|helper|common|manager|handler|processor)s?(?![a-z])")
MOST_LINES = 400

ALL = modules()
NAMES = frozenset(module.name for module in ALL)


def uses(module: Module) -> set[str]:
    """Name our own modules that one module imports."""
    return imports(module, NAMES) & NAMES


def tops(module: Module) -> set[str]:
    """Name the top-level packages that one module imports, ours and others'."""
    return {name.split(".")[0] for name in imports(module)}


def layer(name: str) -> str:
    """Place a module of one of the two programs, or of the ground."""
    package, _, inside = name.partition(".")
    if name == "shared_schema.console":
        return "console"
    if package == "shared_schema":
        return "ground"
    if TOP.match(inside):
        return "top"
    return "pure" if PURE[package].match(inside) else "middle"


BELOW = {
    "top": {"top", "console", "middle", "pure", "ground"},
    "console": {"console", "ground"},
    "middle": {"middle", "pure", "ground"},
    "pure": {"pure", "ground"},
    "ground": {"ground"},
}
PURE_MODULES = [module for module in ALL if layer(module.name) in {"pure", "ground"}]


def offenders(check: Callable[[Module], object], among: list[Module] = ALL) -> dict[str, object]:
    """Give what a check finds, by module; a rule holds where this is empty."""
    return {module.name: found for module in among if (found := check(module))}


def test_imports_point_down_only() -> None:
    """A module uses its own layer and those below it."""

    def above(module: Module) -> set[str]:
        return {used for used in uses(module) if layer(used) not in BELOW[layer(module.name)]}

    assert offenders(above) == {}


def test_the_two_programs_do_not_know_each_other() -> None:
    """What both need is in shared_schema; neither program imports the other, nor the tests."""
    stranger = {"field_client": "sync_server", "sync_server": "field_client"}

    def strangers(module: Module) -> set[str]:
        return tops(module) & {stranger.get(module.package, ""), "tests", "bench"}

    assert offenders(strangers) == {}


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

    assert [" imports ".join(found) for name in sorted(graph) if (found := circle(name, ()))] == []


def test_a_pure_module_touches_nothing_outside() -> None:
    """No file, network, database, clock, randomness or environment: they are passed in."""
    assert offenders(lambda module: tops(module) & SHELL_LIBRARIES, PURE_MODULES) == {}
    assert offenders(lambda m: set(attributes(m)) & CLOCKS_AND_CHANCE, PURE_MODULES) == {}


def test_the_environment_is_read_in_one_place() -> None:
    """Settings come from config.py; nothing else asks the environment."""
    others = [module for module in ALL if module.path.name != "config.py"]
    assert offenders(lambda module: set(attributes(module)) & ENVIRONMENT, others) == {}


def test_a_module_is_named_for_what_it_is_about() -> None:
    """No drawer for odds and ends."""
    assert [name for name in sorted(NAMES) if DRAWER.search(name)] == []


def test_a_file_can_be_read_in_one_sitting() -> None:
    """Past 400 lines a file is split by noun or by step."""
    folders = ("shared_schema", "field_client", "sync_server", "tests", "bench")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    lines = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def test_the_rules_see_an_offence() -> None:
    """The readers used above notice the imports and names that they are there to refuse."""
    source = "import os.path\nfrom time import time\nfrom os import environ\nx = os.environ\n"
    module = Module(name="shared_schema.bad", path=ROOT / "bad.py", text=source)
    assert tops(module) == {"os", "time"}
    assert [bool(DRAWER.search(n)) for n in ("a.date_utils", "a.commons", "a.handled")] == [
        True,
        True,
        False,
    ]
    assert "os.environ" in set(attributes(module))
    assert [layer(n) for n in ("sync_server.api.exchange", "sync_server.ingest")] == [
        "top",
        "middle",
    ]
