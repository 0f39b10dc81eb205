"""A log cut into records: lines, JSON values, rows of CSV. Each with its line number and its end.

Nothing is held but the record at hand, and of that no more than `LONGEST_RECORD` bytes.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spsd_core.audit.sources import LONGEST_RECORD, Source

__all__ = ["Cut", "csv_rows", "json_values", "lines"]

_TOO_LONG = f"longer than {LONGEST_RECORD // 1_000_000} MB"
_TOKEN_RE = re.compile(rb'["{}\[\]\\]')
_BOM = b"\xef\xbb\xbf"


class Cut(NamedTuple):
    """A record, or why there is none."""

    line: int
    """Where it begins; the first line is 1."""
    end: int
    """Bytes of the log up to and including it."""
    lines_read: int
    """Lines of the log up to and including it."""
    data: bytes = b""
    cells: tuple[str, ...] = ()
    """Of a row of CSV."""
    problem: str = ""


def lines(source: Source, line: int) -> Iterator[Cut]:
    """The lines of a log without their ends, blank ones left out.

    Args:
        source: read from where it stands.
        line: lines that lie before that.
    """
    while data := source.readline(LONGEST_RECORD):
        line += 1
        if not data.endswith(b"\n") and len(data) >= LONGEST_RECORD:
            _to_end_of_line(source)
            yield Cut(line, source.position, line, problem=_TOO_LONG)
            continue
        if line == 1:
            data = data.removeprefix(_BOM)
        data = data.rstrip(b"\r\n")
        if data.strip():
            yield Cut(line, source.position, line, data)


def _to_end_of_line(source: Source) -> None:
    while (piece := source.readline(1 << 20)) and not piece.endswith(b"\n"):
        pass


def json_values(source: Source, line: int) -> Iterator[Cut]:
    """The JSON objects and strings of a log: those of one large array, or one after the other.

    Args:
        source: read from where it stands, which is between two values.
        line: line breaks that lie before that.
    """
    cutter = _Cutter(source.position, line)
    while block := source.read():
        yield from cutter.feed(block)
    if cutter.inside:
        yield Cut(cutter.began, source.position, cutter.line + 1, problem="it has no end")


class _Cutter:
    """Finds where JSON values begin and end, whatever blocks they come in."""

    def __init__(self, position: int, line: int) -> None:
        self.line = line
        """Line breaks so far."""
        self.began = 0
        """The line on which the value at hand began."""
        self.inside = False
        self._position = position
        self._depth = 0
        self._in_string = False
        self._escaped = -1
        self._held = bytearray()
        self._too_long = False

    def feed(self, block: bytes) -> Iterator[Cut]:
        counted = start = 0
        for match in _TOKEN_RE.finditer(block):
            place, token = match.start(), match[0]
            if self._position + place == self._escaped:
                continue
            if not self.inside:
                if token not in (b"{", b'"'):
                    continue
                self.line += block.count(b"\n", counted, place)
                counted = start = place
                self.inside, self.began = True, self.line + 1
            if self._ends(token, self._position + place):
                self._hold(block[start : place + 1])
                self.line += block.count(b"\n", counted, place)
                counted = place
                yield self._cut(self._position + place + 1)
        if self.inside:
            self._hold(block[start:])
        self.line += block.count(b"\n", counted)
        self._position += len(block)

    def _ends(self, token: bytes, place: int) -> bool:
        if self._in_string:
            if token == b"\\":
                self._escaped = place + 1
            elif token == b'"':
                self._in_string = False
                return self._depth == 0
        elif token == b'"':
            self._in_string = True
        elif token in (b"{", b"["):
            self._depth += 1
        elif token in (b"}", b"]"):
            self._depth -= 1
            return self._depth == 0
        return False

    def _hold(self, piece: bytes) -> None:
        self._too_long = self._too_long or len(self._held) + len(piece) > LONGEST_RECORD
        if self._too_long:
            self._held.clear()
        else:
            self._held += piece

    def _cut(self, end: int) -> Cut:
        problem = _TOO_LONG if self._too_long else ""
        cut = Cut(self.began, end, self.line, bytes(self._held), problem=problem)
        self.inside = self._too_long = False
        self._held.clear()
        return cut


def csv_rows(source: Source, line: int, delimiter: str) -> Iterator[Cut]:
    """The rows of a CSV file; line breaks inside quotes belong to their row.

    Args:
        source: read from where it stands, which is between two rows.
        line: line breaks that lie before that.
        delimiter: what stands between two cells.
    """
    if csv.field_size_limit() < LONGEST_RECORD:
        csv.field_size_limit(LONGEST_RECORD)
    feed = _Feed(source, line)
    while True:
        feed.begin_row()
        try:
            cells = next(csv.reader(feed, delimiter=delimiter, strict=True), None)
        except (csv.Error, _RowTooLongError) as error:
            # a stray quote: the line it stands on is broken, those after it are read again
            if feed.exhausted_early():
                yield Cut(*feed.first_line_only(), problem="a quotation mark has no partner")
            else:
                yield Cut(*feed.where(), problem=str(error))
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield Cut(*feed.where(), cells=tuple(cells), problem=_not_text(cells))


def _not_text(cells: Sequence[str]) -> str:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return ""


class _RowTooLongError(Exception):
    """More than `LONGEST_RECORD` bytes were needed for one row."""


class _Feed:
    """Lines for a reader of CSV, which can be given back."""

    def __init__(self, source: Source, line: int) -> None:
        self._source = source
        self._ahead: deque[bytes] = deque()
        self._row: list[bytes] = []
        self._line = line
        self._position = source.position
        self._size = 0

    def begin_row(self) -> None:
        self._position += self._size
        self._line += len(self._row)
        self._row, self._size = [], 0

    def where(self) -> tuple[int, int, int]:
        """Line, end and lines read of the row at hand."""
        return self._line + 1, self._position + self._size, self._line + len(self._row)

    def exhausted_early(self) -> bool:
        """Whether the row at hand took more than one line."""
        return len(self._row) > 1

    def first_line_only(self) -> tuple[int, int, int]:
        """Give all lines of the row back but the first; gives `where` of that."""
        self._ahead.extendleft(reversed(self._row[1:]))
        del self._row[1:]
        self._size = len(self._row[0])
        return self.where()

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        data = self._ahead.popleft() if self._ahead else self._source.readline(LONGEST_RECORD)
        if not data:
            raise StopIteration
        self._row.append(data)
        self._size += len(data)
        if not data.endswith(b"\n") and len(data) >= LONGEST_RECORD:
            before = self._source.position
            _to_end_of_line(self._source)
            self._size += self._source.position - before
        if self._size > LONGEST_RECORD:
            raise _RowTooLongError(_TOO_LONG)
        if self._line == 0 and len(self._row) == 1:
            data = data.removeprefix(_BOM)
        return data.decode("utf-8", "surrogateescape")
