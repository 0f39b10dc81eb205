"""From a log to its entries: which form it has, and what each of its records says."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from spsd_core.audit.json_records import json_values
from spsd_core.audit.messages import NoMessagesError
from spsd_core.audit.records import Cut, csv_rows, lines
from spsd_core.audit.shapes import TEXT_FIELDS, Entry, LeftOut, entry_of
from spsd_core.audit.sources import Source
from spsd_core.exceptions import ConfigurationError

__all__ = ["FORMATS", "Form", "Format", "Place", "Read", "detect", "read_entries"]

Format = Literal["jsonl", "json", "csv", "text"]
FORMATS: tuple[Format, ...] = ("jsonl", "json", "csv", "text")
_OTHER_FIELDS = ("messages", "inputs", "request", "request_body", "body")
_DELIMITERS = ",;\t|"
_BOM = b"\xef\xbb\xbf"


class Form(NamedTuple):
    """How a log is written."""

    format: Format
    column: str | None = None
    """The field that holds the prompt; None: it is looked for in every record."""
    delimiter: str = ","
    header: tuple[str, ...] = ()
    """The columns of a CSV file."""


class Place(NamedTuple):
    """Between two records."""

    offset: int = 0
    lines: int = 0


class Read(NamedTuple):
    """A record: an entry, or left out, or why it is broken."""

    line: int
    after: Place
    entry: Entry | LeftOut | None
    problem: str = ""
    unfinished: bool = False
    """Whether it may be another record when the writer of the log has gone on. So it counts in a
    report, and a later run begins before it."""


def detect(source: Source, asked: Format | None, column: str | None) -> Form:
    """How a log is written, by its name and its first bytes.

    Raises:
        ConfigurationError: the column is not there, or none can be told from the header; or the
            log is in UTF-16.
    """
    if source.peek().startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigurationError(
            f"{source.path} is in UTF-16; convert it: iconv -f UTF-16 -t UTF-8 LOG > LOG.utf8"
        )
    format_ = asked or _by_name(source.path) or _by_content(source.peek())
    if format_ != "csv":
        return Form(format_, column)
    head = source.peek().removeprefix(_BOM).decode("utf-8", "replace")
    if not head.strip():
        return Form("csv", column)
    first = head.split("\n", 1)[0]
    tabs = source.path.removesuffix(".gz").endswith(".tsv")
    delimiter = "\t" if tabs else max(_DELIMITERS, key=first.count)
    try:
        header = next(csv.reader([first.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error as error:
        raise ConfigurationError(
            f"the first line of {source.path} is no header of CSV ({error}); lines must end in a "
            "line feed, or --format names another form"
        ) from error
    return Form("csv", _column(tuple(header), column), delimiter, tuple(header))


def _by_name(path: str) -> Format | None:
    name = path.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if name.endswith((".csv", ".tsv")):
        return "csv"
    return None


def _by_content(head: bytes) -> Format:
    start = head.removeprefix(_BOM).lstrip()
    if start.startswith(b"["):
        rest = start[1:].lstrip()[:1]
        return "json" if rest in (b"{", b'"', b"]") else "text"
    if not start.startswith(b"{") or start[1:].lstrip()[:1] not in (b'"', b"}"):
        return "text"
    # the first line may be a broken one: half of those that are seen tell
    seen = [line for line in start.split(b"\n") if line.strip()]
    return "jsonl" if len(seen) == 1 or 2 * sum(map(_is_object, seen)) >= len(seen) else "json"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _column(header: Sequence[str], column: str | None) -> str | None:
    if column is not None:
        if column in header:
            return column
        raise ConfigurationError(f"there is no column {column!r}; there are {', '.join(header)}")
    known = {name.strip().lower() for name in header}
    if known.intersection((*TEXT_FIELDS, *_OTHER_FIELDS)):
        return None
    if len(header) == 1:
        return header[0]
    raise ConfigurationError(
        f"no column is known to hold the prompt; there are {', '.join(header)}: "
        "name one with --column"
    )


def read_entries(
    source: Source, form: Form, place: Place, run_types: tuple[str, ...]
) -> Iterator[Read]:
    """The records of a log from `place` on; broken ones with what is wrong, never raising for them.

    Args:
        source: the log, read up to `place`.
        form: how it is written.
        place: where to begin.
        run_types: LangSmith runs that count.
    """
    after = place
    for cut in _cuts(source, form, place):
        after = Place(cut.end, cut.lines_read)
        if form.header and place.offset == 0 and cut.line == 1:
            continue
        entry, problem = _entry(cut, form, run_types)
        yield Read(cut.line, after, entry, problem, cut.unfinished)
    if source.damage:
        end = Place(source.position, after.lines)
        yield Read(after.lines + 1, end, None, source.damage, unfinished=True)


def _entry(cut: Cut, form: Form, run_types: tuple[str, ...]) -> tuple[Entry | LeftOut | None, str]:
    """What a record says, or why it is broken."""
    if cut.problem:
        return None, cut.problem
    try:
        return entry_of(_record(cut, form), column=form.column, run_types=run_types), ""
    except (NoMessagesError, _NoRecordError) as error:
        return None, str(error)
    except RecursionError:
        return None, "nested too deeply"


class _NoRecordError(ValueError):
    """A record cannot be read."""


def _cuts(source: Source, form: Form, place: Place) -> Iterator[Cut]:
    if form.format == "csv":
        return csv_rows(source, place.lines, form.delimiter)
    cut = json_values if form.format == "json" else lines
    return cut(source, place.lines)


def _record(cut: Cut, form: Form) -> object:
    if form.format == "csv":
        if len(cut.cells) != len(form.header):
            raise _NoRecordError(f"{len(cut.cells)} cells, the header has {len(form.header)}")
        return dict(zip(form.header, cut.cells))
    try:
        text = cut.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _NoRecordError("not UTF-8") from error
    if form.format == "text":
        if "\x00" in text:
            raise _NoRecordError("not text: it holds null bytes")
        return text
    try:
        return json.loads(text)
    except RecursionError as error:
        raise _NoRecordError("nested too deeply") from error
    except ValueError as error:
        raise _NoRecordError("no valid JSON") from error
