"""Kinto as a peer: its virtual environment, made when first needed, and how its server starts.

It needs other versions than we do; its packages are its own, locked with hashes in kinto.lock.
`Absent` says why there is no Kinto here.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".venv" / "peers"
INSTALL_S = 600
SETTINGS = """\
[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.userid_hmac_secret = throwaway
kinto.bucket_create_principals = system.Everyone
kinto.bucket_write_principals = system.Everyone
multiauth.policies = basicauth
[server:main]
use = egg:waitress#main
host = {host}
port = {port}
"""


class Absent(Exception):
    """A peer cannot be run here; the text says why."""


def programs() -> Path:
    """Return the folder of Kinto's programs, installed where they are not. Raises Absent."""
    return environment("kinto")


def environment(name: str) -> Path:
    """Return the programs of the environment that NAME.lock describes. Raises Absent."""
    lock, folder = HERE / f"{name}.lock", FOLDER / name
    stamp = folder / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _run(name, sys.executable, "-m", "venv", str(folder))
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet")
        _run(name, *pip, "--require-hashes", "--no-deps", "--requirement", str(lock))
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def command(folder: Path, host: str, port: int) -> list[str]:
    """Return what serves a fresh Kinto, everything in memory. Raises Absent."""
    settings = folder / "kinto.ini"
    settings.write_text(SETTINGS.format(host=host, port=port), encoding="utf-8")
    return [str(programs() / "pserve"), str(settings)]


def _run(name: str, *command: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=INSTALL_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Absent(f"{name} cannot be installed here: {type(error).__name__}") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = said[0] if said else f"{Path(command[0]).name} ended with {done.returncode}"
        raise Absent(f"{name} cannot be installed here: {reason[:200]}")
