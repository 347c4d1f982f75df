"""The packages' source, read as syntax: what each module imports and which names it uses.

Nothing is imported here, so a rule holds for a module that cannot even be loaded.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared_schema", "field_client", "sync_server")


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file of the packages; ``text``: what stands there, where the file is not read."""

    name: str
    path: Path
    text: str | None = None

    @cached_property
    def tree(self) -> ast.Module:
        """Give its syntax, parsed when it is first asked for."""
        text = self.path.read_text(encoding="utf-8") if self.text is None else self.text
        return ast.parse(text, filename=str(self.path))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Give everything in its syntax, from above."""
        return tuple(ast.walk(self.tree))

    @property
    def package(self) -> str:
        """Give the top-level package."""
        return self.name.split(".")[0]

    @property
    def inside(self) -> str:
        """Give the dotted name below the top-level package, empty for the package itself."""
        return self.name.partition(".")[2]

    @property
    def lines(self) -> int:
        """Count the lines of the file."""
        return len(self.path.read_text(encoding="utf-8").splitlines())


def modules(*packages: str) -> list[Module]:
    """List every module of the named packages, or of all three."""
    return [module for package in packages or PACKAGES for module in _modules(package)]


@cache
def _modules(package: str) -> list[Module]:
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name=name, path=path))
    return found


def imports(module: Module, known: frozenset[str] = frozenset()) -> set[str]:
    """Name the modules that one module imports, at any depth of its code.

    `from a import b` counts as `a.b` where that is one of the known modules, else as `a`.
    """
    found: set[str] = set()
    for node in module.nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = absolute(module, node)
            for alias in node.names:
                deeper = f"{source}.{alias.name}"
                found.add(deeper if deeper in known else source)
    return found


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """Name the module that a `from` import reads, also for a relative one."""
    if not node.level:
        return node.module or ""
    is_package = module.path.name == "__init__.py"
    parts = module.name.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def attributes(module: Module) -> Iterator[str]:
    """Name every dotted attribute that is read, such as `os.environ` or `datetime.now`."""
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            yield f"{node.value.attr}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strings(module: Module) -> Iterator[str]:
    """Give every string constant."""
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
