"""Pictures made for tests: small, in every kind a camera or a stick may bring."""

from io import BytesIO
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

TAKEN_AT = "2016:09:05 10:11:12"
LAT, LON = -8.495667, 119.8775


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Return a picture whose upper left quarter is dark and whose rest is light."""
    made = Image.new("RGB", size, (240, 230, 200))
    made.paste((10, 60, 20), (0, 0, size[0] // 2, size[1] // 2))
    return made.convert(mode)


def encoded(made: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """Return a picture as a file."""
    written = BytesIO()
    made.save(written, form, **options)
    return written.getvalue()


def decoded(content: bytes) -> Image.Image:
    """Return the picture in a file, decoded."""
    shown = Image.open(BytesIO(content))
    shown.load()
    return shown


def exif(orientation: int = 1, words: str = "kamera") -> Image.Exif:
    """Return what a telephone writes: orientation, time, place, its name, and ``words``."""
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    tags[Base.Make] = words
    tags[Base.ImageDescription] = words
    inner = tags.get_ifd(IFD.Exif)
    inner[Base.DateTimeOriginal] = TAKEN_AT
    inner[Base.OffsetTimeOriginal] = "+08:00"
    inner[Base.UserComment] = words.encode()
    place = tags.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef], place[GPS.GPSLatitude] = "S", (8.0, 29.0, 44.4)
    place[GPS.GPSLongitudeRef], place[GPS.GPSLongitude] = "E", (119.0, 52.0, 39.0)
    return tags


def photo(words: str = "kamera", size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a JPEG as a telephone makes it, full of metadata that says ``words``."""
    return encoded(
        picture(size=size),
        exif=exif(words=words),
        comment=words.encode(),
        xmp=f"<x:xmpmeta>{words}</x:xmpmeta>".encode(),
        icc_profile=words.encode() * 4,
    )
