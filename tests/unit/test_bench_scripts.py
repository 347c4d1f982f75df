"""Each script of `bench/` starts as it is, wherever one stands."""

import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
# In one process, which forgets after each script where the project lies and what it has of it.
_START = """
import runpy, sys
before = list(sys.path)
for script in sys.argv[1:]:
    runpy.run_path(script, run_name="started")
    print(script)
    sys.path[:] = before
    for name in [name for name in sys.modules if name.split(".")[0] in ("bench", "tests")]:
        del sys.modules[name]
"""


def test_each_script_finds_what_it_imports_from_anywhere(tmp_path: Path) -> None:
    """Without PYTHONPATH, from a folder that is not the project's."""
    scripts = sorted(map(str, BENCH.glob("*.py")))
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _START, *scripts],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == scripts, done.stderr
