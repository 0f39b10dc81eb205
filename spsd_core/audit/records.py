"""A log cut into records: lines and rows of CSV. Each with its line number and its end.

Nothing is held but the record at hand, and of that no more than `LONGEST_RECORD` bytes. JSON that
is not one object a line is cut in `spsd_core.audit.json_records`.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spsd_core.audit.sources import LONGEST_RECORD, Source

__all__ = ["TOO_LONG", "Cut", "csv_rows", "lines"]

TOO_LONG = f"longer than {LONGEST_RECORD // 1_000_000} MB"
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
    unfinished: bool = False
    """Whether the log ends in it, or before it was clear what it is: its writer may yet go on."""


def lines(source: Source, line: int) -> Iterator[Cut]:
    """The lines of a log without their ends, blank ones left out.

    Args:
        source: read from where it stands.
        line: lines that lie before that.
    """
    while data := source.readline(LONGEST_RECORD):
        line += 1
        ended = data.endswith(b"\n")
        if not ended and len(data) >= LONGEST_RECORD:
            ended = _to_end_of_line(source)
            yield Cut(line, source.position, line, problem=TOO_LONG, unfinished=not ended)
            continue
        if line == 1:
            data = data.removeprefix(_BOM)
        data = data.rstrip(b"\r\n")
        if data.strip():
            yield Cut(line, source.position, line, data, unfinished=not ended)


def _to_end_of_line(source: Source) -> bool:
    """Skip the rest of a line; whether it has an end."""
    while piece := source.readline(1 << 20):
        if piece.endswith(b"\n"):
            return True
    return False


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
                where, problem = feed.first_line_only(), "a quotation mark has no partner"
            else:
                where, problem = feed.where(), str(error)
            yield Cut(*where, problem=problem, unfinished=feed.unfinished)
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            problem = _not_text(cells)
            yield Cut(
                *feed.where(), cells=tuple(cells), problem=problem, unfinished=feed.unfinished
            )


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
        self.unfinished = False
        """Whether a row went on to the end of the log: what comes after that may be part of it."""
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
            self.unfinished = self.unfinished or bool(self._row)
            raise StopIteration
        self._row.append(data)
        self._size += len(data)
        ended = data.endswith(b"\n")
        if not ended and len(data) >= LONGEST_RECORD:
            before = self._source.position
            ended = _to_end_of_line(self._source)
            self._size += self._source.position - before
        self.unfinished = self.unfinished or not ended
        if self._size > LONGEST_RECORD:
            raise _RowTooLongError(TOO_LONG)
        if self._line == 0 and len(self._row) == 1:
            data = data.removeprefix(_BOM)
        return data.decode("utf-8", "surrogateescape")
