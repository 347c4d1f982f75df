"""How far lines have carried before they were cut, and how large a batch is best for such lines.

A batch that is cut must go again as a whole, half of one on average; each batch costs its header,
keys and signature. With ``carried`` bytes between cuts the cost is least at the square root of
``2 * OVERHEAD_BYTES * carried``. A batch is sealed once, so this decides at sealing only. A photo
is cut into chunks by the same rule, anew on each line.
"""

from math import sqrt

from field_client.vault.spool import Spool
from shared_schema.canonical import NotCanonical, decode, encode, whole

USUAL_CHANGES = 50
LEAST_CHANGES = 10
MOST_CHANGES = 100
OVERHEAD_BYTES = 220
CHANGE_BYTES = 36
CHUNK_OVERHEAD_BYTES = 64
CHUNK_SIZES = (16 << 10, 8 << 10, 4 << 10)
_SETTING = "line"


def note_line(spool: Spool, confirmed_bytes: int, *, cut: bool) -> None:
    """Keep how many bytes were confirmed on a line, and whether it was cut then."""
    mean, run = _load(spool)
    run += confirmed_bytes
    if cut:
        mean, run = run if mean is None else (mean + run) // 2, 0
    if (mean, run) != _load(spool):
        spool.set_setting(_SETTING, encode({"mean": mean, "run": run}))


def batch_changes(spool: Spool) -> int:
    """Return how many changes go into a batch on lines like those of late."""
    mean, run = _load(spool)
    if mean is None and run < sealed_bytes(USUAL_CHANGES) ** 2 // (2 * OVERHEAD_BYTES):
        return USUAL_CHANGES
    best_bytes = sqrt(2 * OVERHEAD_BYTES * max(mean or 0, run))
    return min(max(int(best_bytes / CHANGE_BYTES), LEAST_CHANGES), MOST_CHANGES)


def chunk_bytes(spool: Spool) -> int:
    """Return how much of a photo goes into a chunk on lines like those of late.

    Of a few sizes: where a chunk begins after a cut, one of the same size began before it.
    """
    mean, run = _load(spool)
    best_bytes = sqrt(2 * CHUNK_OVERHEAD_BYTES * max(mean or 0, run))
    fitting = (size for size in CHUNK_SIZES if size <= best_bytes)
    return CHUNK_SIZES[0] if mean is None else next(fitting, CHUNK_SIZES[-1])


def sealed_bytes(changes: int) -> int:
    """Return about how many bytes the payload of a batch has."""
    return changes * CHANGE_BYTES


def _load(spool: Spool) -> tuple[int | None, int]:
    kept = spool.get_setting(_SETTING)
    if kept is None:
        return None, 0
    try:
        content = decode(kept)
        mean, run = content["mean"], content["run"]
        return (None if mean is None else whole(mean)), whole(run)
    except (NotCanonical, KeyError, TypeError, ValueError):
        return None, 0
