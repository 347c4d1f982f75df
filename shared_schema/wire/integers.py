"""Columns of whole numbers as bytes: the least value once, then what each lies above it.

A column stands by *planes*: the lowest byte of every number, then the next byte of every number,
and so on. Like stands beside like that way, and a plane of zeros costs nothing once compressed.

    column       nothing where there are no numbers, else form u8 and a frame
    form         bits 0 to 3: width, the number of planes, at most 9; bit 7: differences
    frame        least (signed), width x count bytes: each number less the least
    differences  the first number (signed), then the frame of what each adds to the one before

An unsigned number is written seven bits a byte, lowest first, the high bit saying that more
follows, in at most 10 bytes; a signed one as 2n, or as -2n - 1 below zero.
"""

from collections.abc import Sequence
from itertools import accumulate
from operator import sub

_DIFFERENCES = 0x80
_WIDTH_LIMIT = 9
_VARINT_BYTES = 10


class Source:
    """The bytes of a payload's numbers, read from the front. Every read raises ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def ended(self) -> bool:
        """Tell whether everything has been read."""
        return self._at == len(self._data)

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        end = self._at + size
        if end > len(self._data):
            raise ValueError("the numbers end early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)

    def unsigned(self) -> int:
        """Return the next unsigned number."""
        value = 0
        for place in range(_VARINT_BYTES):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return value
        raise ValueError("a number is too long")

    def signed(self) -> int:
        """Return the next signed number."""
        value = self.unsigned()
        return -(value >> 1) - 1 if value & 1 else value >> 1

    def integers(self, count: int) -> list[int]:
        """Return the next column, of ``count`` numbers."""
        if not count:
            return []
        form = self.take(1)[0]
        width = form & ~_DIFFERENCES
        if width > _WIDTH_LIMIT:
            raise ValueError("a column is too wide")
        if form & _DIFFERENCES:
            first = self.signed()
            return list(accumulate(self._frame(width, count - 1), initial=first))
        return self._frame(width, count)

    def _frame(self, width: int, count: int) -> list[int]:
        least = self.signed()
        if not width:
            return [least] * count
        values = [least + byte for byte in self.take(count)]
        for place in range(1, width):
            plane = self.take(count)
            if any(plane):
                values = [
                    value + (byte << 8 * place) for value, byte in zip(values, plane, strict=True)
                ]
        return values


def put_unsigned(out: bytearray, value: int) -> None:
    """Append an unsigned number below 2**70."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def put_signed(out: bytearray, value: int) -> None:
    """Append a signed number of at most 69 bits."""
    put_unsigned(out, -2 * value - 1 if value < 0 else 2 * value)


def put_integers(out: bytearray, values: Sequence[int]) -> None:
    """Append a column: as it is or by differences, whichever takes fewer bits (as it is if both).

    The numbers must lie within 2**68 of zero, and of each other.
    """
    if not values:
        return
    steps = list(map(sub, values[1:], values[:-1]))
    if steps and _bits(steps) < _bits(values):
        out.append(_DIFFERENCES | _width(steps))
        put_signed(out, values[0])
        _put_frame(out, steps)
    else:
        out.append(_width(values))
        _put_frame(out, values)


def _bits(values: Sequence[int]) -> int:
    least = min(values)
    return sum(map(int.bit_length, [value - least for value in values]))


def _width(values: Sequence[int]) -> int:
    return ((max(values) - min(values)).bit_length() + 7) // 8


def _put_frame(out: bytearray, values: Sequence[int]) -> None:
    least = min(values)
    put_signed(out, least)
    above, width = [value - least for value in values], _width(values)
    if width == 1:
        out += bytes(above)
        return
    for place in range(width):
        out += bytes([value >> 8 * place & 0xFF for value in above])
