"""What is asked: the built-in prompts, and any file of texts.

The built-in corpus was written for this project, by hand, after the composition of the SPSD paper's
corpus: 120 complaint and support messages, 21 with several intents (five of them Spanish or
Portuguese), 42 general requests, 50 medical and code controls, 15 short ones. Every name in it is
invented. Nobody tunes rules on it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from spsd_core.exceptions import ConfigurationError

__all__ = [
    "BROKEN_SHOWN",
    "Check",
    "Corpus",
    "Item",
    "builtin_corpus",
    "corpus_of_rows",
    "read_corpus",
    "text_of",
]

Check = Literal["none", "number", "choice", "answer", "instructions"]
"""How an answer can be checked without a judge; see `spsd_core.evaluation.checks`."""

BROKEN_SHOWN = 5
"""Broken lines that are named; all are counted."""

_LONGEST_CELL = 16_000_000
_TEXT_FIELDS = ("text", "prompt", "question", "instruction", "content", "message")
_ID_FIELDS = ("id", "key", "_id", "prompt_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One prompt, with what is needed to check its answer."""

    id: str
    text: str
    """What the user wrote; this is what gets distilled."""
    group: str = ""
    """Reports show figures by it."""
    language: str = "en"
    passages: tuple[str, ...] = ()
    """Retrieved texts that go along."""
    check: Check = "none"
    expected: tuple[str, ...] = ()
    """Right answers; any one will do."""
    instructions: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """IFEval: instruction ids with their arguments."""
    ask: str = ""
    """What the system prompt says on top about the form of the answer, in every arm alike."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Prompts, and what could not be read."""

    name: str
    items: tuple[Item, ...]
    broken: int = 0
    """Lines or rows that hold no prompt."""
    broken_places: tuple[str, ...] = field(default=())
    """Where the first of them are."""


Row = Mapping[str, Any]
ToItem = Callable[[Row, str], Item | None]
"""From a row, and an id to use where it has none; None where it holds no prompt."""


def builtin_corpus() -> Corpus:
    """The 248 prompts of this project.

    >>> corpus = builtin_corpus()
    >>> len(corpus.items), corpus.items[0].group
    (248, 'complaint')
    """
    text = files("spsd_core.evaluation").joinpath("data/prompts.jsonl").read_text("utf-8")
    items = tuple(Item(**json.loads(line)) for line in text.split("\n") if line)
    return Corpus("builtin", items)


def read_corpus(path: str | Path, *, column: str | None = None, limit: int | None = None) -> Corpus:
    """Read prompts from JSON lines or CSV.

    Args:
        path: a file with one object a line, or, where its name ends in `.csv` or `.tsv`, a table
            with a header.
        column: field that holds the text; default: the first of `text`, `prompt`, `question`,
            `instruction`, `content`, `message` that is there.
        limit: read so many prompts at most.

    Raises:
        ConfigurationError: the file cannot be read, or holds no prompt at all.
    """

    def to_item(row: Row, name: str) -> Item | None:
        text = text_of(row, (column,) if column else _TEXT_FIELDS)
        if text is None:
            return None
        group, language = row.get("group"), row.get("language")
        return Item(
            id=text_of(row, _ID_FIELDS) or name,
            text=text,
            group=str(group) if group else "",
            language=str(language) if language else "en",
        )

    path = Path(path)
    corpus = corpus_of_rows(path.name, rows_of(path), to_item, limit)
    if not corpus.items:
        wanted = f"`{column}`" if column else "one of " + ", ".join(_TEXT_FIELDS)
        raise ConfigurationError(
            f"{path} holds no prompt: lines must be objects (or rows) with {wanted}; "
            "name another field with column"
        )
    return corpus


def corpus_of_rows(
    name: str, rows: Iterable[tuple[str, Row | None]], to_item: ToItem, limit: int | None = None
) -> Corpus:
    """Make items of rows; those that make none are counted, never fatal."""
    items: list[Item] = []
    seen: set[str] = set()
    broken: list[str] = []
    for place, row in rows:
        if limit is not None and len(items) >= limit:
            break
        try:
            item = to_item(row, place) if row is not None else None
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            item = None
        if item is None or item.id in seen or not item.text.strip():
            broken.append(place)
            continue
        seen.add(item.id)
        items.append(item)
    return Corpus(name, tuple(items), len(broken), tuple(broken[:BROKEN_SHOWN]))


def rows_of(path: Path) -> Iterator[tuple[str, Row | None]]:
    """Rows of a file with the place each stands at; None for one that cannot be read."""
    text = read_text(path)
    if path.suffix.lower() in (".csv", ".tsv"):
        yield from _table_rows(text, path)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield f"{path.name}:{number}", row if isinstance(row, dict) else None


def _table_rows(text: str, path: Path) -> Iterator[tuple[str, Row | None]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    allow_long_cells()
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            yield f"{path.name}:{reader.line_num}", None
            continue
        if row is None:
            return
        yield f"{path.name}:{reader.line_num}", row


def allow_long_cells() -> None:
    """Let a cell of CSV hold a long document; Python's own limit is 131,072 characters."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))


def read_text(path: Path) -> str:
    """The file's text; bytes that are no UTF-8 are replaced.

    Raises:
        ConfigurationError: it cannot be read; the message names it.
    """
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror or error}") from error


def text_of(row: Row, names: Sequence[str]) -> str | None:
    """The first of these fields that holds a text or a number, as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, (str, int)) and str(value).strip():
            return str(value)
    return None
