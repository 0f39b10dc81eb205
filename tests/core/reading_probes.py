"""Short ways to ask a reading, for the tests of the reading."""

from __future__ import annotations

from spsd_core.reading import AtomKind, Reading, read
from spsd_core.spans import overlaps


def surfaces(text: str, kind: AtomKind) -> list[str]:
    """The atoms of one kind, as they stand in the text."""
    return [text[atom.start : atom.end] for atom in read(text).of_kind(kind)]


def keys(text: str, kind: AtomKind) -> list[str]:
    return [atom.key for atom in read(text).of_kind(kind)]


def payload(text: str) -> list[str]:
    return [text[start:end] for start, end in read(text).payload]


def is_protected(reading: Reading, part: str) -> bool:
    """Whether all of `part` is protected."""
    start = reading.text.index(part)
    return any(span.start <= start and start + len(part) <= span.end for span in reading.protected)


def is_free(reading: Reading, part: str) -> bool:
    """Whether no character of `part` is protected."""
    start = reading.text.index(part)
    return not overlaps((start, start + len(part)), reading.protected)
