"""The reference pages, written from the programs themselves.

`python -m tests.support.docs_reference` (or `make docs`) rewrites docs/commands.md, docs/errors.md
and docs/records.md; test_docs.py fails while they differ from what the programs say.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from shared_schema.records import RECORD_TYPES
from shared_schema.records.reference import reference
from tests.support.source import PACKAGES, ROOT

CONSOLES = {"field-client": "field_client.cli", "sync-server": "sync_server.cli"}
# Loading these runs a migration; they define neither commands nor errors.
NOT_LOADED = ("sync_server.store.migrations.",)
NOTE = "<!-- Written by `make docs` from the programs; edit them instead. -->\n"


def load_all() -> list[str]:
    """Import every module of the packages, so that every error class is defined."""
    loaded = []
    for package in PACKAGES:
        paths = [str(ROOT / package)]
        for found in pkgutil.walk_packages(paths, prefix=f"{package}."):
            if not found.name.startswith(NOT_LOADED):
                importlib.import_module(found.name)
                loaded.append(found.name)
    return loaded


def console(module: str) -> click.Command | None:
    """Find the root command of a program that has been written."""
    if importlib.util.find_spec(module) is None:
        return None
    found = importlib.import_module(module).main
    if isinstance(found, click.Command):
        return found
    root = getattr(importlib.import_module(module), "console", None)
    if isinstance(root, click.Command):
        return root
    message = f"{module} has no click command named `main` or `console`"
    raise TypeError(message)


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Give each command below the root with the words a user types."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            if not child.hidden:
                yield from walk(child, (*path, name))


def describe(words: str, command: click.Command) -> Iterator[str]:
    """Write the section of one command."""
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    metavars = " ".join(argument_words(argument) for argument in arguments)
    usage = f"{words} {metavars}".strip()
    yield f"### {words}\n"
    if isinstance(command, click.Group):
        usage += " COMMAND"
    yield f"`{usage}`\n"
    if command.help:
        yield f"{' '.join(str(command.help).split())}\n"
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield "| option | meaning |\n| --- | --- |"
        yield from (option_row(option) for option in options)
        yield ""


def argument_words(argument: click.Argument) -> str:
    """Write an argument as in a usage line."""
    word = (argument.metavar or argument.name or "").upper().strip("[].")
    word = f"{word}.." if argument.nargs == -1 else word
    return word if argument.required else f"[{word}]"


def option_row(option: click.Option) -> str:
    """Write one row of a command's table of options."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag or option.count else f" {option_value(option)}"
    required = " Required." if option.required else ""
    meaning = " ".join(str(option.help or "").split()).replace("|", "\\|")
    return f"| `{names}{value}` | {meaning}{required} |"


def option_value(option: click.Option) -> str:
    """Name what an option takes: its choices, or its metavar."""
    if isinstance(option.type, click.Choice):
        return "/".join(str(choice) for choice in option.type.choices)
    return (option.metavar or option.type.name).upper()


def commands_page() -> str:
    """Write docs/commands.md."""
    parts = [
        "# Commands\n",
        NOTE,
        (
            "Every command also takes `--help`. It exits 0 only on success and reports an error on "
            "standard error as `error [CODE]: what happened. What to do.`; the codes are in "
            "[errors.md](errors.md), the settings in [settings.md](settings.md).\n"
        ),
    ]
    for program, module in CONSOLES.items():
        root = console(module)
        if root is not None:
            parts.append(f"## {program}\n")
            for words, command in walk(root, (program,)):
                parts.extend(describe(words, command))
    return "\n".join(parts).rstrip() + "\n"


def errors() -> list[Any]:
    """Find every error class of the packages, the base included, in order of code."""
    load_all()
    base = importlib.import_module("shared_schema.errors").JemputError
    found: dict[str, Any] = {}
    waiting = [base]
    while waiting:
        error = waiting.pop()
        waiting.extend(error.__subclasses__())
        if error.__module__.split(".")[0] in PACKAGES:
            found[f"{error.__module__}.{error.__qualname__}"] = error
    return sorted(found.values(), key=lambda error: (str(error.code), error.__qualname__))


def errors_page() -> str:
    """Write docs/errors.md."""
    rows = [
        f"| `{error.code}` | {error.exit_code} | {error.http_status} | "
        f"{' '.join(str(error.__doc__).split())} | `{error.__module__}` |"
        for error in errors()
    ]
    head = [
        "# Errors\n",
        NOTE,
        (
            "A code never changes its meaning. *Exit* is the exit code of the command, *HTTP* the "
            "status of an answer that carries the error. Words in braces are filled in.\n"
        ),
        "| code | exit | HTTP | message | defined in |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def records_page() -> str:
    """Write docs/records.md."""
    return reference(RECORD_TYPES.values())


PAGES = {
    "docs/commands.md": commands_page,
    "docs/errors.md": errors_page,
    "docs/records.md": records_page,
}


def main() -> None:
    """Write the pages."""
    for path, page in PAGES.items():
        Path(ROOT / path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
