"""What was made of documents before: one whose body is the same is not read again."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from field_client.vault.bodies import from_body

Made = TypeVar("Made")


class Known(Generic[Made]):
    """What ``make`` gave of each document by its id. Equal bodies hold equal documents."""

    def __init__(self, make: Callable[[str, Mapping[str, Any]], Made]) -> None:
        self._make = make
        self._held: Mapping[str, tuple[str | bytes, Made]] = {}

    def made(self, bodies: Iterable[tuple[str, str | bytes]]) -> dict[str, Made]:
        """Return what these documents give, in their order; whatever else was known goes."""
        before, held = self._held, dict[str, tuple[str | bytes, Made]]()
        for one, body in bodies:
            known = before.get(one)
            same = known is not None and known[0] == body
            held[one] = known if known and same else (body, self._make(one, from_body(body)))
        self._held = held
        return {one: made for one, (_, made) in held.items()}
