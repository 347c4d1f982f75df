"""Pages' templates compiled once in a run of the tests, for all of its processes.

A program that is started as users start it compiles its own, as ever.
"""

import atexit
import os
import shutil
import tempfile

from flask import Flask
from jinja2 import FileSystemBytecodeCache

SHARED = "JEMPUT_TESTS_TEMPLATES"


def remember() -> None:
    """Keep what this process compiles, and all that it starts and tells of the folder."""
    if SHARED not in os.environ:
        os.environ[SHARED] = folder = tempfile.mkdtemp(prefix="jemput-templates-")
        atexit.register(_remove, folder, os.getpid())
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ[SHARED])}


def told() -> dict[str, str]:
    """Return what a program's environment must hold to share in what is remembered."""
    return {SHARED: os.environ[SHARED]} if SHARED in os.environ else {}


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
