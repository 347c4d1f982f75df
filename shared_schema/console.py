"""What both command lines share: language, JSON output, and how an error is reported.

The one module of this package that prints; only command modules import it. Language and output
form hold for one run of a program and may be given before or after the command's name.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

import click

from shared_schema.errors import EXIT_FAILURE, EXIT_USAGE, InputError, JemputError
from shared_schema.i18n import DEFAULT_LANGUAGE, LANGUAGES, translator

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
_as_json: ContextVar[bool] = ContextVar("as_json", default=False)
Function = TypeVar("Function", bound=Callable[..., Any])


class CommandUnclear(InputError):
    """The command cannot be understood: {reason} Add --help to see how it is written."""

    code = "USAGE"
    exit_code = EXIT_USAGE


class Console(click.Group):
    """A command group that reports every JemputError as one line and its exit status.

    ``package`` names the catalogue its texts are translated from.
    """

    package = "shared_schema"

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the program's own options. Raises CommandUnclear."""
        with _clear_words():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Read a command's words and run it. Raises CommandUnclear and what the command raises."""
        with _clear_words():
            return super().invoke(ctx)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; leaves with the error's own exit status."""
        try:
            return super().main(*args, **kwargs)
        except JemputError as error:
            report(error, self.package)
            sys.exit(error.exit_code)
        except (OSError, RecursionError, MemoryError) as error:
            report(JemputError(), self.package)
            click.echo(f"({type(error).__name__}: {error})", err=True)
            sys.exit(EXIT_FAILURE)


@contextlib.contextmanager
def _clear_words() -> Iterator[None]:
    """Turn click's complaint about options and arguments into an error like all others."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise CommandUnclear(reason=error.format_message()) from error


def report(error: JemputError, package: str, level: str = "error") -> None:
    """Print ``error [CODE]: what happened. What to do.`` on standard error.

    ``level``: ``warning`` for what does not stop the command.
    """
    own, ground = translator(package, language()), translator("shared_schema", language())
    template = error.template()
    translate = own if own(template) != template else ground
    click.echo(f"{level} [{error.code}]: {error.message(translate)}", err=True)


def language() -> str:
    """Return the language of this run: ``id`` unless ``--lang en`` was given."""
    return _language.get()


def text(package: str) -> Callable[[str], str]:
    """Return the gettext function of ``package`` for this run's language."""
    return translator(package, language())


def emit(document: Any, lines: Callable[[], str]) -> None:
    """Print ``document`` as one JSON document with ``--json``, else the text of ``lines()``."""
    if _as_json.get():
        click.echo(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True))
    else:
        click.echo(lines())


def wants_json() -> bool:
    """Return whether ``--json`` was given: then nothing but the document goes to the output."""
    return _as_json.get()


def output_options(function: Function) -> Function:
    """Add ``--lang`` and ``--json`` to a command or group; the one given last counts."""
    decorate = click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        callback=_keep(_language),
        help="Language of texts (default: id).",
    )
    json_flag = click.option(
        "--json",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_keep(_as_json),
        help="Print one JSON document.",
    )
    return decorate(json_flag(function))


def _keep(variable: ContextVar[Any]) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(_context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value is not None:
            variable.set(value)

    return callback
