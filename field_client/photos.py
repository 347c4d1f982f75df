"""From a camera's file to the small photo that is kept: upright, reduced, bare of all metadata.

Pure: bytes in, bytes out. The result is painted anew on an empty picture, so nothing of the
file comes along that was not seen: no EXIF, XMP, comment, preview, colour profile or trailing
bytes. Where and when it was taken are read from EXIF only if asked for, and given back beside it.

Pillow decodes whatever a stick or a phone brings, so the picture's size is judged before any of
it is decoded, and its decoders' complaints are ours. This module costs 40 ms to load: import it
where a photo is at hand.
"""

import hashlib
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from types import MappingProxyType
from typing import Any

from PIL import ExifTags, Image

from shared_schema.errors import InputError

LONG_SIDE = 1600
QUALITY = 75
MEDIA_TYPE = "image/webp"
MOST_BYTES = 64 << 20
# A JPEG stored line by line is decoded at a fraction of its size; all else wants 4 to 7 bytes
# of memory for every pixel.
MOST_PIXELS = 30_000_000
MOST_PIXELS_BY_LINE = 120_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_FOREIGN = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF"}
_UNDECODABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Image.DecompressionBombError,
)
_UPRIGHT: Mapping[Any, Image.Transpose] = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
_WHITE = "white"
_DEPTH_16 = ("I", "F")


class PhotoUnreadable(InputError):
    """The file is not a whole photo. Open it to see whether it is; copy it or take it again."""

    code = "PHOTO_UNREADABLE"


class PhotoKindUnsupported(InputError):
    """A photo of kind {kind} cannot be read here. Set the camera to JPEG, or save it as JPEG."""

    code = "PHOTO_KIND_UNSUPPORTED"


class PhotoTooLarge(InputError):
    """The photo is too large: at most {limit}. Set the camera to fewer pixels, or reduce it."""

    code = "PHOTO_TOO_LARGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A reduced photo. ``taken_at``: the camera's own time, ISO 8601, with its zone if it said.

    ``place``: latitude and longitude in degrees, to six decimals (a tenth of a metre).
    """

    content: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    taken_at: str | None = None
    place: tuple[float, float] | None = None

    def values(self) -> dict[str, Any]:
        """Return what the photo's record says of it."""
        lat, lon = self.place or (None, None)
        values = {
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "media_type": self.media_type,
            "bytes": len(self.content),
            "width": self.width,
            "height": self.height,
            "taken_at": self.taken_at,
            "lat": lat,
            "lon": lon,
        }
        return {name: value for name, value in values.items() if value is not None}


def reduce_photo(data: bytes, *, keep_time: bool = False, keep_place: bool = False) -> Photo:
    """Return the photo in ``data``: upright, at most 1600 pixels wide and high, bare.

    Of an animation the first picture. The same bytes give the same photo. Raises
    PhotoUnreadable, PhotoKindUnsupported, PhotoTooLarge.
    """
    if len(data) > MOST_BYTES:
        raise PhotoTooLarge(limit=f"{MOST_BYTES >> 20} MB")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = _opened(data)
        exif = _exif(picture)
        reduced = _reduced(picture, exif)
        return Photo(
            content=_encoded(reduced),
            media_type=MEDIA_TYPE,
            width=reduced.width,
            height=reduced.height,
            taken_at=_taken_at(exif) if keep_time else None,
            place=_place(exif) if keep_place else None,
        )


def _opened(data: bytes) -> Image.Image:
    """Read the head of a picture and judge its size; nothing is decoded yet."""
    if data[4:8] == b"ftyp" and data[8:12] in _FOREIGN:
        raise PhotoKindUnsupported(kind=_FOREIGN[data[8:12]])
    try:
        picture = Image.open(BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many(MOST_PIXELS) from error
    except _UNDECODABLE as error:
        raise PhotoUnreadable from error
    by_line = picture.format in ("JPEG", "MPO") and not picture.info.get("progressive")
    most = MOST_PIXELS_BY_LINE if by_line else MOST_PIXELS
    if picture.width * picture.height > most:
        raise _too_many(most)
    return picture


def _too_many(pixels: int) -> PhotoTooLarge:
    return PhotoTooLarge(limit=f"{pixels // 1_000_000} MP")


def _reduced(picture: Image.Image, exif: Mapping[int, Any]) -> Image.Image:
    try:
        aim = _within(picture.size)
        picture.draft(None, aim)
        picture.load()
        smooth = _eight_bit(picture)
        small = smooth.resize(aim, Image.Resampling.LANCZOS, reducing_gap=2.0)
    except _UNDECODABLE as error:
        raise PhotoUnreadable from error
    turn = _UPRIGHT.get(exif.get(ExifTags.Base.Orientation))
    return _on_white(small if turn is None else small.transpose(turn))


def _within(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size that is aimed at: the long side shortened if need be, never lengthened."""
    scale = min(1.0, LONG_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Return grey, colour, or colour with transparency, eight bits each: what can be resized."""
    if picture.mode.startswith(_DEPTH_16):
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    """Paint a picture on an empty one: its pixels alone go over."""
    clear = picture.mode == "RGBA"
    bare = Image.new("RGB" if clear else picture.mode, picture.size, _WHITE)
    bare.paste(picture, mask=picture if clear else None)
    return bare


def _encoded(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "WEBP", quality=QUALITY, method=4)
    return written.getvalue()


def _exif(picture: Image.Image) -> dict[int, Any]:
    """Return the tags of the picture and of where and when; what cannot be read is left out."""
    found: dict[int, Any] = {}
    try:
        exif = picture.getexif()
        found.update(exif)
        found.update(exif.get_ifd(ExifTags.IFD.Exif))
        found[ExifTags.IFD.GPSInfo] = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except _UNDECODABLE:
        return found
    return found


def _taken_at(exif: Mapping[int, Any]) -> str | None:
    said = exif.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    zone = exif.get(ExifTags.Base.OffsetTimeOriginal)
    written = _text(said)
    for text, form in ((written + _text(zone), "%Y:%m:%d %H:%M:%S%z"), (written, _EXIF_TIME)):
        try:
            return datetime.strptime(text, form).isoformat()  # noqa: DTZ007 - a camera without zone
        except ValueError:
            continue
    return None


_EXIF_TIME = "%Y:%m:%d %H:%M:%S"


def _text(value: object) -> str:
    return value.strip("\0 ") if isinstance(value, str) else ""


def _place(exif: Mapping[int, Any]) -> tuple[float, float] | None:
    gps = exif.get(ExifTags.IFD.GPSInfo)
    if not isinstance(gps, Mapping):
        return None
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    # Cameras without a fix write zeros, a place in the Atlantic.
    return None if lat == lon == 0 else (lat, lon)


def _degrees(parts: object, side: object, negative: str) -> float | None:
    """Return degrees of ``parts``: degrees, minutes, seconds; None where they are none."""
    try:
        degrees, minutes, seconds = (float(part) for part in parts)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ArithmeticError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        return None
    return round(-value if _text(side).upper() == negative else value, 6)
