"""Tables as other offices save them: which line is the header, which column means which field.

Pure: lines of text or rows of cells in, `Raw` lines out. CSV is read line by line, so that one
line that cannot be read costs that line and no other.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from itertools import chain, islice
from types import MappingProxyType
from uuid import UUID

from shared_schema.errors import InputError
from shared_schema.records import RECORD_TYPES

PERSON = RECORD_TYPES["person"]
KEY = "key"
DELIMITERS = (",", ";", "\t", "|")
HEAD_LINES = 20
REGION_PARTS = ("no_prop", "no_kab", "no_kec", "no_kel")
_WIDTHS = (2, 2, 2, 4)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CELL_LIMIT = 64 * 1024
_CELL_LINES = 20
_HEADERS = {
    "key": "id no_urut id_penduduk",
    "nik": "nomor_induk_kependudukan no_nik nik_penduduk",
    "kk_number": "no_kk nokk nomor_kk nkk kk nomor_kartu_keluarga no_kartu_keluarga",
    "name": "nama nama_lengkap nama_lgkp nama_lkp nama_penduduk",
    "sex": "jenis_kelamin jns_kelamin jenis_klmin jk kelamin lp l_p",
    "village": "desa kode_desa kode_kelurahan kode_wilayah desa_kelurahan kelurahan",
    "birth_date": "tanggal_lahir tgl_lahir tgl_lhr",
    "birth_place": "tempat_lahir tmpt_lahir tmpt_lhr",
    "marital_status": "status_perkawinan status_kawin stat_kwn",
    "religion": "agama",
    "blood_type": "golongan_darah gol_darah gol_drh",
    "relationship": "hubungan_keluarga shdk stat_hbkel hub_keluarga",
    "education": "pendidikan pddk_akh",
    "occupation": "pekerjaan jenis_pkrjn",
    "mother_name": "nama_ibu nama_lgkp_ibu",
    "father_name": "nama_ayah nama_lgkp_ayah",
    "address": "alamat",
    "rt": "no_rt",
    "rw": "no_rw",
    "phone": "telepon no_hp no_telp hp",
    "note": "catatan keterangan",
    "central_status": "status_pusat status_rekam status_ktp",
    "recorded_on": "tanggal_rekam tgl_rekam",
    "printed_on": "tanggal_cetak tgl_cetak",
    "no_prop": "kode_provinsi",
    "no_kab": "kode_kabupaten",
    "no_kec": "kode_kecamatan",
}
KNOWN_HEADERS: Mapping[str, str] = MappingProxyType(
    {header: name for name, headers in _HEADERS.items() for header in headers.split()}
)
MEANINGFUL = frozenset(PERSON.fields) | {KEY, *REGION_PARTS}


class RegisterUnreadable(InputError):
    """{file} cannot be read as a table ({reason}). Save it again as CSV or Excel; try once more."""

    code = "REGISTER_UNREADABLE"


class RegisterMapInvalid(InputError):
    """The column map is not usable ({reason}). Write a JSON object of CSV header to field."""

    code = "REGISTER_MAP_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A line that did not go in: its number in the file from 1, why, and the field meant.

    `value`: what stood in that cell. `resident`: whom it may mean.
    """

    line: int
    code: str
    field: str | None = None
    value: str = part(default="", compare=False, repr=False)
    resident: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: its number in the file from 1, and its cells.

    `trouble`: the code of why the cells are not to be used.
    """

    number: int
    cells: Sequence[str] = ()
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One line as read: text by field name, in the columns that mean something here."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table below its header: the field of each column, None where it means nothing here."""

    header: Sequence[str]
    columns: Sequence[str | None]
    lines: Iterator[Line]

    @property
    def fields(self) -> frozenset[str]:
        """The fields that the lines will have."""
        found = {name for name in self.columns if name}
        whole = found.issuperset(REGION_PARTS)
        return frozenset((found | {"village"} if whole else found) - set(REGION_PARTS))

    def rows(self) -> Iterator[Raw | Rejected]:
        """Yield the lines; those without a filled cell are passed over."""
        for line in self.lines:
            if line.trouble:
                yield Rejected(line=line.number, code=line.trouble)
            elif any(cell.strip() for cell in line.cells):
                yield Raw(line=line.number, cells=_cells(self.columns, line.cells))


def encoding_of(start: bytes) -> str:
    """Return the encoding of a file that begins so: UTF-16 where every other byte is 0, else UTF-8.

    Bytes that are not UTF-8 are for `as_old_office`.
    """
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    if marked is not None:
        return marked
    pairs = len(start) // 2 or 1
    if start[1::2].count(0) > pairs * 0.4 > start[::2].count(0):
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > pairs * 0.4 > start[1::2].count(0) else "utf-8"


def as_old_office(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are not UTF-8 as Windows-1252, as old office programs write.

    A handler for `codecs.register_error`. The five bytes without a meaning there stay control
    characters, which no field takes.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    odd = error.object[error.start : error.end]
    text = "".join(
        bytes([byte]).decode("cp1252") if _in_cp1252(byte) else chr(byte) for byte in odd
    )
    return text, error.end


def _in_cp1252(byte: int) -> bool:
    return byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)


