"""Everything the field client says is there in Indonesian."""

import ast
import importlib
import pkgutil
import string
from collections.abc import Iterator

import pytest

import field_client
from field_client import prompts
from shared_schema.errors import error_classes
from shared_schema.i18n import catalogue
from tests.support.source import modules

TEXTS = catalogue("field_client")
TRANSLATING = {"text", "texts", "_texts"}


def spoken() -> set[str]:
    """Collect the English sources: literals that are translated, and the errors' messages."""
    found = {hint for hint in prompts._HINTS.values() if hint}
    for module in modules("field_client"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and node.args and is_translation(node.func):
                found |= set(literals(node.args[0], module.tree))
    return found | errors()


def is_translation(function: ast.expr) -> bool:
    """Tell calls such as `texts("...")` and `text(PACKAGE)("...")`."""
    if isinstance(function, ast.Call):
        return is_translation(function.func)
    return isinstance(function, ast.Name) and function.id in TRANSLATING


def literals(node: ast.expr, tree: ast.Module) -> Iterator[str]:
    """Give the text itself, or every text that is assigned to the name that stands for it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.Name):
        for assigned in ast.walk(tree):
            targets = assigned.targets if isinstance(assigned, ast.Assign) else []
            if any(isinstance(t, ast.Name) and t.id == node.id for t in targets):
                parts = ast.walk(assigned.value)
                yield from (
                    part.value
                    for part in parts
                    if isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and " " in part.value
                )


def errors() -> set[str]:
    """Collect the messages of the errors that the field client defines."""
    for found in pkgutil.walk_packages(field_client.__path__, "field_client."):
        importlib.import_module(found.name)
    return {
        error.template()
        for error in error_classes()
        if error.__module__.split(".")[0] == "field_client"
    }


@pytest.mark.parametrize("source", sorted(spoken()))
def test_a_text_is_translated(source: str) -> None:
    """The Indonesian fills in the same words."""
    assert source in TEXTS
    assert places(TEXTS[source]) == places(source)


def places(template: str) -> set[str | None]:
    """Name what a template fills in."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_no_translation_is_left_over() -> None:
    """A text that is no longer said is taken out of the catalogue."""
    assert set(TEXTS) - spoken() - set(more_words()) == set()


def more_words() -> Iterator[str]:
    """Give words that are translated from a list."""
    for module in modules("field_client"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_reader_sees_a_text() -> None:
    """Both ways of translating are found, and a plain call is not."""
    tree = ast.parse('said = "It is so."\ntext(P)(said)\ntexts("Yes")\nprint("No")\n')
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and is_translation(n.func)]
    found = {one for call in calls for one in literals(call.args[0], tree)}
    assert found >= {"It is so.", "Yes"}
    assert "No" not in found
