"""A register as it comes out of other offices' systems: which columns, which rows, which person.

Pure: text in, rows and rejections out. A cell that is there but empty clears its field; a
column that is not there says nothing. A row is rejected only for errors; what merely looks
wrong (a NIK of another district) is the ministry's own data and goes in.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from shared_schema.canonical import encode
from shared_schema.errors import InputError
from shared_schema.ids import derived_id
from shared_schema.names import fold_name
from shared_schema.records import (
    RECORD_TYPES,
    CheckContext,
    FieldValueError,
    RecordType,
    check,
    normalise,
)

PERSON = RECORD_TYPES["person"]
KEY = "key"
DELIMITERS = (",", ";", "\t")
STATUS_FIELDS = ("central_status", "recorded_on", "printed_on")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_FIFTEEN_DIGITS = re.compile(r"[0-9]{15}")
_CELL_LIMIT = 64 * 1024
_IDENTITY = ("sex", "village", "birth_date", "birth_date_precision", "kk_number")
_HEADERS = {
    "key": "id no_urut id_penduduk",
    "nik": "nomor_induk_kependudukan no_nik",
    "kk_number": "no_kk nokk nomor_kk nkk",
    "name": "nama nama_lengkap nama_lgkp nama_lkp",
    "sex": "jenis_kelamin jns_kelamin jenis_klmin jk kelamin lp",
    "village": "desa kode_desa kode_kelurahan kode_wilayah desa_kelurahan",
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
    "phone": "telepon no_hp no_telp",
    "note": "catatan keterangan",
    "central_status": "status_pusat status_rekam status_ktp",
    "recorded_on": "tanggal_rekam tgl_rekam",
    "printed_on": "tanggal_cetak tgl_cetak",
}
KNOWN_HEADERS: Mapping[str, str] = MappingProxyType(
    {header: name for name, headers in _HEADERS.items() for header in headers.split()}
)


class RegisterUnreadable(InputError):
    """{file} cannot be read as a CSV table ({reason}). Save it again as CSV and try once more."""

    code = "REGISTER_UNREADABLE"


class RegisterColumns(InputError):
    """{file} has no usable column for {field}. Name it so, or use --map."""

    code = "REGISTER_COLUMNS"


class RegisterMapInvalid(InputError):
    """The column map is not usable ({reason}). Write a JSON object of CSV header to field."""

    code = "REGISTER_MAP_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A line that did not go in: its number in the file from 1, why, and the field meant."""

    line: int
    code: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One usable line. `values` holds every column the file has; None where a cell is empty."""

    line: int
    record: UUID
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One line as read: text by field name, in the columns that mean something here."""

    line: int
    cells: Mapping[str, str]


