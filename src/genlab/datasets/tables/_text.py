"""CSV files as people have them: separator, decimal comma, quotes and types are found out."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Collection, Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from genlab.datasets._unfit import UnfitError

if TYPE_CHECKING:
    import pyarrow

#: What stands for a missing value: pandas' texts, and the question mark of older archives.
MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "?"),
)
_DATES = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S")

# Bytes that are parsed at once. A quoted field that is longer than `_LONGEST` is taken for a
# quotation mark without its partner.
_PIECE = 2**24
_LINES = 64  # lines as long as the header's that are parsed at once, at least
_LONGEST = 2**26
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLED = 50  # records that the separator is found out from
_SAMPLE = 2**21  # characters of them


class _Dialect(NamedTuple):
    separator: str
    decimal: str
    newline: bytes
    names: list[str]
    piece: int


def read_text(
    opened: Callable[[], Any], words: Collection[str], progress: Callable[[IO[bytes]], None]
) -> pyarrow.Table:
    """The columns of a CSV file.

    Parameters
    ----------
    opened
        A context that holds the file's content and the file itself; it is opened a second time
        where a column turns out to hold words after it seemed to hold numbers.
    words
        Columns that hold words, whatever they look like.
    progress
        Called with the file after each piece.

    Raises
    ------
    UnfitError
        Naming what is wrong with the file.
    """
    import pyarrow as pa

    forced: set[int] = set()
    while True:
        with opened() as (plain, raw):
            stream = _Stream(plain)
            dialect = _begin(stream)
            forced |= {i for i, name in enumerate(dialect.names) if name in words}
            kinds = {i: pa.string() for i in forced}
            pieces = []
            n_rows = 0
            for piece in stream.pieces(dialect.newline, dialect.piece):
                _check_utf8(piece, dialect.newline, n_rows)
                pieces.append(_parsed(piece, dialect, kinds, n_rows))
                n_rows += len(pieces[-1])
                kinds |= _known(pieces[-1])
                progress(raw)
        schema, unlike = _common(pieces, len(dialect.names))
        if not unlike:
            break
        forced |= unlike
    for i, piece in enumerate(pieces):
        if piece.schema != schema:
            pieces[i] = piece.cast(schema, safe=False)
    table = pa.concat_tables(pieces) if pieces else schema.empty_table()
    return table.rename_columns(dialect.names)


class _Stream:
    """The content of a file in pieces that end where a record ends."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain
        self._rest: bytes = plain.read(_PIECE)
        self.start = self._rest

    def skip(self, n: int) -> None:
        """Leave out the first bytes of what has not been returned."""
        self._rest = self._rest[n:]

    def header(self, newline: bytes) -> bytes:
        """The first record."""
        while True:
            end = _first_end(self._rest, newline)
            if end is not None or not (chunk := self._plain.read(_PIECE)):
                header = self._rest[:end]
                self._rest = self._rest[len(header) :]
                return header
            self._rest += chunk

    def sample(self) -> bytes:
        """What comes first of what has not been returned."""
        return self._rest

    def pieces(self, newline: bytes, size: int) -> Iterator[bytes]:
        """All that has not been returned, about `size` bytes at once."""
        data, self._rest = self._rest, b""
        while chunk := self._plain.read(size):
            end = _last_end(data, newline)
            if not end and len(data) > max(_LONGEST, 2 * size):
                end = data.rfind(newline) + 1
            if end:
                yield data[:end]
            data = data[end:] + chunk
        if data:
            yield data


def _begin(stream: _Stream) -> _Dialect:
    """How the columns are separated and called; what comes before the first row is skipped."""
    start = stream.start
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start[:200]:
        raise UnfitError("is encoded in UTF-16, or is no text at all: save it as text in UTF-8.")
    if start.startswith(codecs.BOM_UTF8):
        stream.skip(len(codecs.BOM_UTF8))
    newline = b"\n" if b"\n" in start or b"\r" not in start else b"\r"
    if stream.sample().startswith(b"#"):
        stream.header(newline)
    header = stream.header(newline)
    try:
        text = header.decode()
    except UnicodeDecodeError:
        raise _not_utf8("the names of its columns show") from None
    if not text.strip():
        raise UnfitError("must begin with the names of its columns, got nothing.")
    records = _records(stream.sample(), newline)
    separator = _separator(text, records)
    decimal = "." if separator == "," else _decimal(records, separator)
    piece = max(_PIECE, _LINES * len(header))
    return _Dialect(separator, decimal, newline, _names(header, separator), piece)


def _names(header: bytes, separator: str) -> list[str]:
    from pyarrow import csv

    table = csv.read_csv(
        io.BytesIO(header.strip(b"\r\n") + b"\n"),
        read_options=csv.ReadOptions(use_threads=False, block_size=len(header) + 2),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
    )
    return [name.strip() for name in table.column_names]


def _separator(header: str, records: list[str]) -> str:
    """The character that separates the columns: the one that divides all records alike."""
    counts = {
        separator: [_unquoted(record).count(separator) for record in (header, *records)]
        for separator in _SEPARATORS
    }
    alike = {key: n[0] for key, n in counts.items() if n[0] and len(set(n)) == 1}
    if alike:
        return max(alike, key=lambda separator: alike[separator])
    most = max(_SEPARATORS, key=lambda separator: counts[separator][0])
    if counts[most][0]:
        return most
    n = len(header.split())
    if n > 1 and records and all(len(record.split()) == n for record in records):
        raise UnfitError(
            "must have commas, semicolons, tabs or vertical bars between its columns, got spaces."
        )
    return ","


