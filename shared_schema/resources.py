"""The one place where `shared_schema` reads files: those shipped inside a package."""

from importlib.resources import files


def read_package_text(package: str, *path: str) -> str:
    """Return the UTF-8 text of a file shipped with `package`.

    Raises FileNotFoundError when the package does not ship such a file.
    """
    return files(package).joinpath(*path).read_text(encoding="utf-8")


def read_package_bytes(package: str, *path: str) -> bytes:
    """Return the bytes of a file shipped with `package`; raises FileNotFoundError."""
    return files(package).joinpath(*path).read_bytes()
