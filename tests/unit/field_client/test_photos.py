"""Photos: whatever a camera brings becomes a small upright picture that says nothing else."""

import struct
import tracemalloc
import warnings
import zlib

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from field_client.photos import (
    LONG_SIDE,
    MOST_BYTES,
    PhotoKindUnsupported,
    PhotoTooLarge,
    PhotoUnreadable,
    reduce_photo,
)
from shared_schema.errors import InputError
from tests.support.canary import scan_bytes
from tests.support.pictures import LAT, LON, decoded, encoded, exif, photo, picture

CANARY = "Kenari Contoh Photograf"
DARK, LIGHT = (10, 60, 20), (240, 230, 200)


def is_near(found: object, wanted: tuple[int, int, int]) -> bool:
    """Compare colours as far as a lossy format keeps them."""
    assert isinstance(found, tuple)
    return all(abs(one - other) <= 12 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((4000, 3000), (1600, 1200)),
        ((1000, 4000), (400, 1600)),
        ((1600, 1600), (1600, 1600)),
        ((64, 48), (64, 48)),
        ((1, 1), (1, 1)),
        ((6000, 1), (1600, 1)),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_the_long_side_is_shortened_and_never_lengthened(size, reduced, form):
    """At most 1600 pixels; the proportions stay."""
    made = reduce_photo(encoded(picture(size=size), form))
    assert (made.width, made.height) == reduced == decoded(made.content).size
    assert max(reduced) <= LONG_SIDE
    assert made.media_type == "image/webp"
    assert decoded(made.content).format == "WEBP"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_kind_is_read(form):
    """The picture is the same, whatever it came in."""
    shown = decoded(reduce_photo(encoded(picture(), form)).content).convert("RGB")
    assert is_near(shown.getpixel((8, 8)), DARK)
    assert is_near(shown.getpixel((50, 40)), LIGHT)


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("1", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("I;16", "PNG"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("P", "GIF"),
    ],
)
def test_each_colour_depth_is_read(mode, form):
    """Grey, four inks, a palette, sixteen bits: what was dark is dark, what was light is light."""
    if mode == "I;16":
        made = picture("L").convert("I").point(lambda value: value * 256).convert("I;16")
    else:
        made = picture(mode)
    shown = decoded(reduce_photo(encoded(made, form)).content).convert("L")
    dark, light = (shown.crop(box).tobytes() for box in ((4, 4, 12, 12), (44, 34, 56, 44)))
    assert sum(dark) / len(dark) < 90
    assert sum(light) / len(light) > 200


def test_what_is_transparent_becomes_white():
    """No colour that lay hidden under full transparency comes to light."""
    hidden = picture("RGBA")
    hidden.putalpha(0)
    shown = decoded(reduce_photo(encoded(hidden, "PNG")).content).convert("RGB")
    assert shown.getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_upright(orientation):
    """As the camera was held: the dark quarter is where the file says that it belongs."""
    upright = picture()
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if undo is None else upright.transpose(undo)
    made = reduce_photo(encoded(stored, exif=exif(orientation)))
    shown = decoded(made.content).convert("RGB")
    assert (made.width, made.height) == (64, 48)
    assert is_near(shown.getpixel((8, 8)), DARK)
    assert is_near(shown.getpixel((50, 40)), LIGHT)


def test_of_an_animation_the_first_picture_is_kept():
    """The others go."""
    frames = [picture(), Image.new("RGB", (64, 48), "red")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    shown = decoded(reduce_photo(moving).content)
    assert getattr(shown, "n_frames", 1) == 1
    assert is_near(shown.convert("RGB").getpixel((8, 8)), DARK)


def test_nothing_the_camera_wrote_remains():
    """EXIF, XMP, comments, profiles and what hangs behind the picture; the control has them."""
    given = photo(CANARY) + CANARY.encode()
    assert len(scan_bytes(given, CANARY)) >= 6
    for keep in (False, True):
        kept = reduce_photo(given, keep_time=keep, keep_place=keep).content
        assert scan_bytes(kept, CANARY) == []
        assert [kept[at : at + 4] for at in (0, 8, 12)] == [b"RIFF", b"WEBP", b"VP8 "]
        assert 20 + int.from_bytes(kept[16:20], "little") + kept[16] % 2 == len(kept)


def test_text_within_a_png_goes_as_well():
    """Also where it is compressed."""
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - for this test only

    written = PngInfo()
    written.add_text("Comment", CANARY)
    written.add_itxt("XML:com.adobe.xmp", CANARY, zip=True)
    given = encoded(picture(), "PNG", pnginfo=written)
    assert scan_bytes(given, CANARY)
    assert scan_bytes(reduce_photo(given).content, CANARY) == []


def test_time_and_place_are_read_only_where_asked_for():
    """Each by itself; the zone is the one the camera wrote."""
    assert reduce_photo(photo()).taken_at is None
    assert reduce_photo(photo()).place is None
    timed = reduce_photo(photo(), keep_time=True)
    assert (timed.taken_at, timed.place) == ("2016-09-05T10:11:12+08:00", None)
    placed = reduce_photo(photo(), keep_place=True)
    assert (placed.taken_at, placed.place) == (None, (LAT, LON))


@pytest.mark.parametrize(
    ("said", "zone", "read"),
    [
        ("2016:09:05 10:11:12", "", "2016-09-05T10:11:12"),
        ("2016:09:05 10:11:12\0", "+09:00", "2016-09-05T10:11:12+09:00"),
        ("2016:09:05 10:11:12", "entah", "2016-09-05T10:11:12"),
        ("0000:00:00 00:00:00", "+08:00", None),
        ("    :  :     :  :  ", "", None),
        ("kemarin", "", None),
    ],
)
def test_a_time_that_is_none_is_left_out(said, zone, read):
    """Cameras whose clock was never set write zeros or blanks."""
    tags = Image.Exif()
    tags.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = said
    tags.get_ifd(IFD.Exif)[Base.OffsetTimeOriginal] = zone
    assert reduce_photo(encoded(picture(), exif=tags), keep_time=True).taken_at == read


@pytest.mark.parametrize(
    ("lat", "lon", "place"),
    [
        (("N", (0.0, 30.0, 0.0)), ("W", (1.0, 0.0, 0.0)), (0.5, -1.0)),
        (("N", (0.0, 0.0, 0.0)), ("E", (0.0, 0.0, 0.0)), None),
        (("S", (95.0, 0.0, 0.0)), ("E", (120.0, 0.0, 0.0)), None),
        (("S", (8.0, 0.0)), ("E", (120.0, 0.0, 0.0)), None),
        (("S", (8.0, 0.0, 0.0)), None, None),
    ],
)
def test_a_place_that_is_none_is_left_out(lat, lon, place):
    """No fix, half a fix, impossible degrees."""
    tags = Image.Exif()
    inner = tags.get_ifd(IFD.GPSInfo)
    inner[GPS.GPSLatitudeRef], inner[GPS.GPSLatitude] = lat
    if lon:
        inner[GPS.GPSLongitudeRef], inner[GPS.GPSLongitude] = lon
    assert reduce_photo(encoded(picture(), exif=tags), keep_place=True).place == place


def test_broken_metadata_does_not_spoil_a_photo():
    """It is left out, without a word on the screen."""
    given = encoded(picture(), exif=b"Exif\0\0MM\0*" + b"\xff" * 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = reduce_photo(given, keep_time=True, keep_place=True)
    assert (made.width, made.taken_at, made.place) == (64, None, None)


def test_the_same_file_gives_the_same_photo():
    """So that one attached twice is recognised."""
    assert reduce_photo(photo()) == reduce_photo(photo())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_file_cut_short_is_refused(form):
    """Wherever it was cut; the last few bytes of a JPEG carry no picture."""
    whole = encoded(picture(size=(300, 200)), form)
    for kept in (len(whole) // 100, len(whole) // 2, len(whole) * 9 // 10):
        with pytest.raises(PhotoUnreadable):
            reduce_photo(whole[:kept])


@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b"%PDF-1.7 x", b"GIF89a", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(data):
    """Empty, zeros, another kind of file, a head without a body."""
    with pytest.raises(PhotoUnreadable) as caught:
        reduce_photo(data)
    assert caught.value.code == "PHOTO_UNREADABLE"


def test_a_kind_that_cannot_be_read_is_named():
    """What telephones write unless told otherwise: the advice is to tell them."""
    with pytest.raises(PhotoKindUnsupported, match=r"HEIC.*JPEG"):
        reduce_photo(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100)


def _png_bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 22), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _resized_head(data: bytes, marker: bytes, form: str, *size: int) -> bytes:
    """Write another size into a picture's head."""
    at = data.index(marker) + len(marker)
    return data[:at] + struct.pack(form, *size) + data[at + struct.calcsize(form) :]


@pytest.mark.parametrize(
    "bomb",
    [
        _png_bomb(50_000, 50_000),
        _png_bomb(8_000, 8_000),
        _resized_head(encoded(picture(), "GIF"), b"GIF87a", "<HH", 65_535, 65_535),
        _resized_head(encoded(picture(), "WEBP"), b"\x9d\x01\x2a", "<HH", 16_383, 16_383),
        _resized_head(encoded(picture()), b"\xff\xc0\0\x11\x08", ">HH", 65_500, 65_500),
        _resized_head(
            encoded(picture(), progressive=True), b"\xff\xc2\0\x11\x08", ">HH", 8_000, 8_000
        ),
    ],
    ids=["png-2500MP", "png-64MP", "gif", "webp", "jpeg", "jpeg-progressive"],
)
def test_a_small_file_that_would_unpack_into_gigabytes_is_refused(bomb):
    """By its head, before any of it is decoded."""
    tracemalloc.start()
    try:
        with pytest.raises(PhotoTooLarge) as caught:
            reduce_photo(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.code == "PHOTO_TOO_LARGE"


def test_a_file_that_is_too_long_is_not_even_opened():
    """Whatever it claims to be."""
    with pytest.raises(PhotoTooLarge, match="64 MB"):
        reduce_photo(b"\xff\xd8\xff" + bytes(MOST_BYTES))


def test_every_refusal_is_the_users_to_mend():
    """They leave the command with the exit status of wrong input."""
    for error in (PhotoUnreadable, PhotoKindUnsupported, PhotoTooLarge):
        assert issubclass(error, InputError)
