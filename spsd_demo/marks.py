"""What was taken out of a text, piece by piece, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from spsd_core.distillation import Distillation

__all__ = ["Piece", "pieces"]


class Piece(NamedTuple):
    """A stretch of text that was kept, removed or added."""

    mark: Literal["kept", "removed", "added"]
    text: str


def pieces(original: str, result: Distillation) -> Iterator[Piece]:
    """Cut `original` by the edits of `result`; the kept and added pieces join to `result.text`."""
    position = sent = 0
    for edit in result.record.edits:
        yield Piece("kept", original[position : edit.start])
        yield Piece("removed", original[edit.start : edit.end])
        sent += edit.start - position
        added = len(edit.replacement)  # its letters may be masked: a record holds no words
        yield Piece("added", result.text[sent : sent + added])
        sent += added
        position = edit.end
    yield Piece("kept", original[position:])
