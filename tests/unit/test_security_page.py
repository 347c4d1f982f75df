"""The fault table of docs/security.md says what the tests really try."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from tests.support.effort import Effort

ROOT = Path(__file__).parents[2]
FAULTS = ROOT / "tests" / "faults"
ROW = re.compile(r"^\|[^|]+\| `(?P<test>[^`]+)` \| (?P<ci>[\d,]+) \|", re.MULTILINE)


def _efforts(path: Path) -> dict[str, Effort]:
    spec = spec_from_file_location(f"faults_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except pytest.skip.Exception:
        return {}
    found = [each for each in vars(module).values() if isinstance(each, Effort)]
    return {each.test: each for each in found}


def test_every_fault_stands_in_the_table_with_its_count() -> None:
    """Each row names a test that exists, its count is the code's, and no fault is left out."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    told = {row["test"]: int(row["ci"].replace(",", "")) for row in ROW.finditer(text)}
    tried = {
        name: effort.ci
        for path in sorted(FAULTS.glob("test_vault_*.py"))
        for name, effort in _efforts(path).items()
    }
    assert told == tried
    for name in tried:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (FAULTS / file).read_text(encoding="utf-8")
