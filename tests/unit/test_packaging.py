"""Everything that belongs to the packages is shipped, and nothing unpinned is installed."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("field_client", "shared_schema", "sync_server")
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def folders() -> list[Path]:
    """List every folder of the three packages that holds a file."""
    found = {
        file.parent
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    return sorted(found)


def dotted(folder: Path) -> str:
    """Turn a folder into the name of its package."""
    return ".".join(folder.relative_to(ROOT).parts)


def test_every_package_is_listed() -> None:
    """A folder with Python code is in the list, and the list names no other."""
    with_code = {dotted(folder) for folder in folders() if any(folder.glob("*.py"))}
    assert sorted(with_code) == sorted(SETUPTOOLS["packages"])


def test_every_folder_with_code_is_a_package() -> None:
    """Without an __init__.py a folder would be left out of an installation."""
    lacking = [f for f in folders() if any(f.glob("*.py")) and not (f / "__init__.py").is_file()]
    assert lacking == []


def test_every_data_file_is_listed() -> None:
    """Each file that is not Python code matches a line of package-data."""
    listed = {
        file
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
        for file in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    data = {file for folder in folders() for file in folder.iterdir() if file.is_file()}
    missing = {file for file in data if file.suffix not in {".py", ".pyc"}} - listed
    assert sorted(map(str, missing)) == []


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "requirements-fuzz.lock"]
)
def test_a_lock_pins_hashes_and_names_no_index(name: str) -> None:
    """Each entry has a version and a hash, and no line tells where to download from."""
    text = (ROOT / name).read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", text)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_locks_agree() -> None:
    """Tests run with exactly the versions that are deployed."""
    pins = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
    deployed = dict(pins.findall((ROOT / "requirements.lock").read_text()))
    tested = dict(pins.findall((ROOT / "requirements-dev.lock").read_text()))
    assert deployed.items() <= tested.items()
