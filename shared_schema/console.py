"""What both command lines share: language, JSON output, and how an error is reported.

The one module of this package that prints; only command modules import it. Language and output
form hold for one run of a program and may be given before or after the command's name.
Help is written in English at the commands, one text a paragraph, and shown in that language.
"""

import contextlib
import copy
import inspect
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar, copy_context
from itertools import pairwise
from typing import Any, TypeVar

import click

from shared_schema.complaints import retold
from shared_schema.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE, InputError, JemputError
from shared_schema.i18n import DEFAULT_LANGUAGE, LANGUAGES, translator

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
_as_json: ContextVar[bool] = ContextVar("as_json", default=False)
Function = TypeVar("Function", bound=Callable[..., Any])
AnyCommand = TypeVar("AnyCommand", bound=click.Command)
GROUND = "shared_schema"
HELP_OPTION_HELP = "Show how the command is written."
CHROME = (
    "Usage:",
    "Options",
    "Commands",
    "[OPTIONS]",
    "COMMAND [ARGS]...",
    "default: ",
    "required",
)
_DEFAULT = re.compile(r"(?<=\[)default: (?=[^\]]*\]$)")
_REQUIRED = re.compile(r"(?<=[ \[])required(?=\]$)")


class CommandUnclear(InputError):
    """The command was not understood. {reason} Add --help to see how it is written."""

    code = "USAGE"
    exit_code = EXIT_USAGE


class Interrupted(JemputError):
    """The command was broken off. What it said was saved stays saved; run it again for the rest."""

    code = "INTERRUPTED"
    exit_code = EXIT_INTERRUPTED


