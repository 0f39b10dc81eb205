"""Putting the kept units of a passage together again: what went leaves no more than a space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spsd_core.context.units import Unit
from spsd_core.spans import Span

__all__ = ["assemble", "kept_spans"]

_BLANK_LINE = re.compile(r"(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)")


def kept_spans(units: Sequence[Unit], kept: Iterable[int]) -> tuple[Span, ...]:
    """The spans of the passage that stay; neighbours that both stay are one span."""
    spans: list[Span] = []
    before = -2
    for place in sorted(kept):
        unit = units[place]
        if place == before + 1:
            spans[-1] = Span(spans[-1].start, unit.end)
        else:
            spans.append(Span(unit.start, unit.end))
        before = place
    return tuple(spans)


def assemble(passage: str, spans: Sequence[Span]) -> str:
    """The kept spans in their order, with the widest break that stood between any two of them.

    >>> assemble("One. Two.\\n\\nThree.", (Span(0, 4), Span(11, 17)))
    'One.\\n\\nThree.'
    """
    pieces: list[str] = []
    end = 0
    for span in spans:
        if pieces:
            pieces.append(_break(passage[end : span.start]))
        pieces.append(passage[span.start : span.end])
        end = span.end
    return "".join(pieces)


def _break(gone: str) -> str:
    if blank := _BLANK_LINE.search(gone):
        return blank[0]
    for mark in ("\r\n", "\n", "\r"):
        if mark in gone:
            return mark
    return " " if any(character.isspace() for character in gone) else ""
