"""What the programs say to people, found in their source: the texts that a catalogue must hold.

Four kinds: the messages of errors, the help of commands and options, what pages translate, and
whatever is given to a translating function, followed back through names, loops, tables and
parameters to its literals.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import click
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from shared_schema import console
from shared_schema.errors import error_classes
from tests.support import docs_reference
from tests.support.source import ROOT, Module, modules

TRANSLATING = frozenset({"_", "texts", "translate", "words"})
GIVES_TRANSLATING = frozenset({"text", "translator", "_texts"})
# Collected by other ways: click's own words as CHROME, the messages of errors from their classes.
COLLECTED = frozenset(
    {
        "command.options_metavar or ''",
        "shown.subcommand_metavar or ''",
        "heading",
        "self.template()",
    }
)
PROGRAM = {"field_client": "field_client.cli", "sync_server": "sync_server.cli"}


class Unresolved(Exception):
    """No literal was found behind what is translated."""


@cache
def spoken(package: str) -> set[str]:
    """Give every English source text that the catalogue of ``package`` must translate."""
    said = {one for module in modules(package) for one in translated(module)}
    return said | errors(package) | helped(package) | paged(package)


def paged(package: str) -> set[str]:
    """Give the texts of a package's page templates. Raises Unresolved for one put together."""
    return {text for path in (ROOT / package).rglob("*.html") for text in of_page(path.read_text())}


def of_page(source: str) -> Iterator[str]:
    """Give the literals that a template translates. Raises Unresolved."""
    tree = Environment(autoescape=True).parse(source)
    for _line, _function, said in extract_from_ast(tree, gettext_functions=("_",)):
        if not isinstance(said, str):
            raise Unresolved(source)
        yield said


def errors(package: str) -> set[str]:
    """Give the messages of the errors that ``package`` defines."""
    docs_reference.load_all()
    classes = (one for one in error_classes() if one.__module__.split(".")[0] == package)
    return {one.template() for one in classes}


def helped(package: str) -> set[str]:
    """Give the help texts of a program; those that both programs share are the ground's."""
    ground = {console.HELP_OPTION_HELP, *console.CHROME, *shared_help()}
    if package not in PROGRAM:
        return ground
    root = docs_reference.console(PROGRAM[package])
    assert root is not None
    return {text for _, one in docs_reference.walk(root, ()) for text in help_of(one)} - ground


def shared_help() -> Iterator[str]:
    """Give the help of the options that every command of both programs has."""

    @click.command
    @click.version_option("0")
    @console.output_options
    def probe() -> None:
        pass

    yield from help_of(probe)


def help_of(command: click.Command) -> Iterator[str]:
    """Give the paragraphs that explain a command and its options."""
    yield from console.help_texts(command.help)
    for one in command.params:
        yield from console.help_texts(getattr(one, "help", None))


def translated(module: Module) -> Iterator[str]:
    """Give the literals that a module translates. Raises Unresolved.

    A function of that name which the module defines itself does something else.
    """
    own = {one.name for one in module.nodes if isinstance(one, ast.FunctionDef)}
    for call in module.nodes:
        if not isinstance(call, ast.Call) or len(call.args) != 1 or called(call) in own:
            continue
        if not is_translating(call.func):
            continue
        if ast.unparse(call.args[0]) not in COLLECTED:
            yield from Literals(module.nodes).of(call.args[0])


def is_translating(function: ast.expr) -> bool:
    """Tell calls such as `texts("...")` and `text(PACKAGE)("...")`."""
    if isinstance(function, ast.Call):
        return isinstance(function.func, ast.Name) and function.func.id in GIVES_TRANSLATING
    return isinstance(function, ast.Name) and function.id in TRANSLATING


class Literals:
    """Follows an expression back to the texts it can be, within one module."""

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self.nodes = nodes
        self.seen: set[str] = set()

    def of(self, node: ast.expr) -> Iterator[str]:
        """Give the texts. Raises Unresolved."""
        if isinstance(node, ast.Name):
            yield from self._named(node.id)
        elif not isinstance(node, ast.Constant):
            yield from self._all(parts(node))
        elif isinstance(node.value, str):
            yield node.value

    def _all(self, nodes: Iterable[ast.expr]) -> Iterator[str]:
        for node in nodes:
            yield from self.of(node)

    def _named(self, name: str) -> Iterator[str]:
        if name in self.seen:
            return
        self.seen.add(name)
        sources = [*self._bound(name), *self._given(name)]
        if not sources:
            raise Unresolved(name)
        yield from self._all(sources)

    def _bound(self, name: str) -> Iterator[ast.expr]:
        """Give what is assigned to a name, or what it runs through."""
        yield from self._assigned(name)
        for node in self.nodes:
            if isinstance(node, ast.comprehension | ast.For) and name in names_in(node.target):
                run = node.iter
                named = list(self._assigned(run.id)) if isinstance(run, ast.Name) else []
                for rows in named or [run]:
                    yield from column(name, node.target, rows)

    def _assigned(self, name: str) -> Iterator[ast.expr]:
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
                    yield value
                case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value):
                    yield from [value] if bound == name else []

    def _given(self, name: str) -> Iterator[ast.expr]:
        """Give what the module's own calls pass for a parameter of this name."""
        for function in self.nodes:
            if not isinstance(function, ast.FunctionDef):
                continue
            names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
            for call in self.nodes if name in names else ():
                if isinstance(call, ast.Call) and called(call) == function.name:
                    yield from call.args[names.index(name) : names.index(name) + 1]
                    yield from (one.value for one in call.keywords if one.arg == name)


def parts(node: ast.expr) -> list[ast.expr]:
    """Give the expressions one of which is, or holds, the value. Raises Unresolved."""
    match node:
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.BoolOp(values=found) | ast.Dict(values=found):
            return found
        case ast.Tuple(elts=found) | ast.List(elts=found):
            return found
        case ast.Starred(value=inner) | ast.Subscript(value=inner):
            return [inner]
        case ast.Call(func=ast.Attribute(value=inner, attr="values" | "get" | "items")):
            return [inner]
        case _:
            raise Unresolved(ast.unparse(node))


def names_in(target: ast.expr) -> list[str]:
    """Name the variables of a loop, in order."""
    return [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]


def column(name: str, target: ast.expr, run: ast.expr) -> Iterator[ast.expr]:
    """Give what a loop's variable takes: the rows, or its column of rows that are unpacked."""
    rows = run.elts if isinstance(run, ast.Tuple | ast.List) else []
    if isinstance(target, ast.Tuple) and rows:
        at = names_in(target).index(name)
        yield from (row.elts[at] for row in rows if isinstance(row, ast.Tuple))
    else:
        yield run


def called(call: ast.Call) -> str | None:
    """Name the function that is called by its plain name."""
    return call.func.id if isinstance(call.func, ast.Name) else None