def encoding_of(blocks: Iterable[bytes]) -> str:
    """Return the encoding of a file that is given in blocks.

    UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1252, as old office
    programs write.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    found = "utf-8"
    try:
        for at, block in enumerate(blocks):
            if at == 0:
                found = next(
                    (name for mark, name in _MARKS.items() if block.startswith(mark)), found
                )
            if found != "utf-8":
                return found
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return found


def delimiter_of(header: str) -> str:
    """Return which of comma, semicolon and tab separates the cells of the header line."""
    return max(DELIMITERS, key=header.count)


def columns_of(header: Iterable[str], mapping: Mapping[str, str]) -> list[str | None]:
    """Return the field of each column, None for columns that mean nothing here.

    `mapping` (CSV header to field) comes first, then field names, then common Indonesian
    headers. Where two columns mean one field the first counts. Raises RegisterMapInvalid for
    a map to a field that residents do not have.
    """
    wanted = {_plain(name): field for name, field in mapping.items()}
    for field in wanted.values():
        if field != KEY and field not in PERSON.fields:
            raise RegisterMapInvalid(reason=f"there is no field {field}")
    found: list[str | None] = []
    for cell in header:
        name = _plain(cell)
        field = wanted.get(name) or KNOWN_HEADERS.get(name, name)
        known = field == KEY or field in PERSON.fields
        found.append(field if known and field not in found else None)
    return found


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")


def read_raw(lines: Iterable[str], mapping: Mapping[str, str], file: str) -> Iterator[Raw]:
    """Yield the lines of a table below its header; empty lines are passed over.

    Raises RegisterUnreadable for what is no table, RegisterMapInvalid.
    """
    rest = iter(lines)
    header = next(rest, "")
    if "\x00" in header or not header.strip():
        raise RegisterUnreadable(file=file, reason="no header line")
    delimiter = delimiter_of(header)
    (names,) = csv.reader([header], delimiter=delimiter)
    columns = columns_of(names, mapping)
    csv.field_size_limit(_CELL_LIMIT)
    reader = csv.reader(rest, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Raw(line=reader.line_num + 1, cells=_cells(columns, cells))
    except csv.Error as error:
        raise RegisterUnreadable(file=file, reason=str(error)) from error


def _cells(columns: Iterable[str | None], cells: list[str]) -> dict[str, str]:
    named = ((field, at) for at, field in enumerate(columns) if field)
    return {field: cells[at] if at < len(cells) else "" for field, at in named}


def resident_of(raw: Raw, context: CheckContext) -> Row | Rejected:
    """Return the resident that a line describes, or its first error."""
    parsed = _parse(PERSON, raw)
    if isinstance(parsed, Rejected):
        return parsed
    checked = check(PERSON, parsed, context)
    if checked.errors:
        first = checked.errors[0]
        return Rejected(line=raw.line, code=first.code, field=first.field)
    empty = dict.fromkeys(name for name in raw.cells if name in PERSON.fields)
    values = {**empty, **checked.values}
    record = resident_id(checked.values, raw.cells.get(KEY, ""))
    return Row(line=raw.line, record=record, values=values)


def status_of(raw: Raw) -> tuple[str, Mapping[str, Any]] | Rejected:
    """Return the NIK and the ministry's columns of a line of a status list, or its error."""
    wanted = {n: text for n, text in raw.cells.items() if n == "nik" or n in STATUS_FIELDS}
    parsed = _parse(PERSON, Raw(line=raw.line, cells=wanted))
    if isinstance(parsed, Rejected):
        return parsed
    nik = parsed.pop("nik", None)
    if nik is None:
        return Rejected(line=raw.line, code="REQUIRED", field="nik")
    return str(nik), parsed


def _parse(rtype: RecordType, raw: Raw) -> dict[str, Any] | Rejected:
    parsed = {}
    for name, text in raw.cells.items():
        if name == KEY:
            continue
        try:
            parsed[name] = normalise(rtype, name, text)
        except FieldValueError as error:
            lost = name == "nik" and _FIFTEEN_DIGITS.fullmatch(text.strip())
            code = "NIK_PRECISION_LOST" if lost else error.code
            return Rejected(line=raw.line, code=code, field=name)
    return parsed


def resident_id(values: Mapping[str, Any], key: str) -> UUID:
    """Return the id of an imported resident: by NIK, else by the row's key, else by content.

    The same person keeps the id from import to import as long as that identifier stays.
    """
    nik = values.get("nik")
    if nik is not None:
        return derived_id("jemput person nik", str(nik).encode())
    if key.strip():
        return derived_id("jemput person key", key.strip().encode())
    identity = [fold_name(str(values["name"])), *(values.get(name) for name in _IDENTITY)]
    return derived_id("jemput person identity", encode(identity))


def changed_columns(
    row: Mapping[str, Any], last: Mapping[str, Any], shown: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a row says anew: columns that differ from what the same source last said.

    `last` is what this source wrote before, `shown` what the record shows. A column that is
    as before is left alone, so that a correction made here since then stands; a new one that
    the record already shows is not written again.
    """
    return {
        name: value
        for name, value in row.items()
        if value != last.get(name) and not (name not in last and value == shown.get(name))
    }
