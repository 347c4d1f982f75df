"""The example data that ships with the programs: two regencies, figures and policies of 2016.

The regions are an extract of idn-area-data 4.0.1 under the ODbL (see NOTICE). An office
loads its own regency's table; these two are for trying out and for tests. The figures are
as two newspapers published them, errors included.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared_schema.eligibility import Policy
from shared_schema.regions import RegionTable
from shared_schema.resources import read_package_text

_PACKAGE = "shared_schema"


def example_regions() -> RegionTable:
    """Return the regions of Manggarai Barat (53.15) and Kota Kupang (53.71), 2025 state."""
    return RegionTable.from_csv(read_package_text(_PACKAGE, "data", "regions-5315-5371.csv"))


def example_figures() -> list[dict[str, Any]]:
    """Return the published figures of September and October 2016 as `figure` records."""
    lines = read_package_text(_PACKAGE, "data", "figures-2016.jsonl").splitlines()
    return [json.loads(line) for line in lines]


def example_policies() -> Mapping[str, tuple[Policy, ...]]:
    """Return the versions of each policy by name: `standing` and `drive-2016`."""
    named = json.loads(read_package_text(_PACKAGE, "data", "policies.json"))
    return MappingProxyType(
        {name: tuple(map(Policy.from_json, versions)) for name, versions in named.items()}
    )
