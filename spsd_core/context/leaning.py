"""Which units of a passage cannot be understood without which others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spsd_core.context.layout import UnitKind
from spsd_core.context.units import Unit

__all__ = ["anchors"]

_POINTS_BACK = re.compile(
    r"[\"'\u201c\u2018(]?(?:(?:and|but|so|then|however,?|also,?|moreover,?|thus,?|hence,?"
    r"|in addition,?|for example,?|as a result,?|because of this,?)[ ]+)?"
    r"(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|such|both"
    r"|neither|the[ ](?:former|latter|same|other|others|two|second)"
    r"|(?:one|some|many|most|all|each|none|several)[ ]of[ ](?:them|these|those|which)|here"
    r"|otherwise|instead|if[ ](?:so|not)|in[ ](?:this|that|these|those|such|either|both)[ ]cases?)"
    r"\b",
    re.IGNORECASE,
)
_FOLLOWS_FROM = re.compile(
    r"(?:it|they|he|she|this|that|these|those)[ ](?:is|was|seems?|appears?)[ ](?:that|to|clear"
    r"|known|likely|possible|important|estimated|believed|said|thought)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"[\"'\u201c\u2018(]?[a-z][a-z]|\(\d")
"""How what is no sentence of its own begins: with a small letter, or a number in brackets."""
_ANNOUNCES = re.compile(
    r"\b(?:follow\w*|below|these|steps?|lists?|listed|tables?|includ\w+|such as|examples?)\b",
    re.IGNORECASE,
)
_SHAPE = r"[A-Z][A-Za-z0-9&-]*[A-Z][A-Za-z0-9&-]*"
_EXPANDED = re.compile(rf"\(({_SHAPE}?)s?[);,]")
_EXPANDS = re.compile(rf"(?<![\w-])({_SHAPE})[ ]\(([A-Za-z])[a-z]+[ ]\w")
_SHORT_FORM = re.compile(rf"(?<![\w-]){_SHAPE}(?![\w-])")
_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})*")
_PLAIN_TITLE, _QUESTION = 7, 8
"""Levels of headings that show none; Markdown has six."""
_FARTHEST = 2
"""How many units back a chain of "It ..." is followed."""


def anchors(passage: str, units: Sequence[Unit]) -> tuple[tuple[int, ...], ...]:
    """For each unit those of the passage that it cannot be understood without, by their places.

    The sentence before one that begins by pointing back ("It also ..."), and so on up to two
    sentences; the question before an answer; what a colon opens, and the other way round; the
    sentence that announces a list, a table or code; the heading above; where a short form is
    spelled out ("the European Court of Justice (ECJ)").
    """
    texts = [passage[unit.start : unit.end] for unit in units]
    homes = _homes(texts)
    above = _above(units, texts)
    found: list[tuple[int, ...]] = []
    for place, text in enumerate(texts):
        needed = set(_before(units, texts, place))
        if (heading := above[place]) is not None:
            needed.add(heading)
        if text.endswith(":") and place + 1 < len(units):
            needed.add(place + 1)
        if homes:
            needed.update(homes[word] for word in _SHORT_FORM.findall(text) if word in homes)
        needed.discard(place)
        found.append(tuple(sorted(needed)))
    return tuple(found)


def _homes(texts: Sequence[str]) -> dict[str, int]:
    """Where each short form is spelled out first."""
    homes: dict[str, int] = {}
    for place, text in enumerate(texts):
        if "(" not in text:
            continue
        for match in _EXPANDED.finditer(text):
            homes.setdefault(match[1], place)
        for match in _EXPANDS.finditer(text):
            if match[1][0] == match[2].upper():
                homes.setdefault(match[1], place)
    return homes


def _above(units: Sequence[Unit], texts: Sequence[str]) -> list[int | None]:
    """The heading each unit stands below: of a heading the nearest of a higher level."""
    open_headings: list[tuple[int, int]] = []
    found: list[int | None] = []
    for place, (unit, text) in enumerate(zip(units, texts)):
        if unit.kind is UnitKind.HEADING:
            level = _level(text)
            while open_headings and open_headings[-1][0] >= level:
                open_headings.pop()
            found.append(open_headings[-1][1] if open_headings else None)
            open_headings.append((level, place))
        else:
            found.append(open_headings[-1][1] if open_headings else None)
    return found


def _level(heading: str) -> int:
    if heading[0] == "#":
        return len(heading) - len(heading.lstrip("#"))
    if heading[0] == "\\":
        return 1 + heading.count("sub", 0, 12)
    if heading[0] == "=":
        return len(heading) - len(heading.lstrip("="))
    if heading[-1] in "=-~^" and "\n" in heading.replace("\r", "\n"):  # underlined
        return 1 + "=-~^".index(heading[-1])
    if number := _NUMBER.match(heading):
        return 1 + number[0].count(".")
    return _QUESTION if heading.rstrip("*_\"' ").endswith("?") else _PLAIN_TITLE


def _before(units: Sequence[Unit], texts: Sequence[str], place: int) -> Iterator[int]:
    at = place
    while at > 0 and place - at < _FARTHEST and _leans(units, texts, at):
        at -= 1
        yield at


def _leans(units: Sequence[Unit], texts: Sequence[str], place: int) -> bool:
    """Whether a unit needs the one before it."""
    kind, text, before = units[place].kind, texts[place], texts[place - 1]
    if UnitKind.HEADING in (kind, units[place - 1].kind):
        return False
    if before.endswith(":") or before.rstrip("*_\"'\u201d\u2019) ").endswith("?"):
        return True
    if kind is not UnitKind.SENTENCE:
        announced = _ANNOUNCES.search(before) is not None or before[-1] not in ".!?"
        return announced and units[place - 1].kind is UnitKind.SENTENCE
    if _UNFINISHED.match(text):
        return True
    if _FOLLOWS_FROM.match(text):
        return False
    return _POINTS_BACK.match(text) is not None
