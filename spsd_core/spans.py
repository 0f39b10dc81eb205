"""Places in a text, and edits of a text. All offsets count Python characters, end exclusive."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Edit", "Span", "Traced", "apply_edits", "merge_spans", "overlaps"]


class Span(NamedTuple):
    """The characters `text[start:end]`."""

    start: int
    end: int


class Edit(NamedTuple):
    """Replace `text[start:end]` by `replacement` (a deletion where that is empty)."""

    start: int
    end: int
    replacement: str = ""


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Apply non-overlapping edits, given in ascending order.

    >>> apply_edits("Hi! could you help?", [Edit(0, 4), Edit(4, 5, "C")])
    'Could you help?'

    Raises:
        ValueError: edits overlap, are out of order or lie outside the text.
    """
    pieces: list[str] = []
    position = 0
    for start, end, replacement in edits:
        if not position <= start <= end <= len(text):
            raise ValueError(f"edit {start}:{end} overlaps another or lies outside the text")
        pieces.append(text[position:start])
        pieces.append(replacement)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


class Traced:
    """From places in an edited text back to places in the original.

    >>> traced = Traced([Edit(0, 4), Edit(4, 5, "C")])  # "Hi! could" -> "Could"
    >>> traced.span(Span(0, 5))
    Span(start=4, end=9)
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._starts: list[int] = [0]
        """Where in the edited text a stretch begins ..."""
        self._shifts: list[int] = [0]
        """... whose characters stood this much later in the original."""
        shift = 0
        for start, end, replacement in edits:
            shift += end - start - len(replacement)
            self._starts.append(end - shift)
            self._shifts.append(shift)

    def span(self, span: Span) -> Span:
        """The place of the characters of `span` in the original, what was cut between included."""
        return Span(self._place(span.start), self._place(span.end - 1) + 1)

    def _place(self, position: int) -> int:
        return position + self._shifts[bisect_right(self._starts, position) - 1]


def merge_spans(spans: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
    """Sort spans and join those that touch or overlap; empty ones are dropped.

    >>> merge_spans([(5, 9), (0, 3), (3, 4), (8, 12)])
    (Span(start=0, end=4), Span(start=5, end=12))
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return tuple(merged)


def overlaps(span: tuple[int, int], merged: Sequence[tuple[int, int]]) -> bool:
    """Whether `span` shares a character with one of `merged` (sorted, disjoint); O(log n).

    >>> overlaps((2, 4), [(0, 2), (4, 6)]), overlaps((1, 3), [(0, 2)])
    (False, True)
    """
    index = bisect_left(merged, (span[1],)) - 1
    return index >= 0 and merged[index][1] > span[0] and span[1] > span[0]