class Console(click.Group):
    """A command group that reports every JemputError as one line and its exit status.

    ``package`` names the catalogue its texts are translated from.
    """

    package = GROUND

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the program's own options. Raises CommandUnclear."""
        with _clear_words():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Read a command's words and run it. Raises CommandUnclear and what the command raises."""
        with _clear_words(), _broken_off():
            return super().invoke(ctx)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; leaves with the error's own exit status."""
        return copy_context().run(self._run, *args, **kwargs)

    def _run(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        words = sys.argv[1:] if args is None else list(args)
        _language.set(_asked_language(words) or language())
        shown = in_language(self, text(self.package))
        try:
            return super(Console, shown).main(words, *rest, **more)
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
        raise CommandUnclear(reason=_complaint(error)) from error


def _complaint(error: click.UsageError) -> str:
    words = text(GROUND)
    match error:
        case click.MissingParameter(param=click.Parameter() as missing):
            return words("{name} is missing.").format(name=missing.get_error_hint(error.ctx))
        case click.NoSuchOption(option_name=name, possibilities=near):
            said = words("There is no option {name}.").format(name=name)
        case click.exceptions.NoSuchCommand(command_name=name, possibilities=near):
            said = words("There is no command {name}.").format(name=name)
        case click.BadParameter(param=click.Parameter() as wrong):
            told = retold(error.message, _choices(wrong), words)
            return f"{wrong.get_error_hint(error.ctx)}: {told}" if told else error.format_message()
        case _:
            return retold(error.message, "", words) or error.format_message()
    return f"{said} {words('Perhaps {names}?').format(names=', '.join(near))}" if near else said


def _choices(parameter: click.Parameter) -> str:
    match parameter.type:
        case click.Choice(choices=choices):
            return ", ".join(map(str, choices))
        case click.IntRange(min=low, max=high):
            return "..".join("" if end is None else str(end) for end in (low, high))
        case _:
            return ""


@contextlib.contextmanager
def _broken_off() -> Iterator[None]:
    """Turn Ctrl-C, and the end of the input at a question, into an error like all others."""
    try:
        yield
    except (KeyboardInterrupt, EOFError, click.Abort) as error:
        click.echo(err=True)
        raise Interrupted from error


class _HelpPage(click.HelpFormatter):
    """Writes click's own words of a help page in the language of this run."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line that shows how a command is written."""
        super().write_usage(prog, args, prefix or f"{text(GROUND)('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        """Write the name of a section."""
        super().write_heading(text(GROUND)(heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        """Write a list of names and what each means."""
        super().write_dl([(name, _notes(meaning)) for name, meaning in rows], *args, **kwargs)


class _HelpContext(click.Context):
    formatter_class = _HelpPage


def _notes(meaning: str) -> str:
    words = text(GROUND)
    return _REQUIRED.sub(words("required"), _DEFAULT.sub(words("default: "), meaning))


def in_language(command: AnyCommand, translate: Callable[[str], str]) -> AnyCommand:
    """Return a copy of a command, and of all below it, whose help went through ``translate``."""
    shown = copy.copy(command)
    shown.context_class = _HelpContext
    shown.help = _help_in_language(command.help, translate)
    shown.options_metavar = translate(command.options_metavar or "")
    shown.params = [_parameter_in_language(one, translate) for one in command.params]
    shown.add_help_option = False
    click.help_option("--help", help=translate(HELP_OPTION_HELP))(shown)
    if isinstance(shown, click.Group):
        shown.subcommand_metavar = translate(shown.subcommand_metavar or "")
        shown.commands = {
            name: in_language(child, translate) for name, child in shown.commands.items()
        }
    return shown


def _parameter_in_language(
    parameter: click.Parameter, translate: Callable[[str], str]
) -> click.Parameter:
    shown = copy.copy(parameter)
    if isinstance(shown, click.Option | click.Argument):
        shown.help = _help_in_language(shown.help, translate)
    return shown


def _help_in_language(written: str | None, translate: Callable[[str], str]) -> str | None:
    return "\n\n".join(map(translate, help_texts(written))) if written else written


def help_texts(written: str | None) -> list[str]:
    """Return the paragraphs of a help text, each on one line: these are what is translated."""
    paragraphs = inspect.cleandoc(written or "").split("\n\n")
    return [" ".join(each.split()) for each in paragraphs if each.strip()]


def _asked_language(words: Sequence[str]) -> str | None:
    """Return the language that ``--lang`` names, wherever it stands; the last one counts."""
    options = words[: words.index("--")] if "--" in words else words
    pairs = [
        *pairwise(options),
        *(tuple(word.split("=", 1)) for word in options if "=" in word),
    ]
    return next((v for name, v in reversed(pairs) if name == "--lang" and v in LANGUAGES), None)


def report(error: JemputError, package: str, level: str = "error") -> None:
    """Print ``error [CODE]: what happened. What to do.`` on standard error.

    ``level``: ``warning`` for what does not stop the command.
    """
    click.echo(f"{level} [{error.code}]: {error.message(text(package))}", err=True)


def language() -> str:
    """Return the language of this run: ``id`` unless ``--lang en`` was given."""
    return _language.get()


def text(package: str) -> Callable[[str], str]:
    """Return the gettext function of ``package``, then of the ground, for this run's language."""
    own, ground = translator(package, language()), translator(GROUND, language())
    return lambda source: said if (said := own(source)) != source else ground(source)


def emit(document: Any, lines: Callable[[], str]) -> None:
    """Print ``document`` as one JSON document with ``--json``, else the text of ``lines()``."""
    if _as_json.get():
        click.echo(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True))
    else:
        click.echo(lines())


def ask_twice(asked: str) -> str:
    """Ask for a new passphrase, unseen, until it was typed the same twice. Raises click.Abort."""
    words = text(GROUND)
    while True:
        first, second = (
            click.prompt(question, hide_input=True, err=True)
            for question in (asked, words("The same again"))
        )
        if first == second:
            return str(first)
        click.echo(words("The two are not the same. Type both again."), err=True)


def screen_width() -> int | None:
    """Return how many letters fit on a line of the terminal; None where the output is no screen."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wants_json() -> bool:
    """Return whether ``--json`` was given: then nothing but the document goes to the output."""
    return _as_json.get()


def output_options(function: Function) -> Function:
    """Add ``--lang`` and ``--json`` to a command or group; the one given last counts.

    The console itself has read ``--lang`` by then, so that help and complaints bear it as well.
    """
    decorate = click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help="Language of texts (default: id).",
    )
    json_flag = click.option(
        "--json",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_keep_json,
        help="Print one JSON document.",
    )
    return decorate(json_flag(function))


def _keep_json(_context: click.Context, _parameter: click.Parameter, value: Any) -> None:
    if value is not None:
        _as_json.set(value)
