"""Disks as bytes: what stands in a folder, kept and put back.

Written over the same files, they are the same store as before to everybody; written elsewhere they
are a copy of it.
"""

from collections.abc import Mapping
from pathlib import Path

Image = Mapping[str, bytes]


def image_of(folder: Path) -> Image:
    """Read all files of a folder, which nobody has open."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def put_back(folder: Path, image: Image) -> None:
    """Write the files of a folder as they were; what was not there goes."""
    for path in list(folder.rglob("*")):
        if path.is_file() and str(path.relative_to(folder)) not in image:
            path.unlink()
    for name, content in image.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
