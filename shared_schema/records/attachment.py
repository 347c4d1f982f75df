"""A photo attached to a record: what is known of it. The photo itself travels sealed, by itself."""

from shared_schema.i18n import Label
from shared_schema.records.fields import (
    PROGRAM,
    RecordSchema,
    code,
    integer,
    note,
    number,
    reference,
    specs,
    text,
)
from shared_schema.records.types import CodeList, RecordType

MEDIA_TYPE = CodeList.of(
    "media_type",
    {
        "image/webp": ("Foto WebP", "WebP photo"),
        "image/jpeg": ("Foto JPEG", "JPEG photo"),
    },
)
_MOST_BYTES = 1 << 30
_MOST_PIXELS = 1 << 16


class AttachmentSchema(RecordSchema):
    """A photo, as reduced on the laptop; its `sha256` finds the sealed file that holds it.

    Time and place stand here only where the officer asked to keep them.
    """

    record = reference("Catatan", "Record", required=True, origin=PROGRAM)
    sha256 = text("SHA-256", "SHA-256", maximum=64, required=True, origin=PROGRAM)
    media_type = code(MEDIA_TYPE, "Jenis berkas", "Kind of file", required=True, origin=PROGRAM)
    bytes = integer(
        "Ukuran (bita)",
        "Size (bytes)",
        minimum=1,
        maximum=_MOST_BYTES,
        required=True,
        origin=PROGRAM,
    )
    width = integer("Lebar", "Width", minimum=1, maximum=_MOST_PIXELS, origin=PROGRAM)
    height = integer("Tinggi", "Height", minimum=1, maximum=_MOST_PIXELS, origin=PROGRAM)
    taken_at = text("Waktu pemotretan", "Taken at", maximum=40, origin=PROGRAM)
    lat = number("Lintang", "Latitude", minimum=-90, maximum=90, sensitive=True, origin=PROGRAM)
    lon = number("Bujur", "Longitude", minimum=-180, maximum=180, sensitive=True, origin=PROGRAM)
    note = note()


TYPE = RecordType(
    name="attachment",
    version=1,
    label=Label(id="Foto", en="Photo"),
    schema=AttachmentSchema,
    fields=specs(AttachmentSchema),
    parents=("record",),
    title=("media_type", "note"),
)