def _decimal(records: list[str], separator: str) -> str:
    """The decimal mark: a comma where more fields are numbers with a comma than with a point."""
    between = f'[{re.escape(separator)}"\r\n]'
    field = rf"(?:^|(?<={between}))\s*[-+]?\d+{{}}\d+(?:[eE][-+]?\d+)?\s*(?=$|{between})"
    n_commas, n_points = (
        sum(len(re.findall(field.format(mark), record)) for record in records)
        for mark in (",", r"\.")
    )
    return "," if n_commas > n_points else "."


def _records(sample: bytes, newline: bytes) -> list[str]:
    """The first records; where there are several, the last one may be cut short and is left out."""
    found: list[str] = []
    start = 0
    while start < min(len(sample), _SAMPLE) and len(found) < _SAMPLED:
        end = _first_end(sample[start : start + _SAMPLE], newline)
        if end is None:
            if not found or len(sample) < _PIECE // 2:
                found.append(sample[start : start + _SAMPLE].decode(errors="replace"))
            break
        found.append(sample[start : start + end].decode(errors="replace"))
        start += end
    return [record for record in found if record.strip()]


def _unquoted(record: str) -> str:
    return "".join(record.split('"')[::2]) if '"' in record else record


def _parsed(piece: bytes, dialect: _Dialect, kinds: dict[int, Any], n_before: int) -> pyarrow.Table:
    """The columns of some rows, called 0, 1, ...

    `kinds` are the types that columns have so far; those of words stay, and others may widen.
    """
    import pyarrow as pa
    from pyarrow import csv

    unlike: list[Any] = []

    def refuse(row: Any) -> str:
        unlike.append(row)
        return "error"

    # Threads that parse a file keep the process from ending after some errors.
    read = csv.ReadOptions(
        use_threads=False,
        block_size=min(len(piece) + 1, 2**31 - 1),
        column_names=[str(i) for i in range(len(dialect.names))],
    )
    parse = csv.ParseOptions(
        delimiter=dialect.separator, newlines_in_values=True, invalid_row_handler=refuse
    )
    convert = csv.ConvertOptions(
        column_types={str(i): kind for i, kind in kinds.items()},
        null_values=list(MISSING),
        strings_can_be_null=True,
        decimal_point=dialect.decimal,
        timestamp_parsers=[csv.ISO8601, *_DATES],
    )
    try:
        return csv.read_csv(io.BytesIO(piece), read, parse, convert)
    except pa.ArrowInvalid as error:
        if unlike:
            row = unlike[0]
            place = f" (row {n_before + row.number:,})" if row.number else ""
            raise UnfitError(
                f"must have a field for each of {row.expected_columns:,} columns in every row, "
                f"got {row.actual_columns:,} fields in {row.text[:60]!r}{place}."
            ) from None
        if "Empty CSV" in str(error):
            return pa.table({str(i): pa.nulls(0) for i in range(len(dialect.names))})
        words = {i: kind for i, kind in kinds.items() if pa.types.is_string(kind)}
        if len(words) == len(kinds):
            raise
        return _parsed(piece, dialect, words, n_before)


def _known(piece: pyarrow.Table) -> dict[int, Any]:
    """The types of the columns that hold anything."""
    import pyarrow as pa

    return {i: kind for i, kind in enumerate(piece.schema.types) if kind != pa.null()}


def _common(pieces: list[Any], n_columns: int) -> tuple[Any, set[int]]:
    """The schema that all pieces can have, and the columns that some take for words."""
    import pyarrow as pa

    unlike = set()
    fields = []
    types = zip(*(piece.schema.types for piece in pieces), strict=True)
    for i, several in enumerate(types if pieces else [{pa.null()}] * n_columns):
        kinds = set(several) - {pa.null()}
        kind = pa.null() if not kinds else kinds.pop() if len(kinds) == 1 else _wider(kinds)
        if kind is None:
            unlike.add(i)
        fields.append(pa.field(str(i), kind or pa.string()))
    return pa.schema(fields), unlike


def _wider(kinds: set[Any]) -> Any:
    """The type that holds values of all these types, or None where only words do."""
    import pyarrow as pa

    if kinds <= {pa.int64(), pa.float64()}:
        return pa.float64()
    for zone in (None, "UTC"):
        times = [pa.date32(), pa.timestamp("s", zone), pa.timestamp("ns", zone)]
        if kinds <= set(times):
            return max(kinds, key=times.index)
    return None


def _first_end(data: bytes, newline: bytes) -> int | None:
    """The end of the first record, or None where it goes on."""
    end = data.find(newline) + 1
    n_quotes = data.count(b'"', 0, end)
    while end and n_quotes % 2:
        start, end = end, data.find(newline, end) + 1
        n_quotes += data.count(b'"', start, end)
    return end or None


def _last_end(data: bytes, newline: bytes) -> int:
    """The end of the last record that ends within the data, or 0."""
    end = data.rfind(newline) + 1
    n_quotes = data.count(b'"', 0, end)
    while end and n_quotes % 2:
        start = data.rfind(newline, 0, end - 1) + 1
        n_quotes -= data.count(b'"', start, end)
        end = start
    return end


def _check_utf8(piece: bytes, newline: bytes, n_before: int) -> None:
    """UnfitError that names the first row that is not text in UTF-8."""
    if piece.isascii():
        return
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        row = n_before + piece.count(newline, 0, error.start) + 1
        raise _not_utf8(f"row {row:,} shows") from None


def _not_utf8(what: str) -> UnfitError:
    return UnfitError(
        f"is not encoded in UTF-8, as {what}: save it as UTF-8, in a spreadsheet by the format "
        "CSV UTF-8, or by iconv -f LATIN1 -t UTF-8."
    )
