"""What the system may write of this program's memory: nothing."""

import subprocess
import sys

import pytest

ASKS = """
import ctypes, resource
from field_client.process_guard import forbid_memory_dumps
forbid_memory_dumps()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="cannot run here: Linux says what it dumps")
def test_no_core_is_dumped() -> None:
    """Neither by the size that is allowed nor by the process's own mark."""
    done = subprocess.run(
        [sys.executable, "-c", ASKS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0", "0"]