def csv_table(lines: Iterable[str], mapping: Mapping[str, str], file: str) -> Table:
    """Return a CSV text as a table; the header may stand below title lines.

    Raises RegisterUnreadable for what is no table, RegisterMapInvalid.
    """
    numbered = enumerate(lines, 1)
    head = list(islice(numbered, HEAD_LINES))
    if not any(text.strip() for _, text in head) or any("\x00" in text for _, text in head):
        raise RegisterUnreadable(file=file, reason="no header line")
    delimiter, at = max(
        ((one, _header_at([_split(text, one) for _, text in head], mapping)) for one in DELIMITERS),
        key=lambda found: (found[1][1], head[found[1][0]][1].count(found[0])),
    )
    header = _split(head[at[0]][1], delimiter)
    rest = chain(head[at[0] + 1 :], numbered)
    lines_below = _csv_lines(rest, delimiter, len(header))
    return Table(header=header, columns=columns_of(header, mapping), lines=lines_below)


def cell_table(lines: Iterable[Line], mapping: Mapping[str, str], file: str) -> Table:
    """Return rows of cells as a table; the header may stand below title lines.

    Raises RegisterUnreadable for what is no table, RegisterMapInvalid.
    """
    rest = iter(lines)
    head = list(islice(rest, HEAD_LINES))
    if not any(cell.strip() for line in head for cell in line.cells):
        raise RegisterUnreadable(file=file, reason="no header line")
    at, _ = _header_at([line.cells for line in head], mapping)
    header = head[at].cells
    below = chain(head[at + 1 :], rest)
    return Table(header=header, columns=columns_of(header, mapping), lines=below)


def _header_at(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> tuple[int, int]:
    """Return which row knows the most fields, the first of them, and how many it knows."""
    known = [sum(name is not None for name in columns_of(row, mapping)) for row in rows]
    if not any(known):
        return next(at for at, row in enumerate(rows) if any(cell.strip() for cell in row)), 0
    return known.index(max(known)), max(known)


def _split(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(_CELL_LIMIT)
    try:
        return next(csv.reader((text,), delimiter=delimiter), [])
    except csv.Error:
        return [text]


def _csv_lines(numbered: Iterator[tuple[int, str]], delimiter: str, width: int) -> Iterator[Line]:
    """Yield one line a record. A cell may run over 20 lines; else its quotation mark is stray."""
    waiting: list[tuple[int, str]] = []
    while True:
        taken = waiting.pop(0) if waiting else next(numbered, None)
        if taken is None:
            return
        number, text = taken
        cells = _split(text, delimiter)
        more = 0
        while _is_open(text, cells) and more < _CELL_LINES:
            if more == len(waiting):
                waiting.extend(islice(numbered, 1))
            if more == len(waiting):
                break
            text += waiting[more][1]
            more += 1
            cells = _split(text, delimiter)
        if _is_open(text, cells):
            yield Line(number=number, trouble="ROW_UNREADABLE")
            continue
        del waiting[:more]
        shifted = any(cell.strip() for cell in cells[width:])
        yield Line(number=number, cells=cells, trouble="ROW_SHIFTED" if shifted else None)


def _is_open(text: str, cells: Sequence[str]) -> bool:
    """Tell whether a quoted cell did not end with its line."""
    return bool(cells) and cells[-1].endswith(("\n", "\r")) and text.count('"') % 2 == 1


def columns_of(header: Iterable[str], mapping: Mapping[str, str]) -> list[str | None]:
    """Return the field of each column, None for columns that mean nothing here.

    `mapping` (CSV header to field, or to nothing: the column is passed over) comes first, then
    field names, then common Indonesian headers. Where two columns mean one field the first
    counts. Raises RegisterMapInvalid for a map to a field that residents do not have.
    """
    wanted = {_plain(name): meant for name, meant in mapping.items()}
    for meant in wanted.values():
        if meant and meant not in MEANINGFUL:
            raise RegisterMapInvalid(reason=f"there is no field {meant}")
    found: list[str | None] = []
    for cell in header:
        name = _plain(cell)
        meant = wanted.get(name, KNOWN_HEADERS.get(name, name))
        found.append(meant if meant in MEANINGFUL and meant not in found else None)
    return found


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")


def _cells(columns: Iterable[str | None], cells: Sequence[str]) -> dict[str, str]:
    named = ((name, at) for at, name in enumerate(columns) if name)
    found = {name: cells[at] if at < len(cells) else "" for name, at in named}
    parts = [found.pop(name, "").strip() for name in REGION_PARTS]
    if "village" not in found and all(part.isdigit() for part in parts):
        widths = zip(parts, _WIDTHS, strict=True)
        found["village"] = ".".join(part.zfill(width) for part, width in widths)
    return found
