"""The names of regions: the office's own, and those of the table that comes with the program.

An office speaks of neighbours too: a report of another regency, people who are sent there.
"""

from functools import cache

from sqlalchemy import Connection

from shared_schema.regions import RegionTable
from sync_server import setup
from sync_server.store.queries import facts


def known_regions(connection: Connection) -> RegionTable:
    """Return all names that are known; where two differ, the office's own."""
    return RegionTable.from_rows([*_shipped().to_rows(), *facts.region_rows(connection)])


@cache
def _shipped() -> RegionTable:
    return setup.shipped_regions()
