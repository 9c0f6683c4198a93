"""A table as spreadsheets and other systems save it: bytes to rows, whatever its dialect.

RFC 4180 is what files should be; what comes has semicolons where commas are decimal, tabs from a
clipboard, a byte-order mark, UTF-16 ("Unicode text") or Windows-1252, and any end of line. The
encoding is judged by the whole file, because the first umlaut may stand in the last row. The
delimiter is judged by the heading (``heading``), the one line whose words are known.

Rows are read one at a time, and each for itself: a quotation mark that is never closed costs its
own row and not, as with the csv module alone, all that follow. Nothing here grows with the file.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, TextIO

from ringback.errors import MalformedError, UsageError

LONGEST: Final = 65_536
"""Characters of one row."""
_MOST_LINES: Final = 50
"""Lines of one row; a cell may hold line breaks."""
DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 first: its mark begins with that of UTF-16."""
BROKEN: Final = "\ufffd"
"""Stands for bytes that are no character in the file's encoding."""
_MOSTLY: Final = 0.5
_UNCLOSED: Final = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written."""

    encoding: str
    delimiter: str = ","
    quote: str = '"'

    def __str__(self) -> str:
        named = {"\t": "tab", " ": "blank"}.get(self.delimiter, self.delimiter)
        return f"{self.encoding}, delimiter {named}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` is the spreadsheet's, the heading is row 1."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""
    """Why it cannot be read; it has no cells then."""


def find_encoding(pieces: Iterable[bytes]) -> str:
    """The encoding of a file, by all of it.

    Its mark; or UTF-16 by its zeros; or UTF-8; or else Windows-1252, which is Latin-1 with the
    characters that spreadsheets use.

    Raises:
        MalformedError: zeros that are not those of UTF-16: it is not text.
    """
    judge, head, foreign, broken = codecs.getincrementaldecoder("utf-8")("replace"), b"", 0, 0
    zeros = False
    for piece in pieces:
        zeros = zeros or b"\0" in piece
        if len(head) < 1024:
            head += piece[:1024]
        if piece.isascii() and not judge.getstate()[0]:
            continue
        text = judge.decode(piece)
        bad = text.count(BROKEN)
        broken += bad
        foreign += sum(character > "\x7f" for character in text) - bad
    broken += judge.decode(b"", final=True).count(BROKEN)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if zeros:
        return _utf16(head)
    return "utf-8" if foreign >= broken else "cp1252"


def _utf16(head: bytes) -> str:
    """Which UTF-16 it is: its heading is ASCII, so every other byte is a zero and no other one."""
    first, second = head[::2].count(0), head[1::2].count(0)
    many, few = max(first, second), min(first, second)
    found = "utf-16-be" if first > second else "utf-16-le"
    text = head[: len(head) // 2 * 2].decode(found, "ignore")
    control = any(each < " " and each not in "\t\r\n" for each in text)
    if control or few * 8 > many or many < len(head) // 2 * _MOSTLY:
        remedy = "save it as CSV; a workbook (xlsx, ods) cannot be read"
        raise MalformedError("not a text table", remedy=remedy)
    return found


def open_text(data: BinaryIO, encoding: str) -> TextIO:
    """The text of a file: every end of line is one newline, broken characters are ``BROKEN``.

    Raises:
        UsageError: there is no such encoding.
    """
    try:
        b"mac".decode(encoding, "replace")
        return io.TextIOWrapper(data, encoding=encoding, errors="replace", newline=None)
    except (LookupError, UnicodeError) as error:
        what = f"no encoding {encoding!r}"
        raise UsageError(what, remedy="such as utf-8, utf-16, cp1252 or latin-1") from error


def split(line: str, delimiter: str, quote: str) -> tuple[str, ...] | None:
    """The cells of a line; None when it ends within quotes.

    Raises:
        csv.Error: when a quotation mark stands where none can.
    """
    if quote not in line:
        return tuple(line.split(delimiter))
    reader = csv.reader([line], delimiter=delimiter, quotechar=quote, strict=True)
    try:
        return tuple(next(reader, ()))
    except csv.Error as error:
        if _UNCLOSED in str(error):
            return None
        raise


def first_line(text: TextIO) -> str:
    """The first line that is not Excel's word about the delimiter; "" when there is none.

    Raises:
        MalformedError: as ``rows``.
    """
    lines = _Lines(text)
    line = lines.next() or ""
    return (lines.next() or "") if _names_delimiter(line) else line


def _names_delimiter(line: str) -> bool:
    return line.lower().startswith("sep=") and len(line) <= len("sep=;")


def rows(text: TextIO, dialect: Dialect) -> Iterator[Row]:
    """Every row that is not blank, the heading first.

    Raises:
        MalformedError: the file is not in its encoding at all.
    """
    lines = _Lines(text)
    number = 0
    while (line := lines.next()) is not None:
        if number == 0 and _names_delimiter(line):
            continue
        number += 1
        if line.strip(" \t"):
            yield _row(number, line, lines, dialect)


def _row(number: int, line: str, lines: "_Lines", dialect: Dialect) -> Row:
    if len(line) > LONGEST:
        return Row(number, (), f"longer than {LONGEST} characters")
    try:
        cells = split(line, dialect.delimiter, dialect.quote)
        if cells is None:
            cells = _continued(line, lines, dialect)
    except csv.Error:
        return Row(number, (), "a quotation mark within a cell: double it")
    return Row(number, cells or (), "" if cells else "a quotation mark is never closed")


def _continued(line: str, lines: "_Lines", dialect: Dialect) -> tuple[str, ...] | None:
    """A row that goes on over the next lines; those are given back if it never ends."""
    taken: list[str] = []
    while len(taken) < _MOST_LINES and len(line) <= LONGEST:
        more = lines.next()
        if more is None:
            break
        taken.append(more)
        if len(more) > LONGEST:
            break
        line = f"{line}\n{more}"
        if dialect.quote not in more:
            continue
        try:
            cells = split(line, dialect.delimiter, dialect.quote)
        except csv.Error:
            break
        if cells is not None:
            return cells
    lines.give_back(taken)
    return None


class _Lines:
    """Lines of a text, of which some can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._back: list[str] = []

    def next(self) -> str | None:
        """The next line without its end, cut where it is too long; None at the end."""
        if self._back:
            return self._back.pop()
        line = self._read()
        if not line:
            return None
        end = line
        while len(end) > LONGEST and not end.endswith("\n"):
            end = self._read()
        return line.removesuffix("\n") if len(line) <= LONGEST else line.ljust(LONGEST + 1)

    def _read(self) -> str:
        try:
            return self._text.readline(LONGEST + 1)
        except UnicodeError as error:  # UTF-16 and UTF-32 insist on their mark
            raise MalformedError(str(error), remedy="another --encoding, or none") from error

    def give_back(self, lines: list[str]) -> None:
        """Have them come again."""
        self._back.extend(reversed(lines))
