"""Keeps what this program has in memory out of files that the system writes of its own accord.

Best effort: a core dump would hold the vault's keys, so none is asked for, and on Linux the
process is marked as not to be dumped, which also keeps other programs of the same user from
reading its memory. Swap and hibernation are the system's to encrypt; see docs/security.md.
"""

import ctypes
import sys

if sys.platform != "win32":
    import resource

_PR_SET_DUMPABLE = 4


def forbid_memory_dumps() -> None:
    """Ask the system to write no core dump of this process; where it cannot, go on without."""
    if sys.platform == "win32":
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
