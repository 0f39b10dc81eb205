"""Cutting a passage into units that stay whole or go whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from spsd_core.context.layout import LINE, UnitKind, blocks, goes_on
from spsd_core.reading.sentences import split_sentences

__all__ = ["Unit", "UnitKind", "split_units"]


class Unit(NamedTuple):
    """Characters `passage[start:end]` that stay together; spaces around belong to none."""

    start: int
    end: int
    kind: UnitKind = UnitKind.SENTENCE


_CITED = re.compile(
    r"(?<=[\w\"'\u201d\u2019)%])[.!?][\"'\u201d\u2019]?"
    r"(?:\[[\w ,\u2013-]{1,20}\]|[\u00b9\u00b2\u00b3\u2070-\u2079]){1,6}"
    r"(?=\s+[\"'\u201c(]?[A-Z0-9]|\s*\Z)"
)
"""The end of a sentence with the numbers of its sources: `in 1952.[12][13]`."""


def split_units(passage: str) -> tuple[Unit, ...]:
    """Sentences, headings, lists, tables and blocks of code of `passage`, in order.

    A line that ends in a colon right above a list, a table or code belongs to it. Sentences may
    go on over a line break, as in text that was cut out of pages. Linear; never raises.
    """
    units: list[Unit] = []
    for kind, start, end in blocks(passage):
        if kind is None:
            units.extend(_sentences(passage, start, end))
        elif kind is not UnitKind.HEADING and units and _leads_in(passage, units[-1], start):
            units[-1] = Unit(units[-1].start, end, kind)
        else:
            units.append(Unit(start, end, kind))
    return tuple(units)


def _leads_in(passage: str, unit: Unit, start: int) -> bool:
    return (
        unit.kind in (UnitKind.SENTENCE, UnitKind.HEADING)
        and passage[unit.end - 1] == ":"
        and not passage[unit.end : start].strip()
    )


def _sentences(passage: str, start: int, end: int) -> Iterator[Unit]:
    """The sentences of a run of prose."""
    prose = passage[start:end]
    flat = list(prose)  # stays as long as it is: offsets stay
    lines = [match.span() for match in LINE.finditer(prose) if match[0]]
    texts = [prose[first:last].strip() for first, last in lines]
    for place in range(len(lines) - 1):
        if goes_on(texts[place], texts[place + 1]):
            for position in range(*lines[place]):
                if flat[position] in "\r\n":
                    flat[position] = " "
    for cited in _CITED.finditer(prose):
        first, last = cited.span()
        flat[first:last] = "x" * (last - first - 1) + prose[first]
    for first, last in split_sentences("".join(flat)):
        yield Unit(start + first, start + last)
