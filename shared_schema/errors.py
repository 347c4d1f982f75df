"""The errors of all three packages: one base, one class for each decision a caller can take.

A class carries a stable ``code`` (never renamed once released), the exit status of a command
and the HTTP status of a reply. Its docstring is the message the user sees, as a template:
"What happened. What to do." in English; the Indonesian stands in the package's catalogue.

No error carries a key, a passphrase, a name or a field's value unless the user typed it in the
very command that failed.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_ACCESS = 4
EXIT_NETWORK = 5
EXIT_STORAGE = 6
EXIT_CUSTODY = 7
EXIT_INTERRUPTED = 130


class JemputError(Exception):
    """Something went wrong. Try again, and tell your supervisor if it stays."""

    code: ClassVar[str] = "FAILURE"
    exit_code: ClassVar[int] = EXIT_FAILURE
    http_status: ClassVar[int] = 500

    def __init__(self, **details: Any) -> None:
        """Keep ``details``; they fill the template's named places."""
        self.details = details
        super().__init__(details)

    @classmethod
    def template(cls) -> str:
        """Return the English message template: the docstring as one line."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").split())

    def message(self, translate: Callable[[str], str] = str) -> str:
        """Return the message in the language of ``translate`` (a gettext function)."""
        return translate(self.template()).format_map(_Details(self.details))

    def __str__(self) -> str:
        """Return the English message."""
        return self.message()


class _Details(dict[str, Any]):
    """A mapping that shows a missing detail as ``?`` instead of hiding the error behind another."""

    def __missing__(self, key: str) -> str:
        return "?"


class InputError(JemputError):
    """The input is not usable: {reason}. Correct it and try again."""

    code = "INPUT"
    exit_code = EXIT_INPUT
    http_status = 400


class AccessError(JemputError):
    """It is not allowed here. Ask your administrator."""

    code = "ACCESS"
    exit_code = EXIT_ACCESS
    http_status = 403


class NetworkError(JemputError):
    """The server could not be reached. Nothing is lost; try again when there is a line."""

    code = "NETWORK"
    exit_code = EXIT_NETWORK
    http_status = 502


class StorageError(JemputError):
    """The store could not be read or written. Nothing that was confirmed as saved is lost."""

    code = "STORAGE"
    exit_code = EXIT_STORAGE


class CustodyError(JemputError):
    """A sealed batch or message does not stand where it claims to. It was not accepted."""

    code = "CUSTODY"
    exit_code = EXIT_CUSTODY
    http_status = 400


class RecordUnknown(InputError):
    """No record here has the id {text}. Copy the id from the list, or sync first."""

    code = "RECORD_UNKNOWN"


class RecordAmbiguous(InputError):
    """Several records here have an id like {text}. Give more of it."""

    code = "RECORD_AMBIGUOUS"


class ConflictUnknown(InputError):
    """There is no conflict in {field} with the writing {change}. Copy it from `conflicts list`."""

    code = "CONFLICT_UNKNOWN"


class FileUnreadable(InputError):
    """The file {path} cannot be read ({reason}). Check its name and that it may be opened."""

    code = "FILE_UNREADABLE"


class FileEmpty(InputError):
    """The file {path} holds nothing. Look whether it is the right one, and write it again."""

    code = "FILE_EMPTY"


def error_classes(base: type[JemputError] = JemputError) -> Iterator[type[JemputError]]:
    """Yield ``base`` and every subclass loaded so far, depth first, each once."""
    seen: set[type[JemputError]] = set()
    stack = [base]
    while stack:
        cls = stack.pop()
        if cls not in seen:
            seen.add(cls)
            yield cls
            stack.extend(cls.__subclasses__())
