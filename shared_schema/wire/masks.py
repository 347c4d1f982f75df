"""Which rows of a column: a few common answers by number, any other as bits, written once.

Families are registered one after the other, so the same rows begin a new village, card, address
and hamlet: the bits stand where a column first needs them, and later columns name them.

    0 all rows, 1 none, 2 the first only, from 3 on the bits that came first, second ...
    the number after the last one: new bits follow, a byte for 8 rows, the first row lowest
"""

from collections.abc import Sequence

from shared_schema.wire.integers import Source, put_unsigned

_ALL, _NONE, _FIRST, _BITS = 0, 1, 2, 3


class MaskWriter:
    """Writes masks of one payload and remembers them."""

    def __init__(self, out: bytearray) -> None:
        self._out = out
        self._known: list[tuple[int, int]] = []

    def put(self, rows: Sequence[bool]) -> None:
        """Append exactly ``rows``."""
        if all(rows):
            put_unsigned(self._out, _ALL)
        elif not any(rows):
            put_unsigned(self._out, _NONE)
        elif rows[0] and not any(rows[1:]):
            put_unsigned(self._out, _FIRST)
        else:
            self._put_bits(len(rows), _bits(rows))

    def put_starts(self, starts: Sequence[bool]) -> list[bool]:
        """Append rows that hold at least ``starts``, and return them.

        Rows that are known already, and hold few more, are cheaper than new bits.
        """
        count, needed = len(starts), sum(starts)
        if needed == count:
            self.put(starts)
            return list(starts)
        wanted = _bits(starts)
        near = [
            bits
            for size, bits in self._known
            if size == count and bits & wanted == wanted and bits & 1
        ]
        best = min(near, key=int.bit_count, default=None)
        if needed > 1 and best is not None and best.bit_count() <= needed + count // 8:
            wanted = best
        elif needed > 1 and needed * 4 > count * 3:
            wanted = (1 << count) - 1
        chosen = _rows(wanted, count)
        self.put(chosen)
        return chosen

    def _put_bits(self, count: int, bits: int) -> None:
        found = (count, bits)
        if found in self._known:
            put_unsigned(self._out, _BITS + self._known.index(found))
            return
        put_unsigned(self._out, _BITS + len(self._known))
        self._known.append(found)
        self._out += bits.to_bytes((count + 7) // 8, "little")


def _bits(rows: Sequence[bool]) -> int:
    return int("".join("1" if row else "0" for row in reversed(rows)), 2)


def _rows(bits: int, count: int) -> list[bool]:
    return [digit == "1" for digit in reversed(f"{bits:0{count}b}")]


class MaskReader:
    """Reads what `MaskWriter` wrote. Every read raises ValueError."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: list[list[bool]] = []

    def read(self, count: int) -> list[bool]:
        """Return the next rows, of ``count``."""
        number = self._source.unsigned()
        if number < _BITS:
            rows = [number == _ALL] * count
            rows[:1] = [number != _NONE] * min(count, 1)
            return rows
        if number == _BITS + len(self._known):
            bits = int.from_bytes(self._source.take((count + 7) // 8), "little")
            if bits >> count:
                raise ValueError("a mask has more rows than its column")
            self._known.append(_rows(bits, count))
        rows = self._known[number - _BITS] if number - _BITS < len(self._known) else []
        if len(rows) != count:
            raise ValueError("a mask is not known, or of another column")
        return rows
