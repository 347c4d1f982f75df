"""The two programs, loaded once and then forked for each command: real processes, started fast.

A passphrase that an earlier command stretched with the same salt at the same cost is not stretched
again: that is two thirds of what most commands take. What kills or times commands uses the console
scripts themselves (`tests.support.processes`), as does any system that cannot fork.
"""

import tempfile
from pathlib import Path

from tests.support.kennel import kennel
from tests.support.processes import Finished, environment, run


def run_warm(name: str, *args: object, env: dict[str, str], stdin: str = "") -> Finished:
    """Run a program to its end, whatever its exit code."""
    home = kennel(environment())
    if home is None:
        return run(name, *args, env=env, stdin=stdin)
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        files = [Path(folder) / part for part in ("stdin", "stdout", "stderr")]
        files[0].write_text(stdin, encoding="utf-8")
        given = [*map(str, args)]
        code = home.run(name, given, env, files)
        out, err = (path.read_text(encoding="utf-8") for path in files[1:])
    return Finished(command=(name, *given), returncode=code, stdout=out, stderr=err)
